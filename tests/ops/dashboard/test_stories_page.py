"""Stories as a list and one by one: how they grew, why each article was put there, who was told, and silences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from alerts.store.schema import silences
from ops import access
from ops.dashboard.views import stories as views
from ops.store import accounts
from ops.store.pages.stories import LOOKED_AT, Found, Sought
from ops.store.schema import audit_log
from worker.store.schema import articles, matches, stories, topics

PASSWORD = "a long enough password"
HOSTILE = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>"
NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


@pytest.fixture
def people(engine: Engine) -> None:
    with engine.begin() as connection:
        for name, role in (("vera", "viewer"), ("edi", "editor")):
            if accounts.find_user(connection, name) is None:
                accounts.add_user(connection, name, access.hash_password(PASSWORD), role)


def visitor(site: Any, name: str) -> Any:
    known = site.visitor()
    assert known.log_in(name).status == 303
    return known


def topic(news: Any, name: str) -> int:
    known = news.connection.execute(select(topics.c.id).where(topics.c.name == name)).scalar_one_or_none()
    return known or int(news.put(topics, name=name, query="gempa"))


def story(news: Any, title: str, *parts: Mapping[str, Any], age_h: float = 1.0, by: str = "Gempa") -> int:
    """A story whose articles came a minute apart, each with what `parts` says of it."""
    told = parts or ({},)
    first = news.now - timedelta(hours=age_h)
    last = first + timedelta(minutes=len(told) - 1)
    number: int = news.put(stories, title=title, first_at=first, last_at=last, articles=len(told))
    subject = topic(news, by)
    feed = news.feed()
    for n, facts in enumerate(told):
        article = news.article(
            feed, str(facts.get("title", f"{title} {n}")), url=f"https://kabar.example/{number}/{n}"
        )
        seen = first + timedelta(minutes=n)
        values = {"story_id": number, "seen_at": seen, **{k: v for k, v in facts.items() if k != "channel"}}
        news.connection.execute(update(articles).where(articles.c.id == article).values(values))
        quote = {"field": "body", "text": "", "marks": []}
        match = news.put(matches, topic_id=subject, article_id=article, hits=[], quote=quote, state="planned")
        if channel := facts.get("channel"):
            news.delivery(article, match, channel)
    return number


def titles(page: Any) -> list[str]:
    found = re.findall(r'class="headline"[^>]*>\s*<a href="/stories/\d+">(.*?)</a>', page.text, re.DOTALL)
    return [" ".join(each.split()) for each in found]


def words(page: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.text).split())


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, Sought()),
        ({"since": "7d"}, Sought(hours=168)),
        ({"since": "99d"}, Sought()),
        ({"least": "3", "language": "uk", "topic": "Perang"}, Sought(least=3, language="uk", topic="Perang")),
        ({"least": "-3"}, Sought()),
        ({"least": "999999"}, Sought(least=10_000)),
        ({"language": '"><b>'}, Sought()),
        ({"before": "x-1"}, Sought()),
        ({"before": "99999999999999999999-1"}, Sought()),
        ({"before": "1000000-7"}, Sought(before=(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), 7))),
    ],
)
def test_an_address_asks_for_what_can_be_understood_in_it(query: dict[str, str], wanted: Sought) -> None:
    assert views.sought(query) == wanted


def row(**facts: Any) -> dict[str, Any]:
    spread = {
        "looked": 4,
        "sources": 3,
        "languages": ["id", "uk"],
        "language": "id",
        "copies": 1,
        "grew": [1, 1, 12, 24],
    }
    return {
        "id": 7,
        "title": "Gempa di Palu",
        "first_at": NOW - timedelta(hours=3),
        "last_at": NOW - timedelta(hours=1),
        "articles": 4,
        "spread": spread | facts.pop("spread", {}),
        "topics": [],
        "told": [],
        "silences": [],
        **facts,
    }


def test_a_story_grows_from_bar_to_bar_and_never_shrinks() -> None:
    shown = views.story_row(row(), NOW)
    heights = [bar.height for bar in shown.bars]
    assert len(heights) == 24
    assert heights == sorted(heights)
    assert heights[0] == pytest.approx(heights[-1] / 2)
    assert (str(shown.size), str(shown.sources), str(shown.copies)) == (
        "4 articles",
        "3 sources",
        "1 is a copy",
    )
    assert str(shown.alt) == "It grew to 4 articles in 2 h"


def test_a_story_of_one_moment_did_not_grow() -> None:
    at = NOW - timedelta(hours=1)
    shown = views.story_row(row(first_at=at, last_at=at, articles=1), NOW)
    assert (shown.bars, shown.last) == ((), None)


def test_a_story_too_large_to_be_counted_says_at_least() -> None:
    shown = views.story_row(row(articles=9_000, spread={"looked": LOOKED_AT, "sources": 40}), NOW)
    assert (str(shown.size), str(shown.sources), shown.bars) == ("9,000 articles", "at least 40 sources", ())


def test_a_story_whose_articles_are_not_kept_any_more_still_has_its_name() -> None:
    shown = views.story_row({**row(), "spread": None}, NOW)
    assert (shown.title, str(shown.sources), shown.languages) == ("Gempa di Palu", "0 sources", ())


def test_a_silence_to_come_does_not_mute_yet_and_one_of_a_channel_mutes_only_that() -> None:
    silence = {
        "id": 1,
        "channel": None,
        "holds": False,
        "from_at": NOW,
        "until_at": NOW,
        "made_by": "edi",
        "comment": "",
    }
    assert not views.story_row(row(silences=[silence]), NOW).muted
    assert not views.story_row(row(silences=[{**silence, "holds": True, "channel": "desk"}]), NOW).muted
    assert views.story_row(row(silences=[{**silence, "holds": True}]), NOW).muted


def test_the_next_part_asks_for_the_same() -> None:
    wanted = Sought(hours=168, topic="Perang & damai", least=2)
    view = views.compose(wanted, Found([row()], further=(NOW, 7)), ["uk", "<b>"], [HOSTILE], NOW)
    query = dict(pair.split("=") for pair in view.further.partition("?")[2].split("&"))
    assert query["topic"] == "Perang+%26+damai"
    assert views.sought({**query, "topic": "Perang & damai"}) == Sought(
        168, "", "Perang & damai", 2, (NOW, 7)
    )
    assert view.languages == ("uk",)
    assert "\u202e" not in view.topics[0]


@pytest.mark.servers
def test_without_a_story_it_says_what_makes_one(site: Any) -> None:
    page = site.known_visitor().get("/stories")
    assert page.status == 200
    assert "No story in this time. Articles that a topic matches are put together here" in page.text
    assert re.search(r'<a href="/stories"[^>]* aria-current="page"', page.text)


@pytest.mark.servers
def test_the_list_tells_how_large_a_story_is_and_who_was_told(site: Any, world: Any) -> None:
    with world() as news:
        desk = news.channel("desk")
        story(
            news,
            "Gempa di Palu",
            {"language": "id", "channel": desk},
            {"language": "uk", "source": "Вісник"},
            {"language": "uk", "source": "Вісник"},
        )
        story(news, "Nikel", age_h=2)
    page = site.known_visitor().get("/stories")
    assert titles(page) == ["Gempa di Palu", "Nikel"]
    shown = words(page)
    assert "3 articles · 2 sources · id uk" in shown
    assert "desk" in shown
    assert shown.count("told to nobody") == 1
    assert 'aria-label="It grew to 3 articles in 2 min"' in page.text


@pytest.mark.servers
def test_stories_are_narrowed_by_time_topic_language_and_size(site: Any, world: Any) -> None:
    with world() as news:
        story(news, "Besar", {}, {"language": "ru"}, {})
        story(news, "Pilkada", age_h=2, by="Pemilu")
        story(news, "Lama", {"language": "ru"}, age_h=80)
    reader = site.known_visitor()
    for asked, found in {
        "": ["Besar", "Pilkada"],
        "since=7d": ["Besar", "Pilkada", "Lama"],
        "topic=Pemilu": ["Pilkada"],
        "topic=Gempa&since=7d": ["Besar", "Lama"],
        "language=ru&since=7d": ["Besar", "Lama"],
        "least=2&since=7d": ["Besar"],
        "least=2&topic=Pemilu": [],
    }.items():
        assert titles(reader.get(f"/stories?{asked}")) == found, asked
    assert "No topic has this name." in reader.get("/stories?topic=nothing").text
    assert "Ask for a longer time" in reader.get("/stories?language=xx").text


@pytest.mark.servers
def test_a_long_list_goes_on_where_it_ended(site: Any, world: Any) -> None:
    with world() as news:
        for n in range(45):
            story(news, f"Berita {n:02}", age_h=1 + n / 100)
    reader = site.known_visitor()
    first = reader.get("/stories")
    (further,) = re.findall(r'class="further"><a class="button" href="([^"]+)"', first.text)
    second = reader.get(further.replace("&amp;", "&"))
    assert [*titles(first), *titles(second)] == [f"Berita {n:02}" for n in range(45)]
    assert "Show older" not in second.text


@pytest.mark.servers
def test_a_story_tells_article_by_article_why_each_was_put_there(site: Any, world: Any) -> None:
    with world() as news:
        desk = news.channel("desk")
        number = story(news, "Gempa di Palu", {"channel": desk, "language": "id"}, {}, {})
        first, second, third = news.connection.execute(
            select(articles.c.id).where(articles.c.story_id == number).order_by(articles.c.id)
        ).scalars()
        for article, why, of in (
            (second, {"reason": "same_text", "like": first, "likeness": 1.0, "shared": []}, first),
            (
                third,
                {"reason": "across_languages", "like": first, "likeness": 0.87, "shared": ["@palu", "6,1"]},
                None,
            ),
        ):
            news.connection.execute(
                update(articles).where(articles.c.id == article).values(story_reason=why, copy_of=of)
            )
    page = site.known_visitor().get(f"/stories/{number}")
    shown = words(page)
    for sentence in (
        "it began the story (new)",
        "the same text as “Gempa di Palu 0” (Kabar Selatan) (same_text)",
        "the same event, in another language, as “Gempa di Palu 0” (Kabar Selatan), alike 0.87, "
        "both have @palu, 6,1 (across_languages)",
        "1 is a copy",
        "+2 min",
        "1 message",
    ):
        assert sentence in shown, sentence
    assert page.text.index(f'"/articles/{first}"') < page.text.index(f'"/articles/{third}"')
    assert f'href="/stories/{number}"' in site.known_visitor().get(f"/articles/{third}").text


@pytest.mark.servers
def test_a_large_story_is_shown_part_by_part(site: Any, world: Any) -> None:
    with world() as news:
        number = story(news, "Gempa", *({} for _ in range(53)))
    reader = site.known_visitor()
    first = reader.get(f"/stories/{number}")
    (further,) = re.findall(r'class="further"><a class="button" href="([^"]+)"', first.text)
    second = reader.get(further)
    shown = [len(re.findall(r'class="headline"', page.text)) for page in (first, second)]
    assert shown == [50, 3]
    assert "Show what came later" not in second.text
    assert "There are no more articles" in reader.get(f"/stories/{number}?after={'9' * 18}").text


@pytest.mark.servers
def test_what_is_no_story_is_not_found(site: Any) -> None:
    reader = site.known_visitor()
    token = reader.get("/stories").csrf
    for number in ("1", "9" * 40):
        assert reader.get(f"/stories/{number}").status == 404, number
        assert reader.post(f"/stories/{number}/mute", {"csrf": token}).status == 404, number


@pytest.mark.servers
def test_a_story_is_silenced_for_a_day_and_told_again(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number = story(news, "Gempa")
        other = story(news, "Nikel")
    edi = visitor(site, "edi")
    page = edi.get(f"/stories/{number}")
    token = {"csrf": page.csrf}
    gone = edi.post(f"/stories/{number}/mute", token)
    muted = edi.get(gone.headers["location"])
    assert "Nobody is told of this story for 24 hours." in muted.text
    assert "Silenced on every channel by edi" in words(muted)
    assert "Tell nobody for 24 hours" not in muted.text
    assert "silenced" in words(edi.get("/stories"))
    assert edi.post(f"/stories/{number}/mute", token).headers["location"].endswith("did=muted-already")
    with engine.begin() as connection:
        silence = connection.execute(select(silences)).one()
    assert (silence.scope, silence.story_id, silence.channel_id) == ("story", number, None)
    assert silence.until_at - silence.from_at == pytest.approx(timedelta(hours=24), abs=timedelta(minutes=1))
    ended = f"/stories/{other}/end-silence", {**token, "silence": str(silence.id)}
    assert edi.post(*ended).headers["location"].endswith("did=over")
    heard = edi.post(f"/stories/{number}/end-silence", {**token, "silence": str(silence.id)})
    again = edi.get(heard.headers["location"])
    assert "The story is told again from now on." in again.text
    assert "Tell nobody for 24 hours" in again.text
    with engine.begin() as connection:
        noted = connection.execute(
            select(audit_log.c.who, audit_log.c.what, audit_log.c.kind).where(audit_log.c.kind == "silence")
        ).all()
    assert [tuple(each) for each in noted] == [("edi", "added", "silence"), ("edi", "ended", "silence")]


@pytest.mark.servers
def test_who_looks_only_silences_nothing(site: Any, world: Any, people: None, engine: Engine) -> None:
    with world() as news:
        number = story(news, "Gempa")
    vera = visitor(site, "vera")
    page = vera.get(f"/stories/{number}")
    assert "Tell nobody for 24 hours" not in page.text
    for act in ("mute", "end-silence"):
        assert vera.post(f"/stories/{number}/{act}", {"csrf": page.csrf, "silence": "1"}).status == 403
    assert visitor(site, "edi").post(f"/stories/{number}/mute", {"csrf": "x"}).status == 403
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM silences")).scalar_one() == 0


@pytest.mark.servers
def test_strangers_words_stay_words(site: Any, world: Any) -> None:
    with world() as news:
        desk = news.channel(HOSTILE)
        facts = {"title": HOSTILE, "source": HOSTILE, "url": f"javascript:{HOSTILE}", "channel": desk}
        number = story(news, HOSTILE, facts, {"title": HOSTILE, "language": "<b>"}, by=HOSTILE)
        first = news.connection.execute(select(articles.c.id).order_by(articles.c.id)).scalars().first()
        why = {"reason": "same_event", "like": first, "likeness": 0.5, "shared": [HOSTILE]}
        news.connection.execute(update(articles).where(articles.c.id != first).values(story_reason=why))
        news.put(silences, scope="story", story_id=number, from_at=news.now, until_at=news.now + timedelta(days=1),
                 made_by=HOSTILE, comment=HOSTILE)  # fmt: skip
    reader = site.known_visitor()
    for path in ("/stories", f"/stories/{number}"):
        page = reader.get(path).text
        main = page[page.index("<main") : page.index("</main>")]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in main
        assert not re.search(r"<(script|img|style|iframe)\b", main)
        assert all(to.startswith(("/", "#", "https://")) for to in re.findall(r'href="([^"]*)"', main))
        assert "\u202e" not in main
