"""Stories put right at their page and by programs: who may, what is refused and why; both doors are one rule."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from ops.store.schema import audit_log
from tests.ops.dashboard.api.conftest import Program, house_with, keys, program, token_of
from tests.ops.dashboard.test_stories_page import HOSTILE, people, story, visitor, words
from worker.store.schema import articles, stories

pytestmark = pytest.mark.servers

__all__ = ["house_with", "keys", "people", "program", "token_of"]  # fixtures


def inside(engine: Engine, number: int) -> list[int]:
    with engine.begin() as connection:
        chosen = select(articles.c.id).where(articles.c.story_id == number).order_by(articles.c.id)
        return list(connection.execute(chosen).scalars())


def noted(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        rows = connection.execute(
            select(audit_log).where(audit_log.c.kind == "story").order_by(audit_log.c.id)
        )
        return [(row.who, row.what, row.name, row.after) for row in rows]


def test_an_editor_takes_an_article_out_and_puts_it_back(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number = story(news, "Gempa", {"title": HOSTILE}, {"channel": news.channel()}, {})
    _, second, _ = inside(engine, number)
    edi = visitor(site, "edi")
    page = edi.get(f"/stories/{number}")
    way = f"/stories/{number}/take-out/{second}"
    assert f'href="{way}"' in page.text
    asking = edi.get(way)
    assert asking.status == 200
    assert "Where does it belong?" in asking.text
    token = {"csrf": asking.csrf}
    gone = edi.post(way, {**token, "to": "own", "into": ""})
    own = int(re.findall(r"/stories/(\d+)\?did=took-out", gone.headers["location"])[0])
    assert inside(engine, own) == [second]
    shown = words(edi.get(gone.headers["location"]))
    assert "Who was told of it is not told again." in shown
    assert "edi took it out of another story (taken_out)" in shown
    assert edi.get(way).status == 404
    stale = edi.post(way, {**token, "to": "own", "into": ""})
    assert stale.status == 404
    back = edi.post(f"/stories/{number}/merge", {**token, "story": f"{site.address}/stories/{own}?did=x"})
    assert back.headers["location"] == f"/stories/{number}?did=merged"
    assert len(inside(engine, number)) == 3
    merged = edi.get(f"/stories/{number}")
    assert "merged into this one, 1 article" in words(merged)
    assert edi.get(f"/stories/{own}").headers["location"] == f"/stories/{number}?did=moved"
    assert "Gempa 1" not in re.findall(r'class="headline"[^>]*>\s*<a[^>]*>([^<]*)', edi.get("/stories").text)
    apart = edi.post(f"/stories/{number}/take-apart", {**token, "story": str(own)})
    assert apart.headers["location"] == f"/stories/{own}?did=apart"
    assert inside(engine, own) == [second]
    assert [row[:3] for row in noted(engine)] == [
        ("edi", "split", str(number)),
        ("edi", "merged", str(number)),
        ("edi", "split", str(number)),
    ]
    assert "\u202e" not in str(noted(engine))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one() == 1


def test_it_joins_another_story_or_is_told_under_the_field_why_not(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number, other = story(news, "Gempa", {}, {}), story(news, "Nikel", {})
        alone = story(news, "Sendiri", {})
    article, _ = inside(engine, number)
    edi = visitor(site, "edi")
    way = f"/stories/{number}/take-out/{article}"
    token = {"csrf": edi.get(way).csrf, "to": "story"}
    for wrong, why in (
        ("", "No story is known by this."),
        ("9" * 30, "No story is known by this."),
        (HOSTILE, "No story is known by this."),
        ("\x00", "No story is known by this."),
        (str(number), "that is this very story"),
    ):
        refused = edi.post(way, {**token, "into": wrong})
        assert refused.status == 422, wrong
        assert why in words(refused), wrong
        assert 'id="wrong-into"' in refused.text
        assert "<script>alert" not in refused.text
    assert 'value="&lt;script&gt;' in edi.post(way, {**token, "into": HOSTILE}).text
    only = inside(engine, alone)[0]
    last = edi.post(f"/stories/{alone}/take-out/{only}", {**token, "into": str(other)})
    assert last.status == 422
    assert "nothing would be left of this story" in words(last)
    gone = edi.post(way, {**token, "into": f"https://kabar.example/{other}/0"})
    # an article's own address finds a story by its identity, which these have not
    assert gone.status == 422
    gone = edi.post(way, {**token, "into": str(other)})
    assert gone.headers["location"] == f"/stories/{other}?did=took-out"
    assert article in inside(engine, other)
    for typed, why in (("x", "No story is known by this."), (str(other), "that is this very story")):
        kept = edi.post(f"/stories/{other}/merge", {"csrf": token["csrf"], "story": typed})
        assert (kept.status, why in words(kept), f'value="{typed}"' in kept.text) == (422, True, True)


def test_who_only_looks_puts_nothing_right(site: Any, world: Any, people: None, engine: Engine) -> None:
    with world() as news:
        number, other = story(news, "Gempa", {}, {}), story(news, "Nikel", {})
    article, _ = inside(engine, number)
    vera = visitor(site, "vera")
    page = vera.get(f"/stories/{number}")
    assert "Not this story" not in page.text
    assert "Merge" not in page.text
    token = {"csrf": page.csrf, "to": "own", "into": "", "story": str(other)}
    assert vera.get(f"/stories/{number}/take-out/{article}").status == 403
    for act in (f"take-out/{article}", "merge", "take-apart"):
        assert vera.post(f"/stories/{number}/{act}", token).status == 403, act
        assert visitor(site, "edi").post(f"/stories/{number}/{act}", {**token, "csrf": "x"}).status == 403, (
            act
        )
    assert noted(engine) == []
    assert len(inside(engine, number)) == 2


def test_programs_split_and_merge_by_the_same_rules(
    make_site: Any, database: Any, urls: Any, keys: Any, program: Any, world: Any, engine: Engine
) -> None:
    with world() as news:
        number, other = story(news, "Gempa", {}, {}, {}), story(news, "Nikel", {})
    first, second, third = inside(engine, number)
    writer: Program = program("write")
    split = f"/stories/{number}/split"
    own = writer.post(split, {"articles": [str(second), str(third)]}, **{"idempotency-key": "once"})
    again = writer.post(split, {"articles": [str(second), str(third)]}, **{"idempotency-key": "once"})
    assert (own.status, own.json["articles"], again.json) == (200, 2, own.json)
    assert inside(engine, int(own.json["story_id"])) == [second, third]
    assert writer.post(f"/stories/{number}/merge", {"story_id": own.json["story_id"]}).json == {
        "story_id": str(number),
        "articles": 2,
    }
    told = writer.get(f"/stories/{number}").json
    assert [(each["id"], each["articles"]) for each in told["merged"]] == [(own.json["story_id"], 2)]
    assert writer.get(f"/stories/{own.json['story_id']}").json["merged_into"] == str(number)
    assert own.json["story_id"] not in [each["id"] for each in writer.get("/stories").json["items"]]
    apart = writer.post(split, {"merged_id": own.json["story_id"]})
    assert (apart.status, apart.json) == (200, own.json)
    into = writer.post(
        f"/stories/{own.json['story_id']}/split", {"articles": [str(third)], "into": str(other)}
    )
    assert into.json == {"story_id": str(other), "articles": 1}
    for asked, status in (
        ({"articles": [str(third)]}, 409),  # not in it any more
        ({"articles": []}, 409),
        ({"articles": [str(first)]}, 409),  # nothing would be left
        ({"articles": [str(first)], "into": str(number)}, 422),
        ({"articles": [str(first)], "into": "99999"}, 422),
        ({"articles": [str(first)], "merged_id": "1"}, 422),
        ({"merged_id": "1", "into": "1"}, 422),
        ({"merged_id": "99999"}, 409),
        ({}, 422),
    ):
        assert writer.post(split, asked).status == status, asked
    assert writer.post("/stories/99999/split", {"articles": ["1"]}).status == 404
    assert writer.post("/stories/99999/merge", {"story_id": str(number)}).status == 404
    assert writer.post(f"/stories/{number}/merge", {"story_id": str(number)}).status == 422
    assert program("read").post(split, {"articles": [str(first)]}).status == 403
    with engine.begin() as connection:
        assert connection.execute(select(stories.c.id).where(stories.c.merged_into.is_not(None))).all() == []


def test_a_silence_of_what_was_merged_is_one_of_what_it_is_part_of(
    make_site: Any, database: Any, urls: Any, keys: Any, program: Any, world: Any
) -> None:
    with world() as news:
        number, other = story(news, "Gempa", {}), story(news, "Nikel", {})
    writer = program("write")
    assert writer.post(f"/stories/{number}/merge", {"story_id": str(other)}).status == 200
    made = writer.post("/silences", {"scope": "story", "story_id": str(other), "for": "8h"})
    assert (made.status, made.json["story_id"]) == (201, str(number))
