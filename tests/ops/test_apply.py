"""Applying a watchlist on a real database: all or nothing, the same however often, no secret in the clear."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from string import ascii_lowercase, digits
from threading import Thread

import pytest

from alerts.desks import plan
from alerts.model import ChannelId
from alerts.store.people import load_channel
from ops import adding
from ops.apply import apply_file, stored_watchlist
from ops.store.audit import audit
from ops.watchlist import Watchlist, write_watchlist
from worker.errors import BadInput, Unavailable
from worker.settings import from_env
from worker.store.topics import changes_since

pytestmark = pytest.mark.servers

HOOK = "https://hooks.slack.com/services/T0/B0/hush"
SECRETS = {
    "hook": HOOK,
    "password": "geheim-passwort",
    "key": "api-key-hush",
    "signing": "whsec_c2lnbmluZw==",
}
FILE = """
[[feed]]
url = "https://news.example.id/rss"
name = "Harian"
tags = ["war"]
user = "pantau"
password = "geheim-passwort"
headers = { X-Api-Key = "env:API_KEY", User-Agent = "Pantau/1" }
[[feed]]
url = "https://other.example/feed"
[[topic]]
name = "NATO"
query = "@nato"
tags = ["war"]
[[channel]]
name = "desk"
slack = "env:HOOK"
[[channel]]
name = "rina"
email = "rina@example.org"
[[channel]]
name = "risk"
webhook = "https://risk.example/hook"
secret = "file:SIGNING"
[[subscription]]
topics = ["tag:war"]
channels = ["desk", "rina", "risk"]
wait = "90s"
"""
EVERYTHING = """
    SELECT 'feed ' || url FROM feeds WHERE removed_at IS NULL UNION ALL
    SELECT 'topic ' || name FROM topics WHERE removed_at IS NULL UNION ALL
    SELECT 'channel ' || name FROM channels WHERE removed_at IS NULL UNION ALL
    SELECT 'subscription ' || name FROM subscriptions WHERE removed_at IS NULL
"""


@pytest.fixture
def apply(settings, tmp_path, monkeypatch):
    """Applies a text as a watchlist file."""
    (tmp_path / "signing").write_text(SECRETS["signing"] + "\n")
    monkeypatch.setenv("HOOK", HOOK)
    monkeypatch.setenv("API_KEY", SECRETS["key"])

    def run(text=FILE, *, dry_run=False, prune=False):
        file = tmp_path / "watchlist.toml"
        file.write_text(text.replace("SIGNING", str(tmp_path / "signing")))
        return apply_file(file, settings, dry_run=dry_run, prune=prune).changes

    return run


def exported(settings):
    stored = stored_watchlist(settings)
    both = (stored.declared, stored.made_here)
    return write_watchlist(
        Watchlist(
            *(tuple(item for part in both for item in getattr(part, noun)) for noun in Watchlist.__slots__)
        )
    )


def keys(items):
    return [(item.noun, item.key) for item in items]


def dump(rows):
    """Every row of every table, as text; bytes and base64 made readable."""
    tables = [name for (name,) in rows.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(row) for name in tables for row in rows.all(f"SELECT t::text FROM {name} t"))


def test_applying_twice_changes_nothing_the_second_time(apply, rows):
    assert len(apply().added) == 7
    before = dump(rows)
    again = apply()
    assert not again
    assert again.unchanged == 7
    assert dump(rows) == before


def test_a_dry_run_says_the_same_and_writes_nothing(apply, rows):
    before = dump(rows)
    told = apply(dry_run=True)
    assert dump(rows) == before
    assert keys(told.added) == keys(apply().added)


def test_no_secret_stands_in_any_column_of_any_table(apply, rows):
    apply()
    stored = dump(rows)
    for secret in (*SECRETS.values(), "https://risk.example/hook", "hooks.slack.com"):
        assert secret not in stored
        assert secret.encode().hex() not in stored
        assert base64.b64encode(secret.encode()).decode()[:-4] not in stored
    assert "env:HOOK" in stored


def test_what_is_stored_opens_for_the_desks(apply, database, keys):
    apply()
    with database.connect() as connection:
        desk, _, risk = (load_channel(connection, ChannelId(number), keys) for number in (1, 2, 3))
    assert desk.to.reveal() == HOOK
    assert risk.secret.reveal() == SECRETS["signing"]


def test_an_export_applies_to_the_same_installation_as_no_change(apply, settings, rows):
    apply()
    text = exported(settings)
    for secret in SECRETS.values():
        assert secret not in text
    assert 'slack = "env:HOOK"' in text
    assert "stored:" in text
    before = dump(rows)
    assert not apply(text)
    assert dump(rows) == before
    assert exported(settings) == text


def test_every_reference_that_leads_nowhere_is_named_at_once_and_nothing_is_changed(apply, rows, monkeypatch):
    monkeypatch.delenv("HOOK")
    monkeypatch.setenv("API_KEY", "  ")
    before = dump(rows)
    with pytest.raises(BadInput) as told:
        apply(FILE.replace("file:SIGNING", "file:/nowhere/risk").replace('"geheim-passwort"', '"stored:42"'))
    for name in ("env:HOOK", "env:API_KEY", "file:/nowhere/risk", "stored:42"):
        assert name in str(told.value)
    assert dump(rows) == before


def test_a_secret_that_is_no_address_is_refused_without_being_shown(apply, monkeypatch):
    monkeypatch.setenv("HOOK", "not-an-address-hush")
    with pytest.raises(BadInput, match="desk") as told:
        apply()
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    "broken", [FILE.replace("@nato", "(nato"), FILE + "[[feed]]\n", "x", FILE.replace('"desk", ', '"deks", ')]
)
def test_a_file_with_a_fault_changes_nothing(apply, rows, broken):
    apply()
    before = dump(rows)
    with pytest.raises(BadInput):
        apply(broken.replace("Harian", "Another name"))
    assert dump(rows) == before


SMALLER = FILE.replace('[[feed]]\nurl = "https://other.example/feed"\n', "").replace('"rina", ', "")
SMALLER = SMALLER.replace('[[channel]]\nname = "rina"\nemail = "rina@example.org"\n', "")


def test_pruning_removes_only_what_a_file_had_declared(apply, settings, rows):
    apply()
    adding.add_feed(settings, url="https://byhand.example/feed", name="", every="", tags=())
    assert keys(apply(SMALLER).left) == [
        ("feed", "https://other.example/feed"),
        ("channel", "rina"),
        ("subscription", "tag:war → desk, rina, risk"),
    ]
    assert len(keys(apply(SMALLER, prune=True).removed)) == 3
    left = {name for (name,) in rows.all(EVERYTHING)}
    assert left >= {"feed https://byhand.example/feed", "feed https://news.example.id/rss", "channel desk"}
    assert not left & {"feed https://other.example/feed", "channel rina"}
    assert apply(SMALLER, prune=True).removed == ()


def test_what_was_removed_may_come_back(apply, rows):
    apply()
    apply(SMALLER, prune=True)
    apply()
    assert len(rows.all(EVERYTHING)) == 8  # the smaller file's subscription has another name


def test_a_feed_added_by_hand_is_taken_over_however_it_is_spelt(apply, settings, rows):
    adding.add_feed(settings, url="https://NEWS.example.id:443/rss", name="By hand", every="", tags=())
    assert keys(apply().adopted) == [("feed", "https://news.example.id/rss")]
    found = rows.all("SELECT id, url, name, declared FROM feeds WHERE url ILIKE '%news.example.id%'")
    assert found == [(1, "https://news.example.id/rss", "Harian", True)]


def test_a_feed_is_added_by_hand_once_and_held_to_the_rules_of_a_file(apply, settings):
    facts = {"name": "", "every": "", "tags": ()}
    assert adding.add_feed(settings, url="https://a.example/rss", **facts)
    assert not adding.add_feed(settings, url="https://A.example/rss#x", **facts)
    for wrong in (
        {"url": "ftp://a.example/"},
        {"every": "1s"},
        {"every": "soon"},
        {"name": "-x"},
        {"tags": ("-x",)},
    ):
        with pytest.raises(BadInput):
            adding.add_feed(settings, **{"url": "https://b.example/", **facts, **wrong})


def test_a_changed_channel_is_a_mended_one(apply, rows, monkeypatch):
    apply()
    for name in ("channel:1", "channel:3", "sender:smtp"):
        rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES (:n, 'no_service', now())", n=name)
    monkeypatch.setenv("HOOK", HOOK + "2")
    assert keys(apply().changed) == [("channel", "desk")]
    assert rows.all("SELECT name FROM circuits ORDER BY name") == [("channel:3",), ("sender:smtp",)]


def test_a_changed_feed_is_polled_at_once_even_if_it_was_given_up(apply, rows):
    apply()
    rows.change("UPDATE feeds SET state = 'gone', next_poll_at = now() + interval '1 day'")
    apply(FILE.replace("Harian", "Harian Baru"))
    states = rows.all("SELECT state, next_poll_at <= now() FROM feeds ORDER BY id")
    assert states == [("new", True), ("gone", False)]


def test_topics_that_change_or_go_are_told_by_number_to_who_follows(apply, database):
    apply()
    with database.connect() as connection:
        (first,) = changes_since(connection, 0)
    apply(FILE.replace("@nato", "@nato OR otan"))
    with database.connect() as connection:
        (second,) = changes_since(connection, first.number)
    assert second.topic.query == "@nato OR otan"
    apply("# nothing\n[[feed]]\nurl = 'https://other.example/feed'\n", prune=True)
    with database.connect() as connection:
        (third,) = changes_since(connection, second.number)
    assert third.removed


def test_a_topic_that_gets_a_tag_leaves_no_hole_in_the_ledger(apply, kit, rows):
    kyiv = '[[topic]]\nname = "Kyiv"\nquery = "@kyiv"\ntags = ["war"]\n'
    apply(FILE.replace('tags = ["war"]\n[[channel]]', "[[channel]]") + kyiv)
    rows.match(1, rows.article(1, read_at=datetime.now(UTC)))
    plan(kit)
    assert rows.all("SELECT * FROM alerts") == []
    apply(FILE + kyiv)
    with kit.engine.connect() as connection:
        assert audit(connection).lost == 0


def test_several_applications_at_once_all_succeed_and_leave_one_of_everything(
    apply, rows, settings, tmp_path
):
    apply("# declares nothing\nfeed = []\n")
    (tmp_path / "w.toml").write_text(FILE.replace("SIGNING", str(tmp_path / "signing")))
    done = []
    several = [
        Thread(
            target=lambda: done.append(apply_file(tmp_path / "w.toml", settings, dry_run=False, prune=True))
        )
        for _ in range(3)
    ]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert len(done) == 3
    assert len(rows.all(EVERYTHING)) == 7


def test_a_default_name_that_is_too_long_for_an_index_is_refused_in_words(apply, rows):
    noise = "".join(random.Random(2).choices(ascii_lowercase + digits, k=8000))  # which nothing compresses
    many = [noise[n * 199 : (n + 1) * 199] for n in range(40)]
    text = "".join(f'[[topic]]\nname = "{name}"\nquery = "nato"\n' for name in many)
    text += f'[[channel]]\nname = "desk"\nslack = "env:HOOK"\n[[subscription]]\ntopics = {many}\n'
    with pytest.raises(BadInput, match="2,000 bytes"):
        apply(f'{text}channels = ["desk"]\n')
    assert rows.all(EVERYTHING) == []
    assert apply(f'{text}channels = ["desk"]\nname = "all"\n')


def test_without_a_database_it_says_what_is_missing(tmp_path):
    nowhere = from_env(
        {"PANTAU_DATA_DIR": str(tmp_path), "PANTAU_DATABASE_URL": f"postgresql://x@/x?host={tmp_path}"}
    )
    (tmp_path / "w.toml").write_text("feed = []\n")
    with pytest.raises(Unavailable, match="does not answer"):
        apply_file(tmp_path / "w.toml", nowhere, dry_run=True, prune=False)
