"""Topics on real servers: what the pages show and save, who may, and that strangers' words stay words."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from alerts.store.schema import feedback, subscriptions
from ops import access
from ops.store import accounts
from ops.store.schema import audit_log, shared_feeds, users
from worker.secrets import Secret
from worker.store.schema import matches, topics

pytestmark = pytest.mark.servers

LONG_AGO = "now() - interval '9 days'"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def site(make_site: Any, database: Any, urls: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The web process, with patience: what an unknown @name may mean takes seconds to find the first time, and a trial
    on a busy machine as well."""
    monkeypatch.setattr("ops.dashboard.pages.topic_editing.PATIENCE_S", 60)
    return make_site(database, Secret(urls.redis), patience_s=60)


@pytest.fixture
def as_role(site: Any, engine: Any) -> Any:
    """Visitors of each role."""

    def visitor(role: str) -> Any:
        with engine.begin() as connection:
            if connection.execute(select(users.c.id).where(users.c.name == role)).scalar() is None:
                accounts.add_user(connection, role, access.hash_password("another long password"), role)
        someone = site.visitor()
        assert someone.log_in(role, "another long password").status == 303
        return someone

    return visitor


@pytest.fixture
def topic(world: Any) -> Any:
    """Makes a topic; returns its number."""

    def make(name: str = "NATO", query: str = "nato", **facts: Any) -> int:
        with world() as news:
            return int(news.put(topics, name=name, query=query, **facts))

    return make


def found(news: Any, topic: int, title: str = "NATO bertemu", **facts: Any) -> int:
    """A match of the topic in a new article; returns the article."""
    article = news.article(news.feed(), title, **facts)
    quote = {"field": "body", "text": f"Kata NATO kemarin. {HOSTILE}", "marks": [[5, 9]]}
    news.put(
        matches,
        topic_id=topic,
        article_id=article,
        hits=[["title", 0, 4, "NATO"]],
        quote=quote,
        state="planned",
    )
    return int(article)


def hears(engine: Any, name: str, *selectors: str, **facts: Any) -> None:
    with engine.begin() as connection:
        values = {"name": name, "topics": list(selectors), "channels": ["desk"], **facts}
        connection.execute(insert(subscriptions).values(**values))


def draft(page: Any, query: str, **fields: str) -> dict[str, str]:
    version = re.search(r'name="version" value="(\d+)"', page.text)
    return {
        "csrf": page.csrf,
        "version": version[1] if version else "0",
        "mode": "query",
        "name": "NATO",
        "query": query,
        "tags": "",
        "since": "7",
        **fields,
    }


def settled(visitor: Any, path: str) -> Any:
    """The page, once it does not ask for itself again."""
    while "refresh" in (page := visitor.get(path)).headers:
        time.sleep(0.1)
    return page


def test_without_topics_it_teaches_and_offers_to_write_one(site: Any, as_role: Any) -> None:
    page = site.known_visitor().get("/topics")
    assert page.status == 200
    assert "finds NATO under all its names, in every language" in page.text
    assert 'href="/topics/new"' in page.text
    viewer = as_role("viewer").get("/topics").text
    assert 'href="/topics/new"' not in viewer
    assert "somebody with the role editor writes them" in viewer


def test_the_list_is_filtered_by_name_and_tag_and_literally(site: Any, topic: Any) -> None:
    topic("NATO", tags=["war"])
    topic("Nikel 100%")
    topic(HOSTILE)
    visitor = site.known_visitor()
    page = visitor.get("/topics").text
    assert "<script>alert" not in page
    assert "3 topics" in page
    for words, expected in (("nat", "NATO"), ("WAR", "NATO"), ("%25", "Nikel"), ("zzz", "No topic has")):
        assert expected in visitor.get(f"/topics?q={words}").text
    assert "NATO" not in visitor.get("/topics?q=%25").text.split("topic-list")[1].split("</ul>")[0]
    assert visitor.get("/topics?q=%00&after=%00").status == 200


def test_the_list_goes_on_where_the_page_ended(site: Any, engine: Any) -> None:
    with engine.begin() as connection:
        rows = [{"name": f"Topik {n:03}", "query": "nato"} for n in range(52)]
        connection.execute(insert(topics), rows)
    visitor = site.known_visitor()
    first = visitor.get("/topics").text
    assert "Topik 049" in first
    assert "Topik 050" not in first
    second = visitor.get("/topics?after=Topik+049").text
    assert "Topik 051" in second
    assert "Show more" not in second


def test_a_topic_shows_its_query_who_hears_of_it_and_what_it_found(
    site: Any, world: Any, topic: Any, engine: Any
) -> None:
    number = topic(query='@nato OR\n"pakta pertahanan"', tags=["war"])
    with world() as news:
        found(news, number)
        found(news, number, HOSTILE)
    hears(engine, "pagi <b>", "tag:war")
    page = site.known_visitor().get(f"/topics/{number}")
    assert page.status == 200
    for words in (
        "pagi &lt;b&gt;",
        "by a tag",
        "<mark>NATO</mark>",
        "2 articles",
        "written forms",
        "version 1",
    ):
        assert words in page.text
    assert "<script>alert" not in page.text
    assert "onerror=alert(2)>" not in page.text
    assert 'rel="noopener noreferrer"' in page.text


def test_what_it_found_goes_on_past_the_page_without_gap_or_repeat(site: Any, world: Any, topic: Any) -> None:
    number = topic()
    with world() as news:
        for n in range(23):  # all of one moment
            found(news, number, f"NATO nomor {n:02}.")
    visitor = site.known_visitor()
    first = visitor.get(f"/topics/{number}").text
    older = first.split('class="further"')[1].split('href="')[1].split("#")[0].replace("&amp;", "&")
    second = visitor.get(older).text
    shown = [set(re.findall(r"nomor (\d\d)\.", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (20, 3)
    assert not shown[0] & shown[1]


def test_no_topic_is_at_any_other_address(site: Any, topic: Any, engine: Any) -> None:
    gone = topic()
    with engine.begin() as connection:
        connection.execute(update(topics).values(removed_at=text("now()")))
    visitor = site.known_visitor()
    for number in (str(gone), "999999", "9" * 40, "0"):
        for page in ("", "/edit", "/history", "/remove", "/feed", "/apply-back"):
            assert visitor.get(f"/topics/{number}{page}").status == 404, (number, page)


def test_strangers_are_sent_to_the_log_in(site: Any) -> None:
    for path in ("/topics", "/topics/new", "/topics/1", "/topics/1/edit", "/topics/1/feed"):
        assert site.visitor().get(path).headers["location"].startswith("/login?next=")


def test_a_viewer_reads_and_changes_nothing(site: Any, topic: Any, as_role: Any, engine: Any) -> None:
    number = topic()
    viewer = as_role("viewer")
    page = viewer.get(f"/topics/{number}")
    assert page.status == 200
    assert f"/topics/{number}/edit" not in page.text
    for path in (
        "/topics/new",
        f"/topics/{number}/edit",
        f"/topics/{number}/remove",
        f"/topics/{number}/feed",
    ):
        assert viewer.get(path).status == 403
    for path in ("new", "edit", "take-back", "remove", "feed", "feed/close", "apply-back"):
        to = "/topics/new" if path == "new" else f"/topics/{number}/{path}"
        assert viewer.post(to, {"csrf": page.csrf, "do": "save", "query": "kyiv", "name": "x"}).status == 403
    with engine.connect() as connection:
        assert connection.execute(select(topics.c.name, topics.c.query)).all() == [("NATO", "nato")]


def test_no_form_works_without_its_token(site: Any, topic: Any, engine: Any) -> None:
    number = topic()
    visitor = site.known_visitor()
    for path in ("edit", "take-back", "remove", "feed", "feed/close", "apply-back", "judge"):
        assert visitor.post(f"/topics/{number}/{path}", {"csrf": "wrong", "do": "save"}).status == 403
    assert visitor.post("/topics/new", {"csrf": "wrong", "do": "save"}).status == 403
    with engine.connect() as connection:
        assert connection.execute(select(topics.c.query)).scalar() == "nato"


def test_an_editor_writes_a_topic_and_the_log_says_so(site: Any, as_role: Any, engine: Any) -> None:
    editor = as_role("editor")
    page = editor.get("/topics/new")
    answer = editor.post("/topics/new", draft(page, "nato\r\nOR kyiv", tags="war, asia", do="save"))
    assert answer.status == 303
    number = re.match(r"/topics/(\d+)\?did=added", answer.headers["location"])
    assert number
    assert "The topic is saved." in editor.get(answer.headers["location"]).text
    with engine.connect() as connection:
        row = connection.execute(select(topics)).mappings().one()
        noted = connection.execute(select(audit_log)).mappings().one()
    assert (row["name"], row["query"], row["tags"]) == ("NATO", "nato\nOR kyiv", ["war", "asia"])
    assert (noted["who"], noted["what"], noted["name"]) == ("editor", "added", "NATO")


def test_a_wrong_query_is_told_at_its_place_and_stays_as_it_was_typed(site: Any, engine: Any) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    for does, status in (("check", 200), ("save", 422), ("try", 422)):
        answer = visitor.post("/topics/new", draft(page, "(@ukraine OR @kyivv)\nAND nato", do=does))
        assert answer.status == status
        assert "line 1, column 14" in answer.text
        assert "did you mean &#39;@kyiv&#39;?" in answer.text
        assert "(@ukraine OR @kyivv)\nAND nato</textarea>" in answer.text
    hostile = visitor.post("/topics/new", draft(page, f"({HOSTILE}", name=HOSTILE, tags=HOSTILE, do="save"))
    assert hostile.status == 422
    assert "<script>alert" not in hostile.text
    assert "onerror=alert(2)>" not in hostile.text
    with engine.connect() as connection:
        assert connection.execute(select(topics)).all() == []


def test_every_field_that_is_wrong_says_so(site: Any, topic: Any) -> None:
    topic("NATO")
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    taken = visitor.post("/topics/new", draft(page, "nato", do="save"))
    assert taken.status == 422
    assert "another topic is called" in taken.text
    assert 'id="wrong-name"' in taken.text
    empty = visitor.post("/topics/new", draft(page, "", name="", do="save"))
    assert empty.status == 422
    assert 'id="wrong-name"' in empty.text


def test_a_check_says_what_is_doubtful_and_what_names_stand_for(site: Any) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    answer = visitor.post("/topics/new", draft(page, "@nato -@nato", do="check")).text
    assert "It can be read" in answer
    assert "written forms" in answer
    assert 'class="doubtful"' in answer


def test_lists_and_query_go_over_into_each_other(site: Any, engine: Any) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    lists = visitor.post("/topics/new", draft(page, "(nato OR kyiv) -resep", do="simple"))
    assert 'name="mode" value="simple"' in lists.text
    assert "nato\nkyiv</textarea>" in lists.text
    typed = draft(page, "", mode="simple", any="nato\r\npakta pertahanan", all="", none="resep")
    back = visitor.post("/topics/new", {**typed, "do": "query"}).text
    assert "(nato OR &#34;pakta pertahanan&#34;) AND NOT resep</textarea>" in back
    assert visitor.post("/topics/new", {**typed, "do": "save"}).status == 303
    with engine.connect() as connection:
        assert (
            connection.execute(select(topics.c.query)).scalar()
            == '(nato OR "pakta pertahanan") AND NOT resep'
        )
    none = visitor.post("/topics/new", {**typed, "any": "", "do": "save"})
    assert none.status == 422
    assert "at least one word is needed" in none.text


def test_a_draft_is_tried_on_what_is_stored_and_compared_with_the_saved_query(
    site: Any, world: Any, topic: Any
) -> None:
    number = topic(query="nato")
    with world() as news:
        feed = news.feed()
        news.article(feed, "NATO bertemu")
        news.article(feed, f"Resep NATO {HOSTILE}")
        news.article(feed, "Kyiv menyala", body="Malam di Kyiv.")
        news.article(feed, "Hujan")
        news.article(feed, "NATO lama", age_s=9 * 86400)
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/edit")
    tried = draft(page, "nato -resep OR kyiv", do="try")
    answer = visitor.post(f"/topics/{number}/edit", tried).text
    for words in (
        "2 articles",
        "<b>+1</b> new",
        "<b>−1</b> lost",
        "<b>1</b> unchanged",
        "Tried on 4 stored articles",
    ):
        assert words in answer
    assert "<mark>Kyiv</mark>" in answer
    assert "<script>alert" not in answer
    lost = visitor.post(f"/topics/{number}/edit", {**tried, "do": "", "tab": "lost"}).text
    assert "lost by the draft" in lost
    assert "<mark>Kyiv</mark>" not in lost.split('id="matches"')[1]
    month = visitor.post(f"/topics/{number}/edit", {**tried, "since": "30"}).text
    assert "Tried on 5 stored articles" in month


def test_a_trial_that_takes_long_says_how_far_it_is(
    site: Any, world: Any, topic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from ops.dashboard.pages import topic_editing

    go_on = threading.Event()

    def slow(*given: Any, **facts: Any) -> Any:
        assert go_on.wait(60)
        return iter(())

    monkeypatch.setattr(topic_editing, "PATIENCE_S", 0.05)
    with world() as news:
        news.article(news.feed(), "NATO bertemu")
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    real = topic_editing.articles_of_last
    monkeypatch.setattr(topic_editing, "articles_of_last", slow)
    first = visitor.post("/topics/new", draft(page, "nato", do="try"))
    assert "<progress" in first.text
    assert "0 of 1 articles looked through" in first.text or "waiting for its turn" in first.text
    monkeypatch.setattr(topic_editing, "articles_of_last", real)
    go_on.set()
    monkeypatch.setattr(topic_editing, "PATIENCE_S", 60)
    assert "<progress" not in visitor.post("/topics/new", draft(page, "nato", do="try")).text


def test_a_save_is_a_version_and_says_whom_it_concerns(site: Any, topic: Any, engine: Any) -> None:
    number = topic()
    hears(engine, "pagi", "NATO")
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/edit")
    assert (
        "Saving changes what 1 subscription receives; articles already sent are not sent again." in page.text
    )
    assert "Save as version 2" in page.text
    answer = visitor.post(f"/topics/{number}/edit", draft(page, "nato OR kyiv", do="save"))
    assert answer.headers["location"] == f"/topics/{number}?did=saved"
    assert "version 2, saved by ratna" in visitor.get(answer.headers["location"]).text
    again = visitor.get(f"/topics/{number}/edit")
    same = visitor.post(f"/topics/{number}/edit", draft(again, "nato OR kyiv", do="save"))
    assert same.headers["location"] == f"/topics/{number}?did=same"


def test_whoever_was_overtaken_sees_both_and_loses_nothing(site: Any, topic: Any, as_role: Any) -> None:
    number = topic()
    mine, editor = site.known_visitor(), as_role("editor")
    page, other = mine.get(f"/topics/{number}/edit"), editor.get(f"/topics/{number}/edit")
    assert editor.post(f"/topics/{number}/edit", draft(other, "nato OR warsaw", do="save")).status == 303
    answer = mine.post(f"/topics/{number}/edit", draft(page, "nato OR kyiv", do="save"))
    assert answer.status == 409
    assert "editor saved version 2 meanwhile." in answer.text
    assert "<del>warsaw</del>" in answer.text
    assert "<ins> kyiv</ins>" in answer.text
    assert "nato OR kyiv</textarea>" in answer.text
    assert "Save as version 3" in answer.text
    assert mine.post(f"/topics/{number}/edit", draft(answer, "nato OR kyiv", do="save")).status == 303


def test_a_draft_of_a_topic_that_was_removed_can_be_saved_as_a_new_one(site: Any, topic: Any) -> None:
    number = topic()
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/edit")
    visitor.post(f"/topics/{number}/remove", {"csrf": page.csrf})
    answer = visitor.post(f"/topics/{number}/edit", draft(page, "nato OR kyiv", do="save"))
    assert answer.status == 409
    assert "Somebody removed this topic meanwhile." in answer.text
    assert 'action="/topics/new"' in answer.text
    assert visitor.post("/topics/new", draft(answer, "nato OR kyiv", do="save")).status == 303


def test_versions_stand_beside_each_other_and_are_taken_back(site: Any, topic: Any, engine: Any) -> None:
    number = topic()
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/edit")
    visitor.post(f"/topics/{number}/edit", draft(page, "nato OR kyiv", do="save"))
    history = visitor.get(f"/topics/{number}/history")
    assert "<ins> OR kyiv</ins>" in history.text
    fields = {"csrf": history.csrf, "number": "1", "version": "2"}
    answer = visitor.post(f"/topics/{number}/take-back", fields)
    assert answer.headers["location"] == f"/topics/{number}/history?did=taken-back"
    assert "Version 3" in visitor.get(answer.headers["location"]).text
    with engine.connect() as connection:
        assert connection.execute(select(topics.c.query)).scalar() == "nato"
    assert visitor.post(f"/topics/{number}/take-back", fields).status == 409
    assert (
        visitor.post(f"/topics/{number}/take-back", {**fields, "number": "99", "version": "3"}).status == 404
    )


def test_what_a_watchlist_declares_is_tried_and_not_saved(site: Any, topic: Any, engine: Any) -> None:
    number = topic(declared=True)
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/edit")
    assert "pantau export" in page.text
    assert 'value="save"' not in page.text
    assert f"/topics/{number}/remove" not in visitor.get(f"/topics/{number}").text
    assert visitor.post(f"/topics/{number}/edit", draft(page, "kyiv", do="save")).status == 403
    assert visitor.post(f"/topics/{number}/remove", {"csrf": page.csrf}).status == 403
    assert visitor.get(f"/topics/{number}/remove").status == 403
    with engine.connect() as connection:
        assert connection.execute(select(topics.c.query)).scalar() == "nato"


def test_removing_says_before_who_hears_no_more(site: Any, topic: Any, engine: Any) -> None:
    number = topic(tags=["war"])
    hears(engine, "pagi <b>", "tag:war")
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/remove")
    assert "pagi &lt;b&gt;" in page.text
    answer = visitor.post(f"/topics/{number}/remove", {"csrf": page.csrf})
    assert answer.headers["location"] == "/topics?did=removed"
    assert "The topic is removed." in visitor.get(answer.headers["location"]).text
    assert visitor.get(f"/topics/{number}").status == 404
    with engine.connect() as connection:
        assert connection.execute(select(audit_log.c.what)).scalars().all() == ["removed"]


def test_people_say_what_was_relevant_as_they_do_in_slack(
    site: Any, world: Any, engine: Any, as_role: Any
) -> None:
    with world() as news:
        delivery = news.story()
    with engine.connect() as connection:
        row = connection.execute(
            text("""SELECT m.topic_id, m.id, m.article_id, d.key, d.channel_id FROM deliveries d
                    JOIN alerts a ON a.delivery_id = d.id JOIN matches m ON m.id = a.match_id WHERE d.id = :d"""),
            {"d": delivery},
        ).one()
    viewer = as_role("viewer")
    page = viewer.get(f"/topics/{row.topic_id}")
    assert "Not relevant" in page.text
    fields = {
        "csrf": page.csrf,
        "match": str(row.id),
        "article": str(row.article_id),
        "delivery": str(row.key),
    }
    answer = viewer.post(f"/topics/{row.topic_id}/judge", {**fields, "relevant": "no"})
    assert answer.headers["location"].endswith(f"?did=judged#m{row.id}")
    shown = viewer.get(f"/topics/{row.topic_id}").text
    assert 'value="no" aria-pressed="true"' in shown
    assert "0 said relevant, 1 not" in shown
    viewer.post(f"/topics/{row.topic_id}/judge", {**fields, "relevant": "yes"})
    with engine.connect() as connection:
        said = connection.execute(select(feedback)).mappings().one()
    assert (said["said_by"], said["relevant"], said["channel_id"]) == ("page:viewer", True, row.channel_id)
    for wrong in (
        {"delivery": "00000000-0000-4000-8000-000000000000"},
        {"delivery": "x"},
        {"article": "9" * 30},
    ):
        assert viewer.post(f"/topics/{row.topic_id}/judge", {**fields, **wrong}).status == 404


def test_a_feed_address_is_shown_once_answers_and_can_be_closed(
    site: Any, world: Any, topic: Any, engine: Any
) -> None:
    number = topic()
    with world() as news:
        found(news, number)
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/feed")
    made = visitor.post(f"/topics/{number}/feed", {"csrf": page.csrf})
    assert made.status == 200
    (address,) = re.findall(r"http://[^<]+\.atom", made.text)
    path = "/" + address.split("/", 3)[3]
    assert path.startswith("/feeds/topics/")
    read = site.visitor().get(path)
    assert read.status == 200
    assert "NATO bertemu" in read.text
    after = visitor.get(f"/topics/{number}/feed").text
    assert address not in after
    assert "1 address is open" in after
    closed = visitor.post(f"/topics/{number}/feed/close", {"csrf": page.csrf})
    assert closed.headers["location"] == f"/topics/{number}/feed?did=closed"
    assert site.visitor().get(path).status == 410
    with engine.connect() as connection:
        assert connection.execute(select(shared_feeds.c.revoked_at)).scalar() is not None
        assert connection.execute(select(audit_log.c.what).order_by(audit_log.c.id)).scalars().all() == [
            "shared",
            "unshared",
        ]


def test_applying_back_is_looked_at_first_and_then_done_once(
    site: Any, world: Any, topic: Any, engine: Any
) -> None:
    number = topic()
    with world() as news:
        feed = news.feed()
        for n in range(3):
            news.article(feed, f"NATO {n}", body="NATO bertemu.", age_s=3600)
        news.article(feed, "NATO lama", age_s=9 * 86400)
        news.channel("desk")
    hears(
        engine,
        "pagi",
        "NATO",
        created_at=text(LONG_AGO),
        changed_at=text(LONG_AGO),
    )
    visitor = site.known_visitor()
    page = visitor.get(f"/topics/{number}/apply-back")
    fields = {"csrf": page.csrf, "since": "7", "asked": "catch_up"}
    at = visitor.post(f"/topics/{number}/apply-back", {**fields, "do": "look"}).headers["location"]
    assert at == f"/topics/{number}/apply-back?since=7&asked=catch_up&see=look"
    looked = settled(visitor, at).text
    assert "3 articles match; 3 matches are new" in looked
    assert "3 alerts would go out" in looked
    with engine.connect() as connection:
        assert connection.execute(select(matches)).all() == []
        assert connection.execute(select(audit_log)).all() == []
    done = settled(
        visitor, visitor.post(f"/topics/{number}/apply-back", {**fields, "do": "apply"}).headers["location"]
    )
    assert "3 alerts go out" in done.text
    assert "the last 7d: 3 new matches, 3 alerts" in done.text
    with engine.connect() as connection:
        assert len(connection.execute(select(matches)).all()) == 3
        note = connection.execute(select(audit_log)).mappings().one()
    assert (note["who"], note["what"], note["name"]) == ("ratna", "applied back", "NATO")
    again = settled(
        visitor, visitor.post(f"/topics/{number}/apply-back", {**fields, "do": "look"}).headers["location"]
    )
    assert "3 articles match; 0 matches are new" in again.text
    assert "There is nothing to do." in again.text


def test_an_address_begins_nothing_and_says_that_nothing_is_known(site: Any, topic: Any, engine: Any) -> None:
    number = topic()
    page = site.known_visitor().get(f"/topics/{number}/apply-back?since=30&asked=silent&see=done")
    assert page.status == 200
    assert "not known here any more" in page.text
    assert '<option value="30" selected>' in page.text
    with engine.connect() as connection:
        assert connection.execute(select(audit_log)).all() == []


def test_a_query_as_long_as_may_be_is_taken_and_a_longer_form_refused(site: Any) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/topics/new")
    long = " OR ".join(f"katakata{n}" for n in range(1000))
    assert visitor.post("/topics/new", draft(page, long, do="check")).status == 200
    assert visitor.post("/topics/new", draft(page, "x" * 600_000, do="check")).status == 413


def test_an_older_page_shows_days_in_the_readers_order(site: Any, world: Any, topic: Any) -> None:
    number = topic()
    with world() as news:
        article = found(news, number)
        news.connection.execute(
            update(matches)
            .where(matches.c.article_id == article)
            .values(created_at=news.now - timedelta(days=20))
        )
    visitor = site.known_visitor()
    assert "0 articles" in visitor.get(f"/topics/{number}").text
    assert "1 article<" in visitor.get(f"/topics/{number}?days=30").text
    assert visitor.get(f"/topics/{number}?days=x&before=y").status == 200
