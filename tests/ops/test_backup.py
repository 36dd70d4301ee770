"""A copy of everything and the way back: nothing that was sent goes out again unless somebody says so, nothing is
replaced by accident, and what is no backup of ours is refused before anything changes."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from alerts.store import circuits, tidying
from alerts.store import deliveries as outbox
from alerts.store.schema import deliveries
from ops import backup
from ops.backup import DUMP, MANIFEST, bring_back, look_into, make
from ops.store import restored, ticking
from tests.conftest import NOW
from worker.errors import BadInput, TryAgain, Unavailable
from worker.secrets import Secret
from worker.store import feeds as feed_rows
from worker.store.schema import feeds

pytestmark = pytest.mark.servers

LATER = NOW + timedelta(days=1)


@pytest.fixture
def told(rows):
    """A message that was sent, and one that waits, on one channel."""
    feed = rows.feed(last_ok_at=NOW)
    channel, subscription, topic = rows.channel(), rows.subscription(), rows.topic()
    states = ("sent", "waiting")
    return [rows.announced(channel, subscription, topic, feed, state=state, due_at=NOW) for state in states]


@pytest.fixture
def copy(settings, told, tmp_path):
    path = tmp_path / "pantau.backup"
    make(settings, path)
    return path


def states(database):
    with database.connect() as connection:
        return dict(connection.execute(text("SELECT id, state FROM deliveries")).all())


def test_a_backup_is_for_its_owner_alone_and_says_what_it_is(settings, copy, keys):
    assert copy.stat().st_mode & 0o777 == 0o600
    manifest = look_into(copy)
    assert manifest.keys == backup.marks(keys)
    with tarfile.open(copy) as tar:
        assert tar.getnames() == [MANIFEST, DUMP]
        assert {(member.uid, member.uname) for member in tar} <= {(0, "")}
    for key in keys.keys:
        assert key not in copy.read_bytes()
    with pytest.raises(BadInput, match="is there already"):
        make(settings, copy)


def test_what_was_sent_since_the_copy_is_not_sent_again(settings, database, copy, told):
    sent, waiting = told
    with database.begin() as connection:  # an hour passes, and the message goes out
        connection.execute(update(deliveries).where(deliveries.c.id == waiting).values(state="sent"))
    _, held = bring_back(settings, copy, replace=True)
    assert (held.channels, held.deliveries, held.unpolled) == (1, 1, 1)
    assert states(database) == {sent: "sent", waiting: "waiting"}
    with database.begin() as connection:
        tidying.tidy(connection)
        assert outbox.claim_due(connection, 10) == []
        circuits.close_circuit(connection, "channel:1")  # whatever goes through does not end it
        assert restored.waits(connection)
    with database.begin() as connection:
        assert restored.release(connection, drop=True) == 1
        tidying.tidy(connection)
        assert outbox.claim_due(connection, 10) == []
    assert states(database) == {sent: "sent", waiting: "suppressed"}


def test_with_a_word_it_goes_out(settings, database, copy, told):
    bring_back(settings, copy, replace=True)
    with database.begin() as connection:
        restored.release(connection, drop=False)
        tidying.tidy(connection)
        assert [due.id for due in outbox.claim_due(connection, 10)] == [told[1]]


def test_what_feeds_bring_first_after_a_restore_is_backlog(settings, database, copy):
    bring_back(settings, copy, replace=True)
    with database.begin() as connection:
        row = connection.execute(text("SELECT * FROM feeds")).mappings().one()
        feed = feed_rows.due_feed(row)
        assert feed.first_poll
        assert feed.created_at == row["resumed_at"]
        connection.execute(update(feeds).values(last_ok_at=LATER))
        again = feed_rows.due_feed(connection.execute(text("SELECT * FROM feeds")).mappings().one())
    assert not again.first_poll


def test_an_installation_is_not_replaced_by_accident_nor_under_workers(settings, database, copy):
    with pytest.raises(BadInput, match="--replace"):
        bring_back(settings, copy, replace=False)
    with database.begin() as connection:
        ticking.beat(connection, "tick")
    with pytest.raises(TryAgain, match="stop them"):
        bring_back(settings, copy, replace=True)


def test_into_an_empty_database(settings, new_database, copy, told):
    empty = new_database("pantau_restored")
    _, held = bring_back(replace(settings, database_url=empty), copy, replace=False)
    assert held.deliveries == 1


def test_a_restore_that_fails_leaves_what_was_there(settings, database, copy, told, monkeypatch):
    def broken(tool: str, *_: object) -> None:
        raise Unavailable(f"{tool} failed")

    monkeypatch.setattr(backup, "run_tool", broken)
    with pytest.raises(Unavailable):
        bring_back(settings, copy, replace=True)
    assert len(states(database)) == 2
    with database.connect() as connection:
        assert not restored.waits(connection)


def with_members(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_what_is_no_backup_of_ours_changes_nothing(settings, database, copy, tmp_path, told):
    with tarfile.open(copy) as tar:
        good = {name: tar.extractfile(name).read() for name in tar.getnames()}
    said = json.loads(good[MANIFEST])

    def saying(**facts: object) -> bytes:
        return json.dumps({**said, **facts}).encode()

    hostile = tmp_path / "hostile"
    cases = {
        "no backup": [
            {},
            {"../../etc/cron.d/x": b"x"},
            {MANIFEST: good[MANIFEST], "../" + DUMP: good[DUMP]},
            {MANIFEST: b"[]", DUMP: b""},
            {MANIFEST: b"{", DUMP: b""},
            {**good, "more": b""},
        ],
        "damaged": [{**good, DUMP: good[DUMP][:-1]}, {**good, DUMP: good[DUMP][:-1] + b"?"}],
        "newer": [{**good, MANIFEST: saying(schema="9999")}, {**good, MANIFEST: saying(format=2)}],
        "sealed with a key": [{**good, MANIFEST: saying(keys=["00"])}],
    }
    for complaint, files in cases.items():
        for members in files:
            with pytest.raises(BadInput, match=complaint):
                bring_back(settings, with_members(hostile, members), replace=True)
    hostile.write_bytes(b"PK\x03\x04 not a tar")
    with pytest.raises(BadInput, match="no backup"):
        look_into(hostile)
    with pytest.raises(BadInput, match="cannot read"):
        look_into(tmp_path / "nothing")
    assert len(states(database)) == 2


def test_a_link_in_the_place_of_the_dump_is_not_followed(copy, tmp_path):
    with tarfile.open(copy) as tar:
        manifest = tar.extractfile(MANIFEST).read()
    trap = tmp_path / "trap"
    with tarfile.open(trap, "w") as tar:
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(manifest)
        tar.addfile(member, io.BytesIO(manifest))
        link = tarfile.TarInfo(DUMP)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(BadInput, match="no backup"):
        look_into(trap)


def test_an_address_with_a_password_stands_on_no_command_line(settings, monkeypatch, tmp_path, database):
    seen = []
    monkeypatch.setattr(backup.subprocess, "run", lambda command, **facts: seen.append((command, facts)))
    with pytest.raises(AttributeError):
        backup.run_tool("pg_dump", {"host": "db", "password": "geheim"}, ["--format=custom"])
    command, facts = seen[0]
    assert "geheim" not in " ".join(command)
    assert all("geheim" not in value for value in facts["env"].values())
    assert Secret("geheim").reveal() == "geheim"
