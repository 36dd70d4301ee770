"""Channels, subscriptions and silences at the pages, on real servers: made by the watchlist's own rules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from alerts.desks.plan import plan
from ops import access
from ops.apply import apply_file, stored_watchlist
from ops.newsroom import MailSink, SlackSink, running
from ops.newsroom.script import HangUp, Refuse, Script
from ops.outbox import make_outbox
from ops.places import Urls
from ops.store import accounts
from ops.store.declared import Shelf
from ops.tools import make_kit
from ops.watchlist import Watchlist, write_watchlist
from worker.secrets import KeyRing, Secret
from worker.settings import Settings, from_env

pytestmark = pytest.mark.servers

KEY = "a key for the tests of pages"
PASSWORD = "a long enough password"
HOSTILE = "<script>alert(1)</script>\u202e\"'&"


@pytest.fixture
def people(engine: Engine) -> None:
    """An account of each role beside the administrator."""
    with engine.begin() as connection:
        for name, role in (("vera", "viewer"), ("edi", "editor")):
            if accounts.find_user(connection, name) is None:
                accounts.add_user(connection, name, access.hash_password(PASSWORD), role)


@pytest.fixture
def settings(urls: Urls, tmp_path: Path) -> Settings:
    return from_env(
        {
            "PANTAU_DATABASE_URL": urls.database,
            "PANTAU_REDIS_URL": urls.redis,
            "PANTAU_DATA_DIR": str(tmp_path),
            "PANTAU_SECRET_KEY": KEY,
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
            "PANTAU_PUBLIC_URL": "https://news.example",
            "PANTAU_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
        }
    )


@pytest.fixture
def site(make_site: Any, database: Secret, engine: Engine, settings: Settings, people: None) -> Any:
    """The web process with keys and a way to send tests; it knows no public address, as in the tests beside."""
    kit = make_kit(settings, database=engine)
    return make_site(database, keys=KeyRing.of((KEY,)), outbox=make_outbox(settings, kit))


def visitor(site: Any, name: str = "edi") -> Any:
    known = site.visitor()
    assert known.log_in(name).status == 303
    return known


def send(known: Any, path: str, form: str = "", **fields: str) -> Any:
    """Sends a form with the token that its page carries."""
    return known.post(path, {"csrf": known.get(form or path).csrf, **fields})


def add_channel(known: Any, **fields: str) -> Any:
    usual = {
        "name": "desk",
        "target_kind": "slack",
        "target": "https://hooks.slack.com/services/T0/B0/hush",
        "language": "en",
    }
    return send(known, "/channels/new", **{**usual, **fields})


def number_in(answer: Any) -> int:
    assert answer.status == 303, answer.text
    return int(re.search(r"/(\d+)", answer.headers["location"])[1])


def rows(engine: Engine, query: str, **asked: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), asked).mappings())


def notes(engine: Engine) -> list[tuple[str, str, str, str]]:
    found = rows(engine, "SELECT who, what, kind, name FROM audit_log ORDER BY id")
    return [(row["who"], row["what"], row["kind"], row["name"]) for row in found]


def topic(engine: Engine, name: str = "NATO", tags: tuple[str, ...] = ()) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO topics (name, query, tags) VALUES (:name, 'nato', :tags)"),
            {"name": name, "tags": list(tags)},
        )


def exported(settings: Settings) -> str:
    stored = stored_watchlist(settings)
    both = (stored.declared, stored.made_here)
    return write_watchlist(
        Watchlist(
            *(tuple(each for part in both for each in getattr(part, noun)) for noun in Watchlist.__slots__)
        )
    )


@pytest.mark.parametrize("path", ["/channels", "/subscriptions", "/silences"])
def test_an_empty_page_says_what_to_do_first(site: Any, path: str) -> None:
    editor, viewer = visitor(site).get(path), visitor(site, "vera").get(path)
    assert (editor.status, viewer.status) == (200, 200)
    assert 'class="empty"' in editor.text
    assert "Add a" in editor.text or "Silence it" in editor.text
    assert '/new"' not in viewer.text
    assert "Silence it" not in viewer.text


def test_a_channel_made_here_is_sealed_written_down_and_exported(
    site: Any, engine: Engine, settings: Settings
) -> None:
    known = visitor(site)
    number = number_in(
        add_channel(
            known,
            name="risk",
            target_kind="webhook",
            target="https://risk.example/hook?key=hushhush",
            secret="whsec_c2lnbmluZw==",
        )
    )
    (row,) = rows(engine, "SELECT * FROM channels")
    assert (row["id"], row["declared"], row["kind"]) == (number, False, "webhook")
    assert "hushhush" not in str(dict(row))
    assert row["target_ref"].startswith("stored:")
    keys = KeyRing.of((KEY,))
    assert (
        keys.open(row["target"], "channel:risk:target").reveal() == "https://risk.example/hook?key=hushhush"
    )
    assert keys.open(row["secret"], "channel:risk:secret").reveal() == "whsec_c2lnbmluZw=="
    assert notes(engine) == [("edi", "added", "channel", "risk")]
    assert "hush" not in str(rows(engine, "SELECT * FROM audit_log"))
    page = known.get(f"/channels/{number}").text
    assert "risk.example/…" in page
    assert "hushhush" not in page + known.get("/channels").text
    out = exported(settings)
    assert 'name = "risk"' in out
    assert "stored:" in out


BAD_CHANNELS: list[tuple[dict[str, str], str, str]] = [
    ({"name": ""}, "name", "is empty"),
    ({"name": "x" * 201}, "name", "201 characters"),
    ({"target": ""}, "target", "is empty"),
    ({"target": "ftp://x"}, "target", "is not a web address"),
    (
        {"target_kind": "slack_channel", "target": "#general"},
        "target",
        "is not the ID of a Slack channel",
    ),
    ({"target_kind": "webhook", "target": "file:/etc/passwd"}, "target", "works in a watchlist only"),
    (
        {"target_kind": "webhook", "secret": "env:PANTAU_SECRET_KEY"},
        "secret",
        "works in a watchlist only",
    ),
    ({"target_kind": "email", "target": "rina"}, "target", "is not an e-mail address"),
    ({"target_kind": "carrier pigeon"}, "target_kind", "Choose what kind"),
    ({"language": "xx"}, "language", "is not known"),
]


def under(answer: Any, field: str) -> str:
    """What the answer says under a field."""
    assert answer.status == 422
    found = re.search(rf'id="wrong-{field}">(.*?</p>)', answer.text, re.DOTALL)
    assert found, answer.text
    return found[1]


def test_what_is_wrong_with_a_channel_is_said_under_its_field(site: Any, engine: Engine) -> None:
    known = visitor(site)
    for fields, field, words in BAD_CHANNELS:
        assert words in under(add_channel(known, **fields), field)
    assert rows(engine, "SELECT id FROM channels") == []
    assert notes(engine) == []


def test_a_secret_that_was_typed_is_never_sent_back(site: Any) -> None:
    answer = add_channel(visitor(site), name="", secret="hushsecret")
    assert answer.status == 422
    assert "hush" not in answer.text
    assert "type it again" in answer.text


def test_a_name_is_given_once(site: Any, engine: Engine) -> None:
    known = visitor(site)
    number_in(add_channel(known))
    assert "there is a channel &#34;desk&#34; already" in add_channel(known, name=" desk ").text
    assert len(rows(engine, "SELECT id FROM channels")) == 1


def test_an_address_that_nobody_vouches_for_is_asked_first(site: Any, engine: Engine) -> None:
    known = visitor(site)
    mail = {"name": "rina", "target_kind": "email", "target": "rina@example.org"}
    refused = add_channel(known, **mail)
    assert refused.status == 422
    assert "PANTAU_PUBLIC_URL" in refused.text
    assert 'value="rina@example.org"' in refused.text
    site.context.public_url = "https://news.example"
    known = logged_in_over_https(site)
    answer = add_channel(known, **mail)
    assert answer.headers["location"].endswith("did=asked")
    number = number_in(answer)
    (asked,) = rows(engine, "SELECT channel_id, state FROM confirmations")
    assert (asked["channel_id"], asked["state"]) == (number, "due")
    page = known.get(f"/channels/{number}").text
    assert "ri…@example.org" in page
    assert "rina@example.org" not in page
    assert "waits for its owner" in page
    assert "rina@example.org" not in str(rows(engine, "SELECT * FROM audit_log"))
    assert "leads to this mailbox already" in add_channel(known, **{**mail, "name": "again"}).text
    send(known, f"/channels/{number}/test", form=f"/channels/{number}")
    assert "has not confirmed yet" in known.get(f"/channels/{number}").text
    assert "Ask once more" not in page  # the first mail is still on its way
    here = f"/channels/{number}"
    for n in range(3):
        with engine.begin() as connection:
            connection.execute(text("UPDATE confirmations SET state = 'failed', reason = 'refused'"))
        assert "Ask once more" in known.get(here).text
        answer = send(known, f"{here}/ask", form=here)
        assert answer.headers["location"].endswith("did=asked_again" if n < 2 else "did=often")
    assert [what for _, what, _, _ in notes(engine)].count("asked") == 2
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO addresses (address, confirmed_at) SELECT address, now() FROM channels")
        )
    assert "Ask once more" not in known.get(here).text
    assert send(known, f"{here}/ask", form=here).headers["location"].endswith("did=not_asked")


def logged_in_over_https(site: Any) -> Any:
    """With a public address cookies have another name; whoever logged in before does so again."""
    known = site.visitor()
    assert known.log_in("edi", PASSWORD).status == 303
    return known


def test_a_blocked_address_is_not_written_to(site: Any, engine: Engine) -> None:
    from alerts.store import consent
    from alerts.store.addresses import address_of

    site.context.public_url = "https://news.example"
    with engine.begin() as connection:
        address = address_of(connection, KeyRing.of((KEY,)), Secret("rina@example.org"))
        consent.block(connection, address, "recipient")
    answer = add_channel(
        logged_in_over_https(site), name="rina", target_kind="email", target="Rina@example.org"
    )
    assert answer.status == 422
    assert "asked never to be written to" in answer.text
    assert rows(engine, "SELECT id FROM channels") == []


@pytest.mark.parametrize(
    ("script", "accepted", "words"),
    [
        (Script(), True, ("200 ok", "the receiver has accepted it")),
        (
            Script(anybody=(Refuse(403, "action_prohibited <b>"),)),
            False,
            ("403 action_prohibited &lt;b&gt;",),
        ),
        (Script(anybody=(HangUp(accepted=True),)), False, ("in doubt",)),
    ],
)
def test_a_test_shows_what_the_receiver_said(
    site: Any, engine: Engine, script: Any, accepted: bool, words: tuple[str, ...]
) -> None:
    sink = SlackSink(script)
    with running(sink.app()) as url:
        known = visitor(site)
        number = number_in(add_channel(known, target=f"{url}/services/T0/B0/hushhush"))
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'no_service', now())"),
                {"name": f"channel:{number}"},
            )
        page = known.get(f"/channels/{number}")
        assert "lets nothing through" in page.text
        answer = send(known, f"/channels/{number}/test", form=f"/channels/{number}")
    assert answer.headers["location"] == f"/channels/{number}?did={'opened' if accepted else 'tested'}"
    page = known.get(answer.headers["location"]).text
    assert all(each in page for each in words), page
    assert "hushhush" not in page
    assert len(sink.accepted) == (1 if accepted or "in doubt" in words else 0)
    assert bool(rows(engine, "SELECT name FROM circuits")) is not accepted
    assert notes(engine)[-1] == ("edi", "tested", "channel", "desk")
    assert rows(engine, "SELECT id FROM deliveries") == []


def test_a_mailbox_is_tried_through_the_relay(site: Any, engine: Engine, settings: Settings) -> None:
    from dataclasses import replace

    sink = MailSink()
    with sink.listening() as listening:
        relay = replace(settings, smtp_url=Secret(listening.url))
        site.context.outbox = make_outbox(relay, make_kit(relay, database=engine))
        keys = KeyRing.of((KEY,))
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO channels (name, kind, target, target_ref, fingerprint, credential, declared) "
                    "VALUES ('rina', 'email', :target, 'stored:x', 'x', 'smtp', true)"
                ),
                {"target": keys.seal(Secret("rina@example.org"), "channel:rina:target")},
            )
        (row,) = rows(engine, "SELECT id FROM channels")
        known = visitor(site)
        send(known, f"/channels/{row['id']}/test", form=f"/channels/{row['id']}")
        page = known.get(f"/channels/{row['id']}").text
    assert "the receiver has accepted it" in page
    assert "rina@example.org" not in page


def subscription(**fields: str) -> dict[str, str]:
    usual = {
        "name": "desk, at once",
        "topics": "NATO",
        "channels": "desk",
        "when_now": "on",
        "timezone": "UTC",
    }
    return {**usual, **fields}


def test_a_subscription_with_every_key_is_kept_as_a_watchlist_would(
    site: Any, engine: Engine, settings: Settings
) -> None:
    topic(engine, tags=("war",))
    topic(engine, "Trade")
    known = visitor(site)
    number_in(add_channel(known))
    fields = subscription(
        **{"topic-0": "NATO", "channel-0": "desk"},
        topics="tag:war\r\nTrade\r\n",
        channels="",
        when="daily 07:00\r\nweekly mon,fri 12:00",
        timezone="Asia/Jakarta",
        quiet="22:00-06:00",
        wait="90s",
        urgent="NATO",
        group="text",
        cap_per_hour="5",
        sources="-tabloid\r\nHarian",
        languages="id, en",
        on_doubt="hold",
    )
    made = send(known, "/subscriptions/new", **fields)
    number = number_in(made)
    doubted = known.get(made.headers["location"]).text
    assert "No feed has one of the names, tags or hosts among its sources yet." in doubted
    assert "Nothing holds its urgent topics" not in doubted
    (row,) = rows(engine, "SELECT * FROM subscriptions")
    assert row["topics"] == ["NATO", "tag:war", "Trade"]
    assert row["channels"] == ["desk"]
    assert row["when"] == ["now", "daily 07:00", "weekly mon,fri 12:00"]
    assert (row["timezone"], row["quiet"], row["wait_s"]) == ("Asia/Jakarta", "22:00-06:00", 90.0)
    assert (row["group"], row["cap_per_hour"], row["on_doubt"]) == ("text", 5, "hold")
    assert (row["sources"], row["languages"], row["urgent"]) == (
        ["-tabloid", "Harian"],
        ["id", "en"],
        ["NATO"],
    )
    assert row["declared"] is False
    page = known.get(f"/subscriptions/{number}").text
    for words in (
        "daily 07:00 Asia/Jakarta",
        "Mon, Fri 12:00 Asia/Jakarta",
        "quiet 22:00-06:00",
        "at most 5 messages an hour",
        "never from tabloid",
        "only in id, en",
        "its topics have matched nothing yet",
    ):
        assert words.lower() in page.lower(), words
    before = exported(settings)
    assert 'quiet = "22:00-06:00"' in before

    form = known.get(f"/subscriptions/{number}/edit").text
    assert re.search(r'name="topic-0" value="NATO" checked', form)
    assert "desk, at once" in form
    changed = send(
        known,
        f"/subscriptions/{number}/edit",
        **{**fields, "name": "another name", "quiet": "", "cap_per_hour": "", "wait": "0s", "urgent": ""},
    )
    assert changed.headers["location"] == f"/subscriptions/{number}?doubt=sources&did=changed"
    (row,) = rows(engine, "SELECT * FROM subscriptions")
    assert (row["name"], row["quiet"], row["cap_per_hour"]) == ("desk, at once", None, 12)
    (note,) = rows(engine, "SELECT before, after FROM audit_log WHERE what = 'changed'")
    assert note["before"]["quiet"] == "22:00-06:00"
    assert "quiet" not in note["after"]


BAD_SUBSCRIPTIONS: list[tuple[dict[str, str], str, str]] = [
    ({"topics": ""}, "topics", "is empty"),
    ({"topics": "NATTO"}, "topics", "did you mean &#34;NATO&#34;"),
    ({"topics": "tag:none"}, "topics", "no topic carries the tag"),
    ({"channels": "dusk"}, "channels", "no channel is called"),
    ({"channels": ""}, "channels", "is empty"),
    ({"when": "daily 7"}, "when", "is no time of day"),
    ({"timezone": "Jakarta"}, "timezone", "is no time zone"),
    ({"quiet": "22:00"}, "quiet", "are no quiet hours"),
    ({"wait": "soon"}, "wait", "is not a duration"),
    ({"cap_per_hour": "0"}, "cap_per_hour", "a whole number from 1 to 1000000</p>"),
    ({"cap_per_hour": "9" * 9}, "cap_per_hour", "is out of range"),
    ({"cap_per_hour": "many"}, "cap_per_hour", "is not a whole number"),
    ({"group": "stories"}, "group", "is not known"),
    ({"languages": "Bahasa"}, "languages", "is not"),
    ({"on_doubt": "shrug"}, "on_doubt", "is not known"),
    ({"urgent": "Trade"}, "urgent", "is not among its topics"),
    ({"name": "x" * 201}, "name", "201 characters"),
]


def test_what_is_wrong_with_a_subscription_is_said_under_its_field_and_what_was_typed_stays(
    site: Any, engine: Engine
) -> None:
    topic(engine)
    topic(engine, "Trade")
    known = visitor(site)
    number_in(add_channel(known))
    csrf = known.get("/subscriptions/new").csrf
    for fields, field, words in BAD_SUBSCRIPTIONS:
        sent = subscription(**fields, sources="Harian Sore")
        answer = known.post("/subscriptions/new", {"csrf": csrf, **sent})
        assert words in under(answer, field)
        assert "Harian Sore" in answer.text
    assert rows(engine, "SELECT id FROM subscriptions") == []


def test_a_subscription_may_name_a_thousand_topics_and_leads_to_each(site: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO topics (name, query) "
                "SELECT 'A topic of a name ' || i, 'nato' FROM generate_series(1, 1000) i"
            )
        )
    known = visitor(site)
    number_in(add_channel(known))
    names = "\r\n".join(f"A topic of a name {n}" for n in range(1, 1001))
    number = number_in(send(known, "/subscriptions/new", **subscription(topics=names)))
    page = known.get(f"/subscriptions/{number}").text
    (first,) = rows(engine, "SELECT id FROM topics WHERE name = 'A topic of a name 1'")
    assert f'<a href="/topics/{first["id"]}"><bdi>A topic of a name 1</bdi></a>' in page
    assert page.count('<a href="/topics/') == 1000
    form = known.get(f"/subscriptions/{number}/edit")
    assert form.text.count('name="topic-') == 16
    too_much = known.post("/subscriptions/new", {"csrf": form.csrf, "topics": "x" * 70_000})
    assert too_much.status == 413


def test_a_subscription_acts_at_the_next_planning(
    site: Any, engine: Engine, settings: Settings, world: Any
) -> None:
    topic(engine)
    known = visitor(site)
    number_in(add_channel(known))
    number = number_in(send(known, "/subscriptions/new", **subscription(), form="/subscriptions/new"))
    quote = {"field": "body", "text": "Kata sekretaris NATO kemarin.", "marks": [[16, 20]]}
    with world() as news:
        article = news.article(news.feed(), f"Sekretaris {HOSTILE}", age_s=-5)
        (found,) = rows(engine, "SELECT id FROM topics")
        from sqlalchemy import insert

        from worker.store.schema import matches

        news.connection.execute(
            insert(matches).values(
                topic_id=found["id"],
                article_id=article,
                hits=[["body", 16, 20, "NATO"]],
                quote=quote,
                state="new",
            )
        )
    plan(make_kit(settings, database=engine))
    (told,) = rows(engine, "SELECT channel_id, subscription_id, kind FROM deliveries")
    assert (told["subscription_id"], told["kind"]) == (number, "article")
    page = known.get(f"/subscriptions/{number}").text
    assert "In Slack, through a hook" in page
    assert "&gt; Kata sekretaris *NATO* kemarin." in page
    assert "As mail" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page


def test_a_digest_is_seen_before_it_goes_out(
    site: Any, engine: Engine, settings: Settings, world: Any
) -> None:
    topic(engine)
    known = visitor(site)
    number_in(add_channel(known))
    fields = {**subscription(when="daily 07:00"), "when_now": ""}
    number = number_in(send(known, "/subscriptions/new", **fields))
    from sqlalchemy import insert

    from worker.store.schema import matches

    with world() as news:
        article = news.article(news.feed(), "Kabar pagi", age_s=-5)
        (found,) = rows(engine, "SELECT id FROM topics")
        quote = {"field": "body", "text": "Kata sekretaris NATO kemarin.", "marks": [[16, 20]]}
        news.connection.execute(
            insert(matches).values(
                topic_id=found["id"], article_id=article, hits=[], quote=quote, state="new"
            )
        )
    plan(make_kit(settings, database=engine))
    page = known.get(f"/subscriptions/{number}").text
    assert "How it looks so far" in page
    assert page.count("Kabar pagi") >= 2
    assert "1 article collected" in known.get("/subscriptions").text


def test_pausing_snoozing_and_resuming_are_written_down(site: Any, engine: Engine) -> None:
    topic(engine)
    known = visitor(site)
    number_in(add_channel(known))
    number = number_in(send(known, "/subscriptions/new", **subscription()))
    here = f"/subscriptions/{number}"
    send(known, f"{here}/pause", form=here)
    assert "paused" in known.get("/subscriptions?state=resting").text
    send(known, f"{here}/resume", form=here)
    assert "No subscription is like that" in known.get("/subscriptions?state=resting").text
    send(known, f"{here}/snooze", form=here, **{"for": "8h"})
    (row,) = rows(engine, "SELECT snoozed_until FROM subscriptions")
    assert timedelta(hours=7, minutes=59) < row["snoozed_until"] - datetime.now(UTC) <= timedelta(hours=8)
    assert send(known, f"{here}/snooze", form=here, **{"for": "9y"}).status == 400
    assert [what for _, what, _, _ in notes(engine)] == ["added", "added", "paused", "resumed", "snoozed"]


def test_a_subscription_is_read_at_an_address_that_is_shown_once(site: Any, engine: Engine) -> None:
    topic(engine)
    known = visitor(site)
    number_in(add_channel(known))
    number = number_in(send(known, "/subscriptions/new", **subscription()))
    here = f"/subscriptions/{number}"
    shown = send(known, f"{here}/share", form=here)
    address = re.search(r"http://[^<]+/feeds/subscriptions/([\w-]+)\.atom", shown.text)
    assert shown.status == 200
    assert address
    assert site.visitor().get(f"/feeds/subscriptions/{address[1]}.atom").status == 200
    assert address[1] not in known.get(here).text
    assert "1 address is open" in known.get(here).text
    send(known, f"{here}/unshare", form=here)
    assert site.visitor().get(f"/feeds/subscriptions/{address[1]}.atom").status == 410


FILE = """
[[topic]]
name = "NATO"
query = "nato"
[[channel]]
name = "desk"
slack = "https://hooks.slack.com/services/T0/B0/hush"
[[subscription]]
name = "all"
topics = ["NATO"]
channels = ["desk"]
"""


def test_what_a_watchlist_declares_is_shown_and_not_changed_and_prune_lets_be_what_was_made_here(
    site: Any, engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "watchlist.toml"
    file.write_text(FILE)
    apply_file(file, settings, dry_run=False, prune=True)
    (channel,) = rows(engine, "SELECT id FROM channels")
    (declared,) = rows(engine, "SELECT id FROM subscriptions")
    known = visitor(site)
    for path in (f"/channels/{channel['id']}", f"/subscriptions/{declared['id']}"):
        page = known.get(path).text
        assert "pantau export" in page
        assert f'action="{path}/remove"' not in page
        assert known.post(f"{path}/remove", {"csrf": known.get(path).csrf}).status == 403
    edit = f"/subscriptions/{declared['id']}/edit"
    assert known.get(edit).status == 303
    page = known.get(f"/subscriptions/{declared['id']}")
    assert known.post(edit, {"csrf": page.csrf, **subscription()}).status == 403
    number_in(add_channel(known, name="made here"))
    number_in(send(known, "/subscriptions/new", **subscription(name="mine", channels="made here")))
    outcome = apply_file(file, settings, dry_run=False, prune=True)
    assert not outcome.changes
    with engine.connect() as connection:
        made = Shelf(connection, KeyRing.of((KEY,))).snapshot().made_here
    assert [each.name for each in made.channels] == ["made here"]
    assert [each.name for each in made.subscriptions] == ["mine"]


def test_a_removed_channel_takes_along_what_leads_nowhere_else(site: Any, engine: Engine) -> None:
    topic(engine)
    known = visitor(site)
    first, _ = number_in(add_channel(known)), number_in(add_channel(known, name="second"))
    number_in(send(known, "/subscriptions/new", **subscription(name="alone")))
    number_in(send(known, "/subscriptions/new", **subscription(name="both", channels="desk\nsecond")))
    page = known.get(f"/channels/{first}").text
    assert "go with it: <bdi>alone</bdi>." in page
    assert "go on without it: <bdi>both</bdi>." in page
    send(known, f"/channels/{first}/remove", form=f"/channels/{first}")
    standing = rows(engine, "SELECT name FROM subscriptions WHERE removed_at IS NULL")
    assert [row["name"] for row in standing] == ["both"]
    assert ("edi", "removed", "subscription", "alone") in notes(engine)
    (both,) = rows(engine, "SELECT id FROM subscriptions WHERE removed_at IS NULL")
    assert "no channel is called so any more" in known.get(f"/subscriptions/{both['id']}").text
    assert known.get(f"/channels/{first}").status == 404
    send(known, f"/subscriptions/{both['id']}/remove", form=f"/subscriptions/{both['id']}")
    assert rows(engine, "SELECT id FROM subscriptions WHERE removed_at IS NULL") == []


DEEDS = [
    "/channels/new",
    "/channels/1/test",
    "/channels/1/ask",
    "/channels/1/remove",
    "/channels/release",
    "/subscriptions/new",
    "/subscriptions/1/edit",
    "/subscriptions/1/pause",
    "/subscriptions/1/snooze",
    "/subscriptions/1/resume",
    "/subscriptions/1/share",
    "/subscriptions/1/unshare",
    "/subscriptions/1/remove",
    "/silences",
    "/silences/1/end",
]


def test_who_may_only_look_changes_nothing_and_no_form_comes_without_its_token(
    site: Any, engine: Engine
) -> None:
    viewer, editor, stranger = visitor(site, "vera"), visitor(site), site.visitor()
    csrf = viewer.get("/").csrf
    for path in DEEDS:
        assert viewer.post(path, {"csrf": csrf}).status == 403, path
        assert editor.post(path, {"csrf": "guessed"}).status == 403, path
        assert stranger.post(path, {}).headers["location"].startswith("/login"), path
    for path in ("/channels/new", "/subscriptions/new", "/subscriptions/1/edit"):
        assert viewer.get(path).status == 403, path
    assert notes(engine) == []


def test_no_address_that_changes_something_is_left_out_above() -> None:
    from ops.dashboard.pages import channels, silences, subscriptions

    routes = (*channels.ROUTES, *subscriptions.ROUTES, *silences.ROUTES)
    changing = {
        route.path.replace("{number:row}", "1")
        for route in routes
        if route.methods and "POST" in route.methods
    }
    assert changing == set(DEEDS)


def test_only_an_administrator_lets_a_restored_installation_go_on(site: Any, engine: Engine) -> None:
    known = visitor(site)
    number = number_in(add_channel(known))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'restored', 'infinity')"),
            {"name": f"channel:{number}"},
        )
    page = known.get("/channels")
    assert "A backup was restored" in page.text
    assert "Send everything" not in page.text
    assert known.post("/channels/release", {"csrf": page.csrf, "what": "send"}).status == 403
    admin = visitor(site, "ratna")
    assert admin.get("/").status == 200
    assert "Send everything" in admin.get("/channels").text
    answer = send(admin, "/channels/release", form="/channels", what="send")
    assert answer.headers["location"] == "/channels?did=released"
    assert rows(engine, "SELECT name FROM circuits") == []
    assert ("ratna", "released", "restore", "every channel") in notes(engine)


def test_silences_are_made_and_ended(site: Any, engine: Engine) -> None:
    topic(engine, f"NATO {HOSTILE[:20]}")
    known = visitor(site)
    answer = send(
        known, "/silences", scope="topic", what=f"NATO {HOSTILE[:20]}", comment=HOSTILE, **{"for": "8h"}
    )
    assert answer.headers["location"] == "/silences?did=added"
    (row,) = rows(engine, "SELECT * FROM silences")
    assert row["made_by"] == "edi"
    assert timedelta(hours=7, minutes=59) < row["until_at"] - row["from_at"] < timedelta(hours=8, minutes=1)
    page = known.get("/silences").text
    assert "holds" in page
    assert "<script>alert" not in page
    answer = send(known, f"/silences/{row['id']}/end", form="/silences")
    assert answer.headers["location"] == "/silences?did=ended"
    assert "Nothing is silenced" in known.get("/silences").text
    assert "ended by hand" in known.get("/silences?state=over").text
    assert (
        send(known, f"/silences/{row['id']}/end", form="/silences").headers["location"].endswith("did=over")
    )
    assert [note[1:3] for note in notes(engine)] == [("added", "silence"), ("ended", "silence")]


BAD_SILENCES: list[tuple[dict[str, str], str, str]] = [
    ({"scope": "topic", "what": "NATTO"}, "what", "no topic is called"),
    ({"scope": "topic", "what": " "}, "what", "which topic"),
    ({"scope": "story", "what": "7"}, "what", "there is no story 7"),
    ({"scope": "story", "what": "https://feed.example/x"}, "what", "no story is known"),
    ({"scope": "channel"}, "channel", "which channel"),
    ({"scope": "everything", "channel": "dusk"}, "channel", "no channel is called"),
    ({"scope": "everything", "until": "tomorrow"}, "until", "is no time"),
    ({"scope": "everything", "until": "2020-01-01T00:00"}, "until", "before it begins"),
    ({"scope": "everything", "until": "2099-01-01T00:00"}, "until", "a year at most"),
    ({"scope": "everything", "begin": "later"}, "begin", "is no time"),
    ({"scope": "everything", "begin": "9999-12-31T23:59"}, "begin", "so late"),
    ({"scope": "everything", "begin": "0001-01-01T00:00"}, "until", "over already"),
    ({"scope": "topic", "what": "NA\0TTO"}, "what", "no topic is called"),
    ({"scope": "everything", "channel": "du\0sk"}, "channel", "no channel is called"),
    ({"scope": "the weather"}, "what", "choose what"),
]


def test_what_is_wrong_with_a_silence_is_said_under_its_field(site: Any, engine: Engine) -> None:
    known = visitor(site)
    csrf = known.get("/silences").csrf
    for fields, field, words in BAD_SILENCES:
        sent = {"for": "8h", **fields, "comment": "kept as typed"}
        answer = known.post("/silences", {"csrf": csrf, **sent})
        assert words in under(answer, field)
        assert "kept as typed" in answer.text
    assert rows(engine, "SELECT id FROM silences") == []


def test_a_silence_until_is_by_the_clock_of_who_makes_it(site: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET timezone = 'Asia/Jakarta' WHERE name = 'edi'"))
    try:
        tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
        number = send(visitor(site), "/silences", scope="everything", until=f"{tomorrow}T07:00")
        assert number.status == 303
        (row,) = rows(engine, "SELECT until_at FROM silences")
        assert f"{row['until_at'].astimezone(UTC):%Y-%m-%dT%H:%M}" == f"{tomorrow}T00:00"
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE users SET timezone = 'UTC' WHERE name = 'edi'"))


def test_hostile_names_are_shown_as_text(site: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        keys = KeyRing.of((KEY,))
        connection.execute(
            text(
                "INSERT INTO channels (name, kind, target, target_ref, fingerprint) "
                "VALUES (:name, 'slack_webhook', :target, 'stored:x', 'x')"
            ),
            {
                "name": HOSTILE,
                "target": keys.seal(Secret("https://evil.example/" + HOSTILE), f"channel:{HOSTILE}:target"),
            },
        )
        connection.execute(
            text("INSERT INTO subscriptions (name, topics, channels) VALUES (:name, :list, :list)"),
            {"name": HOSTILE, "list": [HOSTILE]},
        )
    (channel,) = rows(engine, "SELECT id FROM channels")
    (heard,) = rows(engine, "SELECT id FROM subscriptions")
    known = visitor(site)
    for path in (
        "/channels",
        f"/channels/{channel['id']}",
        "/subscriptions",
        f"/subscriptions/{heard['id']}",
        f"/subscriptions/{heard['id']}/edit",
        "/subscriptions/new?topic=%3Cscript%3E",
        "/channels?q=%3Cscript%3Ealert",
        "/silences?scope=topic&what=%3Cscript%3E",
    ):
        page = known.get(path)
        assert page.status == 200, path
        assert "<script>" not in page.text, path


def test_no_search_is_too_odd_to_be_answered(site: Any) -> None:
    known = visitor(site)
    fields = ("q", "after", "topic", "channel", "kind", "what", "before")
    for path in (
        "/channels?",
        "/subscriptions?",
        "/silences?",
        "/silences?state=over&",
        "/subscriptions/new?",
    ):
        for odd in ("%00", "%ED%A0%80%ff", "-1", "9" * 30, "%25_'"):
            asked = "&".join(f"{field}={odd}" for field in fields)
            assert known.get(path + asked).status == 200, (path, odd)


@pytest.mark.parametrize("path", ["/channels", "/subscriptions"])
def test_long_lists_go_on_behind_the_last_name(site: Any, engine: Engine, path: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO channels (name, kind, target, target_ref, fingerprint) "
                "SELECT 'n' || lpad(i::text, 3, '0'), 'webhook', 'x', 'env:HOOK', 'x' FROM generate_series(1, 60) i"
            )
        )
        connection.execute(
            text(
                "INSERT INTO subscriptions (name, topics, channels) "
                "SELECT 'n' || lpad(i::text, 3, '0'), '{NATO}', '{n001}' FROM generate_series(1, 60) i"
            )
        )
    known = visitor(site)
    first = known.get(path).text
    assert first.count('class="p-name"') == 50
    further = re.search(rf'href="({path}\?[^"]*after=n050)"', first)
    assert further
    rest = known.get(further[1].replace("&amp;", "&")).text
    assert rest.count('class="p-name"') == 10
    assert "Show more" not in rest
    for odd in (f"{path}/0", f"{path}/{2**63}", f"{path}/{'9' * 30}", f"{path}/77777"):
        assert known.get(odd).status == 404
    assert (
        "does not open"
        in known.get(f"/channels/{rows(engine, 'SELECT min(id) AS id FROM channels')[0]['id']}").text
    )


def test_notes_are_json_that_no_secret_stands_in(site: Any, engine: Engine) -> None:
    number_in(add_channel(visitor(site)))
    (row,) = rows(engine, "SELECT after FROM audit_log")
    assert json.loads(json.dumps(row["after"])) == {"slack": "***", "language": "en"}
