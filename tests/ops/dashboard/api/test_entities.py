"""Which thing a name belongs to, and what it is called."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from worker.store.schema import entities, topics

pytestmark = pytest.mark.servers

HOSTILE = "<b>\u202ething\n"


def test_a_thing_is_found_by_any_of_its_names(program: Any, world: Any) -> None:
    with world() as news:
        news.put(topics, name="Pakta", query="@nato OR nikel")
        news.put(topics, name="Lain", query="@nato-plus OR nikel")
    reader = program("read")
    for asked in ("nato", "@NATO", "Pakta Pertahanan Atlantik Utara", "НАТО"):
        found = reader.get(f"/entities?name={quote(asked)}").json["items"]
        assert "nato" in [each["key"] for each in found], asked
        assert found[0]["exactly"]
    assert reader.get("/entities?name=qqqqzzz").json == {"items": []}
    assert reader.get("/entities").status == 422
    whole = reader.get("/entities/nato")
    assert whole.status == 200
    assert {"id", "en"} <= {each["language"] for each in whole.json["names"]}
    assert whole.json["topics"] == ["Pakta"]
    assert reader.get("/entities/@NATO").json == whole.json
    assert reader.get("/entities/qqqqzzz").status == 404


def test_ones_own_entities_are_listed_beside_the_packs(program: Any, world: Any) -> None:
    with world() as news:
        news.connection.execute(
            entities.insert().values(key="thing", origin="watchlist", said={"key": "thing", "title": HOSTILE})
        )
        news.connection.execute(entities.insert().values(key="new", origin="folder", said={"version": 99}))
    told = program("read").get("/entity-packs").json
    assert told["entities"] > 1_000
    sizes = [each["entities"] for each in told["packs"]]
    assert sizes == sorted(sizes, reverse=True)
    assert told["own_total"] == 2
    assert [(each["key"], each["origin"], each["names"]) for each in told["own"]] == [
        ("new", "folder", 0),
        ("thing", "watchlist", told["own"][1]["names"]),
    ]
    assert told["own"][1]["title"].strip() == "<b>thing"
