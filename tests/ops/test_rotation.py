"""Keys that are changed while everything runs, and keys that are not the right ones."""

from __future__ import annotations

import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import alerts.store.schema
import ops.store.schema
import worker.store.schema
from alerts.store.people import load_channel
from ops.keyfile import KeyFile
from ops.rotation import GRACE_S, check_keys, rotate
from ops.store import sealed
from ops.store.sealed import SEALED
from worker.errors import BadConfiguration, TryAgain
from worker.secrets import KeyRing, Secret, named
from worker.store import websub
from worker.store.schema import feeds

OLD, NEW = "an old key of many characters", "a new key of many characters"
LATER = timedelta(seconds=GRACE_S + 1)
SCHEMAS = (worker.store.schema, alerts.store.schema, ops.store.schema)


@pytest.fixture
def file(tmp_path):
    return KeyFile(tmp_path / "data" / "secret.key")


@pytest.fixture
def clock():
    """The time of this machine, or any other."""

    class Clock:
        ahead = timedelta(0)

        def __call__(self):
            return datetime.now(UTC) + self.ahead

    return Clock()


def filled(rows, keys):
    """Every kind of secret, sealed with the first of these keys."""
    rows.keys = keys
    rows.channel("desk", to="https://hooks.example/hush")
    rows.channel(
        "risk", to="https://risk.example/hush", secret=keys.seal(Secret("whsec_x"), "channel:risk:secret")
    )
    url = "https://news.example/rss"
    header = {"X-Key": {"sealed": keys.seal(Secret("abc"), f"feed:{url}:header X-Key"), "ref": "stored:1"}}
    header["X-Other"] = {"sealed": keys.seal(Secret("def"), f"feed:{url}:header X-Other"), "ref": "env:Y"}
    feed = rows.feed(url=url, password=keys.seal(Secret("pass"), f"feed:{url}:password"), headers=header)
    facts = {"hub": "https://hub.example", "topic": url, "base": "https://w.example", "token_hash": b"x"}
    sealed_ones = {what: keys.seal(Secret(what), websub.place(feed, what)) for what in ("token", "secret")}
    rows.add(worker.store.schema.websub, feed_id=feed, **facts, **sealed_ones)
    return feed


def values(database):
    with database.connect() as connection:
        return list(sealed.every_value(connection))


def opened(database, keys):
    return {keys.opener(kept.sealed, kept.place) for kept in values(database)}


# the list of what is sealed


def test_every_column_that_its_schema_calls_sealed_is_in_the_list():
    called = set()
    for module in SCHEMAS:
        table = ""
        for line in Path(str(module.__file__)).read_text().splitlines():
            if found := re.match(r"(\w+) = Table\(", line):
                table = found[1]
            if (column := re.match(r'\s+Column\("(\w+)"', line)) and "sealed" in line:
                called.add((table, column[1]))
    assert called == {(each.table.name, each.column) for each in SEALED}


@pytest.mark.servers
def test_nothing_in_the_database_looks_sealed_and_is_not_in_the_list(database, rows):
    filled(rows, KeyRing.of((OLD,)))
    listed = {kept.sealed for kept in values(database)}
    assert len(listed) == 8
    everything = ""
    with database.connect() as connection:
        for table in worker.store.schema.metadata.sorted_tables:
            rows_of = connection.execute(text(f'SELECT to_jsonb(t)::text FROM "{table.name}" t')).scalars()
            everything += "\n".join(rows_of)
    assert set(re.findall(r"v1:[\w=-]{30,}", everything)) == listed


@pytest.mark.servers
def test_a_ciphertext_that_was_copied_to_another_row_does_not_open_there(database, rows):
    keys = KeyRing.of((OLD,))
    filled(rows, keys)
    rows.change(
        "UPDATE channels SET target = (SELECT target FROM channels WHERE name = 'risk') WHERE name = 'desk'"
    )
    with database.connect() as connection, pytest.raises(BadConfiguration, match="channel:desk:target"):
        load_channel(connection, rows.one("SELECT id FROM channels WHERE name = 'desk'"), keys)


# with keys from the environment


@pytest.mark.servers
def test_with_two_keys_everything_is_sealed_anew_with_the_first_and_the_other_may_go(database, rows, clock):
    filled(rows, KeyRing.of((OLD,)))
    prints = rows.all("SELECT fingerprint FROM channels")
    both = KeyRing.of((NEW, OLD))
    done = rotate(database, both, None, clock)
    assert (done.source, done.began, done.dropped, done.resealed, done.unopened) == (
        "environment",
        False,
        0,
        8,
        (),
    )
    alone = KeyRing.of((NEW,))
    assert opened(database, alone) == {0}
    assert rows.all("SELECT fingerprint FROM channels") != prints
    with database.connect() as connection:
        channel = load_channel(connection, rows.one("SELECT id FROM channels WHERE name = 'risk'"), alone)
        fingerprint = rows.one("SELECT fingerprint FROM channels WHERE name = 'risk'")
    assert (channel.to.reveal(), channel.secret.reveal()) == ("https://risk.example/hush", "whsec_x")
    assert fingerprint == alone.fingerprint(channel.to)
    headers = rows.one("SELECT headers FROM feeds")
    assert headers["X-Key"]["ref"] == "stored:1"
    assert (
        alone.open(headers["X-Other"]["sealed"], "feed:https://news.example/rss:header X-Other").reveal()
        == "def"
    )
    assert rotate(database, both, None, clock).resealed == 0


@pytest.mark.servers
def test_a_value_that_somebody_changes_meanwhile_is_left_to_them(database, rows):
    filled(rows, KeyRing.of((OLD,)))
    both = KeyRing.of((NEW, OLD))
    for kept in values(database):
        if kept.table is feeds and kept.name:
            continue
        rows.change(f'UPDATE "{kept.table.name}" SET "{kept.column}" = \'changed\'')
        with database.begin() as connection:
            assert sealed.reseal(connection, kept, both) is False
        assert rows.all(f'SELECT DISTINCT "{kept.column}" FROM "{kept.table.name}"')[-1][0] in (
            "changed",
            None,
        )


@pytest.mark.servers
def test_what_no_key_opens_is_named_and_stops_nobody(database, rows, clock):
    filled(rows, KeyRing.of((OLD,)))
    rows.change("UPDATE feeds SET password = 'v1:bm9uc2Vuc2U='")
    done = rotate(database, KeyRing.of((NEW, OLD)), None, clock)
    assert (done.resealed, done.unopened) == (7, ("feed:https://news.example/rss:password",))


@pytest.mark.servers
def test_two_do_not_rotate_at_once(database, rows, clock):
    with database.connect() as holding:
        assert sealed.alone(holding)
        with pytest.raises(TryAgain):
            rotate(database, KeyRing.of((OLD,)), None, clock)


# with the key file


@pytest.mark.servers
def test_the_key_file_gets_a_fresh_key_and_loses_the_old_one_at_the_next_rotation(
    database, rows, file, clock
):
    running = file.ring()  # a process that began before, and goes on
    filled(rows, running)
    (before,) = file.phrases()
    done = rotate(database, file.ring(), file, clock)
    assert (done.began, done.dropped, done.resealed, done.keys, done.waits) == (True, 0, 8, 2, True)
    assert file.phrases()[1] == before
    assert opened(database, running) == {0}
    assert opened(database, KeyRing.of((before,))) == {None}

    soon = rotate(database, file.ring(), file, clock)
    assert (soon.began, soon.dropped, soon.resealed, soon.keys) == (False, 0, 0, 2)

    clock.ahead = LATER
    late = rotate(database, file.ring(), file, clock)
    assert (late.began, late.dropped, late.keys, late.waits) == (False, 1, 1, False)
    assert opened(database, running) == {0}
    assert before not in file.path.read_text()
    with database.connect() as connection:
        assert load_channel(connection, rows.one("SELECT min(id) FROM channels"), running).to


@pytest.mark.servers
def test_what_was_sealed_with_the_old_key_in_the_meantime_is_sealed_anew_before_that_goes(
    database, rows, file, clock
):
    old = KeyRing.of(file.ring() and file.phrases())  # looks at no file: a transaction that began before
    rotate(database, file.ring(), file, clock)
    filled(rows, old)
    clock.ahead = LATER
    done = rotate(database, file.ring(), file, clock)
    assert (done.dropped, done.unopened) == (1, ())
    assert opened(database, file.ring()) == {0}


@pytest.mark.servers
def test_a_month_later_one_call_finishes_and_begins(database, rows, file, clock):
    filled(rows, file.ring())
    rotate(database, file.ring(), file, clock)
    first, oldest = file.phrases()
    clock.ahead = timedelta(days=30)
    done = rotate(database, file.ring(), file, clock)
    assert (done.began, done.dropped, done.resealed) == (True, 1, 8)
    assert file.phrases()[1:] == (first,)
    assert oldest not in file.path.read_text()


def test_a_process_that_runs_sees_the_new_key_at_its_next_use(file):
    running = file.ring()
    sealed_before = running.seal(Secret("hush"), "x")
    file.add()
    assert len(running.keys) == 2
    assert running.opener(running.seal(Secret("hush"), "x"), "x") == 0
    assert running.opener(sealed_before, "x") == 1
    file.keep_first()
    assert running.opener(sealed_before, "x") is None


def test_a_key_file_that_is_gone_or_damaged_while_we_run_changes_nothing(file):
    running = file.ring()
    kept = running.seal(Secret("hush"), "x")
    file.path.write_text("short\n")
    assert running.open(kept, "x").reveal() == "hush"
    file.path.unlink()
    assert running.open(kept, "x").reveal() == "hush"


def test_the_key_file_is_its_owners_alone_and_is_replaced_whole(file):
    file.ring()
    (file.path.parent / "secret.key.new").write_text("left behind by a crash")
    before = file.path.stat()
    file.add()
    after = file.path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o600
    assert (after.st_uid, after.st_ino == before.st_ino) == (before.st_uid, False)
    assert os.listdir(file.path.parent) == ["secret.key"]
    assert len(set(file.phrases())) == 2


@pytest.mark.parametrize("content", ["", "\n\n", "short\n", "long enough to be a key\nshort\n", "\xff" * 20])
def test_a_damaged_key_file_ends_the_start(file, content):
    file.path.parent.mkdir(parents=True)
    file.path.write_text(content, encoding="latin-1")
    with pytest.raises(BadConfiguration, match=r"secret\.key"):
        file.ring()


def test_the_name_of_a_key_says_nothing_of_it():
    (key,) = KeyRing.of((OLD,)).keys
    assert re.fullmatch("[0-9a-f]{8}", named(key))
    assert named(key) not in key.hex()


# at the start


@pytest.mark.servers
def test_the_wrong_key_ends_the_start_with_what_to_do(database, rows):
    filled(rows, KeyRing.of((OLD,)))
    with database.connect() as connection:
        assert check_keys(connection, KeyRing.of((NEW, OLD))) == 0
        with pytest.raises(BadConfiguration, match="is not the one that sealed them") as refused:
            check_keys(connection, KeyRing.of((NEW,)))
    assert refused.value.exit_code == 78
    assert "hush" not in str(refused.value)


@pytest.mark.servers
def test_a_single_secret_that_does_not_open_ends_no_start_and_an_empty_database_none(database, rows):
    keys = KeyRing.of((OLD,))
    with database.connect() as connection:
        assert check_keys(connection, keys) == 0
    filled(rows, keys)
    rows.change("UPDATE feeds SET password = 'v1:bm9uc2Vuc2U='")
    with database.connect() as connection:
        assert check_keys(connection, keys) == 1
