"""What the installation was given and whether it is well, for admins; and what is watched, to be taken along."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from ops.doctor import Examined, Finding
from ops.said import said
from tests.ops.dashboard.api.conftest import Program
from worker.secrets import Secret
from worker.settings import from_env
from worker.store.schema import topics

pytestmark = pytest.mark.servers


def test_an_examination_names_remedies_and_keys(
    make_site: Any, database: Any, urls: Any, keys: Any, tmp_path: Any, token_of: Any
) -> None:
    environ = {"PANTAU_REDIS_URL": urls.redis, "PANTAU_DATABASE_URL": urls.database}
    given = from_env({**environ, "PANTAU_DATA_DIR": str(tmp_path)})
    site = make_site(database, settings=given, keys=keys)
    admin = Program(site.visitor(), token_of("admin"))
    told = admin.post("/examination", **{"idempotency-key": "look"})
    assert told.status == 200
    levels = [each["level"] for each in told.json["findings"]]
    assert levels == sorted(levels, key=["bad", "warn", "ok"].index)
    remedies = [each["remedy"] for each in told.json["findings"]]
    assert "set PANTAU_SMTP_URL if anybody is to get e-mail" in remedies
    (key,) = told.json["keys"]
    assert (key["source"], key["seals"]) == ("file", True)
    assert (told.json["lost"], told.json["lost_total"]) == ([], 0)
    assert urls.database not in told.text
    again = admin.post("/examination", **{"idempotency-key": "look"})
    assert again.headers["idempotency-replayed"] == "true"
    facts = admin.get("/installation").json
    assert facts["mail"] == {
        "server": False, "sender": None, "unsubscribe_links": False, "stopped_by": None
    }  # fmt: skip
    assert facts["slack"]["answers"] is False
    assert {"PANTAU_SMTP_URL", "PANTAU_PUBLIC_URL"} <= {each["name"] for each in facts["variables"]}
    assert all(each["value"] is None for each in facts["variables"] if each["secret"])
    assert "starlette" in {each["name"].lower() for each in facts["licences"]}


def test_what_an_examination_finds_is_bounded_and_plain(program: Any, house_with: Any) -> None:
    hostile = "<b>\u202e" + "x" * 2000
    findings = [Finding("ok", "fine", "fine"), Finding("bad", said("disk"), hostile)]
    answers = iter([Examined(findings, [], [f"channel {n}" for n in range(30)]), Examined(None, [], [])])

    async def examines() -> Examined:
        return next(answers)

    house_with(examines=examines)
    admin = program("admin")
    told = admin.post("/examination").json
    assert [each["about"] for each in told["findings"]] == ["disk", "fine"]
    assert "\u202e" not in told["findings"][0]["says"]
    assert len(told["findings"][0]["says"]) <= 500
    assert (len(told["lost"]), told["lost_total"]) == (20, 30)
    assert admin.post("/examination").status == 503
    assert program("write").post("/examination").status == program("write").get("/installation").status == 403


def test_what_is_watched_is_taken_along_by_who_may_change_it(program: Any, world: Any) -> None:
    with world() as news:
        news.put(topics, name="NATO", query="@nato")
        news.feed("Warta", url="https://warta.example/rss?key=hush")
    writer = program("write")
    whole = writer.get("/export")
    assert whole.headers["content-type"].startswith("application/toml")
    assert tomllib.loads(whole.text)["topic"] == [{"name": "NATO", "query": "@nato"}]
    assert tomllib.loads(writer.get("/feeds.toml").text)["feed"][0]["name"] == "Warta"
    opml = writer.get("/feeds.opml")
    assert 'xmlUrl="https://warta.example/rss?key=hush"' in opml.text
    assert writer.get("/feeds.opml", **{"if-none-match": "no"}).status == 200
    for path in ("/export", "/feeds.toml", "/feeds.opml"):
        assert program("read").get(path).status == 403


def test_without_its_keys_a_process_exports_nothing(
    make_site: Any, database: Any, urls: Any, token_of: Any
) -> None:
    writer = Program(make_site(database, Secret(urls.redis)).visitor(), token_of("write"))
    assert writer.get("/export").status == 503
