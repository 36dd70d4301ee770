"""Applying a watchlist on a real database: all or nothing, the same however often, no secret in the clear."""

from __future__ import annotations

import base64
import random
import shutil
from datetime import UTC, datetime
from string import ascii_lowercase, digits
from threading import Thread

import pytest

from alerts.desks.plan import plan
from alerts.model import ChannelId
from alerts.store.people import load_channel, load_subscriptions
from ops import adding
from ops.apply import apply_file, apply_packs, stored_watchlist
from ops.store.audit import audit
from ops.watchlist import Watchlist, write_watchlist
from worker.errors import BadInput, Unavailable
from worker.kit import TopicWatch
from worker.model import Article
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
    SELECT 'entity ' || key FROM entities WHERE removed_at IS NULL UNION ALL
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
    adding.add_feed(settings, url="https://byhand.example/feed", name="", every="", tags=(), by="test")
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
    adding.add_feed(
        settings, url="https://NEWS.example.id:443/rss", name="By hand", every="", tags=(), by="test"
    )
    assert keys(apply().adopted) == [("feed", "https://news.example.id/rss")]
    found = rows.all("SELECT id, url, name, declared FROM feeds WHERE url ILIKE '%news.example.id%'")
    assert found == [(1, "https://news.example.id/rss", "Harian", True)]


def test_a_feed_is_added_by_hand_once_and_held_to_the_rules_of_a_file(apply, settings):
    facts = {"name": "", "every": "", "tags": ()}
    assert adding.add_feed(settings, url="https://a.example/rss", **facts, by="test")
    assert not adding.add_feed(settings, url="https://A.example/rss#x", **facts, by="test")
    for wrong in (
        {"url": "ftp://a.example/"},
        {"every": "1s"},
        {"every": "soon"},
        {"name": "-x"},
        {"tags": ("-x",)},
    ):
        with pytest.raises(BadInput):
            adding.add_feed(settings, **{"url": "https://b.example/", "by": "test", **facts, **wrong})


def test_a_feed_that_was_given_up_is_taken_up_again_by_adding_it_again(settings, rows):
    facts = {"name": "", "every": "", "tags": ()}
    rows.feed(url="https://a.example/rss", state="gone", failures=2, rhythm={"gone": 2}, next_poll_why="gone")
    assert adding.add_feed(settings, url="https://a.example/rss", **facts, by="test")
    assert rows.one("SELECT state, failures, rhythm, next_poll_at <= now() FROM feeds") == (
        "new",
        0,
        {},
        True,
    )
    assert not adding.add_feed(settings, url="https://a.example/rss", **facts, by="test")


def test_feeds_added_by_the_hundred_are_spread_and_a_few_are_polled_at_once(settings, rows, tmp_path):
    def applied(numbers):
        path = tmp_path / "w.toml"
        path.write_text("".join(f'[[feed]]\nurl = "https://a{n}.example/"\n' for n in numbers))
        apply_file(path, settings, dry_run=False, prune=False)
        return rows.one("SELECT extract(epoch FROM max(next_poll_at) - now())::float FROM feeds")

    assert applied(range(100)) <= 0
    assert 5 < applied(range(500)) < 12, "fifty a second"


def test_the_bounds_of_an_interval_and_a_pace_come_back_as_they_were_declared(settings, rows, tmp_path):
    path = tmp_path / "w.toml"
    path.write_text(
        '[[feed]]\nurl = "https://a.example/"\nevery = "20s-10m"\npace = { per_second = 0.5, burst = 1 }\n'
    )
    assert apply_file(path, settings, dry_run=False, prune=False).changes.added
    assert rows.one("SELECT every_s, every_least_s, every_most_s, pace FROM feeds") == (
        None,
        20.0,
        600.0,
        {"per_second": 0.5, "burst": 1},
    )
    again = apply_file(path, settings, dry_run=False, prune=False)
    assert not again.changes
    assert again.changes.unchanged == 1
    path.write_text('[[feed]]\nurl = "https://a.example/"\n')
    (item,) = apply_file(path, settings, dry_run=False, prune=False).changes.changed
    assert {(each.field, each.old) for each in item.fields} == {
        ("every", "20s-10m"),
        ("pace", "per_second = 0.5, burst = 1"),
    }
    assert rows.one("SELECT every_least_s, pace FROM feeds") == (None, None)


def test_urgent_topics_and_the_language_of_messages_come_back_as_they_were_declared(
    apply, settings, rows, kit
):
    kyiv = '[[topic]]\nname = "Kyiv"\nquery = "@kyiv"\n'
    text = FILE.replace('email = "rina@example.org"', 'email = "rina@example.org"\nlanguage = "id"') + kyiv
    text = text.replace('topics = ["tag:war"]', 'topics = ["tag:war", "Kyiv"]\nurgent = ["NATO"]')
    apply(text)
    assert not apply(text)
    assert rows.one("SELECT options FROM channels WHERE name = 'rina'") == {"language": "id"}
    assert rows.one("SELECT options FROM channels WHERE name = 'desk'") == {}
    with kit.engine.connect() as connection:
        (subscription,) = load_subscriptions(connection)
    assert (len(subscription.topics), subscription.urgent) == (2, {1})
    assert not apply(exported(settings))
    plain = text.replace('\nlanguage = "id"', "").replace('\nurgent = ["NATO"]', "")
    (channel, changed) = apply(plain).changed
    assert [(each.field, each.old, each.new) for each in channel.fields] == [("language", "id", "en")]
    assert ("urgent", ["NATO"], None) in [(each.field, each.old, each.new) for each in changed.fields]
    assert rows.one("SELECT options FROM channels WHERE name = 'rina'") == {}


def test_a_pause_outlives_an_application_of_the_same_file_and_of_another(apply, rows):
    apply()
    rows.change("UPDATE subscriptions SET paused_at = now()")
    apply()
    apply(FILE.replace('wait = "90s"', 'wait = "60s"'))
    assert rows.one("SELECT paused_at IS NOT NULL, wait_s FROM subscriptions") == (True, 60.0)


def test_a_changed_channel_is_a_mended_one(apply, rows, monkeypatch):
    apply()
    for name in ("channel:1", "channel:3", "sender:smtp"):
        rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES (:n, 'no_service', now())", n=name)
    monkeypatch.setenv("HOOK", HOOK + "2")
    assert keys(apply().changed) == [("channel", "desk")]
    assert rows.all("SELECT name FROM circuits ORDER BY name") == [("channel:3",), ("sender:smtp",)]


def test_a_changed_channel_waits_for_the_word_after_a_restore_all_the_same(apply, rows, monkeypatch):
    apply()
    rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES ('channel:1', 'restored', 'infinity')")
    monkeypatch.setenv("HOOK", HOOK + "2")
    assert keys(apply().changed) == [("channel", "desk")]
    assert rows.all("SELECT name, reason FROM circuits") == [("channel:1", "restored")]


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


OWN = """
[[entity]]
key = "contoh"
title = "Harian Contoh"
names.id = { name = ["Harian Contoh"] }
examples.match = [["id", "Wartawan Harian Contoh tiba", "Harian Contoh"]]
[[entity]]
key = "nato"
names.id = { name = ["Pakta Atlantik"] }
[[topic]]
name = "Contoh"
query = "@contoh AND @nato"
"""
WITHOUT = OWN.partition("[[topic]]")[2].join(["[[topic]]", ""])
ARTICLE = Article("Harian Contoh: Pakta Atlantik bersidang", "")


def told(database, watch):
    with database.connect() as connection:
        watch.follow(connection)
    return len(watch.index.match(ARTICLE))


def test_entities_of_ones_own_are_applied_exported_and_followed(apply, settings, database):
    watch = TopicWatch()
    assert told(database, watch) == 0
    assert keys(apply(OWN).added) == [("entity", "contoh"), ("entity", "nato"), ("topic", "Contoh")]
    assert told(database, watch) == 1
    text = exported(settings)
    assert 'names.id = { name = ["Harian Contoh"] }' in text
    assert not apply(text)
    assert exported(settings) == text


def test_a_changed_entity_is_told_key_by_key_and_counts_for_the_topic_at_once(apply, database):
    apply(OWN)
    watch = TopicWatch()
    assert told(database, watch) == 1
    (change,) = apply(OWN.replace('["Pakta Atlantik"]', '["Pakta Barat"]')).changed
    assert [(f.field, f.old, f.new) for f in change.fields] == [
        ("names.id.name", ["Pakta Atlantik"], ["Pakta Barat"])
    ]
    assert told(database, watch) == 0


def test_an_entity_that_a_topic_needs_is_not_removed(apply, rows):
    apply(OWN)
    before = dump(rows)
    with pytest.raises(BadInput, match="unknown entity '@contoh'"):
        apply(WITHOUT, prune=True)
    assert dump(rows) == before
    other = FILE.replace("@nato", "nato")
    rows.change("UPDATE topics SET declared = false")  # made by hand, so that no file removes it
    with pytest.raises(BadInput, match='the topic "Contoh" needs what would go') as refused:
        apply(other, prune=True)
    assert "change or remove these topics first" in str(refused.value)


def test_an_entity_and_the_topic_that_needs_it_go_together(apply, rows):
    apply(OWN)
    removed = apply(FILE, prune=True).removed
    assert keys(removed) == [("entity", "contoh"), ("entity", "nato"), ("topic", "Contoh")]
    assert "entity contoh" not in {name for (name,) in rows.all(EVERYTHING)}


def test_a_file_may_name_the_entities_of_an_earlier_one(apply, rows):
    apply(OWN)
    added = apply(FILE.replace("@nato", "@contoh")).added
    assert ("topic", "NATO") in keys(added)


@pytest.fixture
def pack(settings):
    """Writes a pack into the data directory."""

    def write(text, name="own.toml"):
        folder = settings.data_dir / "entities"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return write


ENTITIES = OWN.partition("[[topic]]")[0]


def test_packs_in_the_data_directory_are_taken_as_a_whole(apply, settings, database, pack, rows):
    pack(ENTITIES)
    added = apply("[[topic]]" + OWN.partition("[[topic]]")[2]).added
    assert keys(added) == [("topic", "Contoh"), ("entity", "contoh"), ("entity", "nato")]
    assert told(database, TopicWatch()) == 1
    assert "[[entity]]" not in exported(settings)
    pack(ENTITIES.replace("Pakta Atlantik", "Pakta Barat"))
    assert keys(apply_packs(settings).changes.changed) == [("entity", "nato")]
    pack(ENTITIES.partition('[[entity]]\nkey = "nato"')[0])
    assert keys(apply_packs(settings).changes.removed) == [("entity", "nato")]
    assert not apply_packs(settings).changes


def test_a_pack_that_is_taken_away_while_a_topic_needs_it_ends_the_start(apply, settings, pack):
    pack(ENTITIES)
    apply("[[topic]]" + OWN.partition("[[topic]]")[2])
    pack("")
    with pytest.raises(BadInput, match='the topic "Contoh" needs'):
        apply_packs(settings)


def test_a_machine_without_the_folder_leaves_what_another_one_brought(apply, settings, pack, database):
    pack(ENTITIES)
    apply("[[topic]]" + OWN.partition("[[topic]]")[2])
    shutil.rmtree(settings.data_dir / "entities")
    assert not apply_packs(settings).changes
    apply(FILE.replace("@nato", "hujan"))
    assert told(database, TopicWatch()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[entity]]\nkey = "x"\ntitle = ""\n',
            'own.toml:3: [[entity]] title: "" does not fit; expected a text',
        ),
        (
            "[[topic]]\nname = 1\n",
            'own.toml:1: "topic" is not part of a pack; expected [[entity]] tables alone',
        ),
        ("entity = 3", "own.toml:1: entity is not a table"),
        ("x", "own.toml:1: not valid TOML"),
    ],
)
def test_a_fault_in_a_pack_is_told_like_one_of_a_watchlist_and_nothing_is_changed(
    apply, rows, pack, text, words
):
    apply()
    before = dump(rows)
    pack(text)
    with pytest.raises(BadInput) as refused:
        apply(OWN)
    assert words in str(refused.value)
    assert dump(rows) == before


def test_the_same_key_in_two_packs_is_a_fault(apply, pack):
    pack(ENTITIES)
    pack(ENTITIES, "own2.toml")
    with pytest.raises(BadInput, match='"contoh" stands in another pack of this folder already'):
        apply()


def test_a_topic_that_matches_too_much_of_what_was_read_is_warned_of_once(settings, tmp_path, rows):
    feed = rows.feed()
    for _ in range(20):
        rows.article(feed)
    file = tmp_path / "watchlist.toml"
    file.write_text('[[topic]]\nname = "NATO"\nquery = "nato"\n[[topic]]\nname = "Hujan"\nquery = "hujan"\n')
    for dry_run, warned in ((True, 1), (False, 1), (False, 0)):
        told = [str(w) for w in apply_file(file, settings, dry_run=dry_run, prune=False).warnings]
        assert len(told) == warned
        for sentence in told:
            assert sentence.startswith(f'{file}:3: [[topic]] query: "NATO": it matches 100.0% of 20 articles')


def test_a_folder_that_is_none_is_told(apply, settings):
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "entities").write_text("")
    with pytest.raises(BadInput, match="the packs of entities cannot be read: Not a directory"):
        apply()


def test_an_application_is_written_down_by_name_without_keys_and_mailboxes(apply, rows):
    apply(
        FILE.replace(
            'feed]]\nurl = "https://other.example/feed', 'feed]]\nurl = "https://other.example/feed?key=hush'
        )
    )
    apply(FILE.replace("rina@", "ratna@").replace("@nato", "@ukraine"))
    noted = rows.all("SELECT who, what, kind, name, before, after FROM audit_log ORDER BY id")
    assert ("command line", "added", "feed", "Harian", None, None) in noted
    assert ("command line", "added", "feed", "other.example", None, None) in noted
    assert noted[7][1:3] == ("applied", "watchlist")
    assert noted[7][5] == {"added": 7}
    changed = {(row[2], row[3]): row[4:] for row in noted[8:]}
    assert changed["topic", "NATO"] == ({"query": "@nato"}, {"query": "@ukraine"})
    assert changed["channel", "rina"] == ({"email": "ri…@example.org"}, {"email": "ra…@example.org"})
    written = str(noted)
    assert not [secret for secret in (*SECRETS.values(), "key=hush", "rina@", "ratna@") if secret in written]


def test_an_application_that_changes_nothing_and_a_trial_leave_no_line(apply, rows):
    apply(dry_run=True)
    assert rows.all("SELECT 1 FROM audit_log") == []
    apply()
    before = len(rows.all("SELECT 1 FROM audit_log"))
    apply()
    assert len(rows.all("SELECT 1 FROM audit_log")) == before
