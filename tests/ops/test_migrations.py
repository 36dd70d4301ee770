"""One chain of migrations: from nothing to what the code expects, however often and by however many."""

from __future__ import annotations

from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

import alerts.store.schema
import ops.store.schema
from ops import migrations
from worker.store.engine import open_engine
from worker.store.schema import metadata

pytestmark = pytest.mark.servers

TABLES = (alerts.store.schema.alerts, ops.store.schema.users)  # imported, they stand in the metadata

# What compare_metadata does not look at: conditions of indexes, storage, identities, checks.
FACTS = """
    SELECT 'index', indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'constraint', conname::text, conrelid::regclass::text || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'column', table_name || '.' || column_name,
           concat_ws(' ', data_type, udt_name, is_nullable, column_default, is_identity)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'table', relname::text, concat(reloptions) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    UNION ALL
    SELECT 'sequence', sequencename::text, concat_ws(' ', data_type, start_value, increment_by)
    FROM pg_sequences
"""


@pytest.fixture
def empty(new_database):
    engine = open_engine(new_database("pantau_empty"))
    yield engine
    engine.dispose()


def facts(engine):
    with engine.connect() as connection:
        return {
            tuple(row) for row in connection.execute(text(FACTS)) if "alembic_version" not in row[1] + row[2]
        }


def test_from_nothing_to_exactly_what_the_code_expects(empty):
    assert migrations.upgrade(empty) == (None, migrations.head())
    with empty.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_migrated_and_made_from_the_code_are_the_same_to_the_last_index(database, new_database):
    made = open_engine(new_database("pantau_made"))
    metadata.create_all(made)
    there, here = facts(made), facts(database)
    made.dispose()
    assert here == there
    assert len(here) > 200


def test_migrating_again_changes_nothing(empty):
    migrations.upgrade(empty)
    before = facts(empty)
    assert migrations.upgrade(empty) == (migrations.head(), migrations.head())
    assert facts(empty) == before


def test_two_that_start_at_once_both_succeed(empty):
    told = []
    starts = [Thread(target=lambda: told.append(migrations.upgrade(empty))) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert sorted(before or "" for before, _ in told) == ["", migrations.head(), migrations.head()]


def test_a_failed_migration_leaves_nothing_half_done_and_no_lock(empty):
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE topics (id int)"))
    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(empty)
    with empty.begin() as connection:
        tables = (
            connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            .scalars()
            .all()
        )
        assert set(tables) <= {"topics", "alembic_version"}
        connection.execute(text("DROP TABLE topics"))
    assert migrations.upgrade(empty)[1] == migrations.head()


def test_an_empty_database_is_at_no_revision(empty):
    with empty.connect() as connection:
        assert migrations.current(connection) is None


def test_entries_of_before_are_known_by_the_keys_of_now(empty):
    """0007 changed what an entry is known by; without the keys of now all of them would come once more."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = migrations._config()
    before = ScriptDirectory.from_config(config).get_revision("0007").down_revision
    with empty.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, before)
        connection.execute(text("INSERT INTO feeds (url) VALUES ('https://www.news.example/rss')"))
        connection.execute(
            text(
                "INSERT INTO entries (feed_id, guid, link, title, summary, content, authors, tags, seen_at, backlog) "
                "SELECT 1, 'https://www.news.example/' || n || '/', 'https://www.news.example/' || n || '/', 'T' || n, "
                "'', '', '{}', '{}', now(), false FROM generate_series(1, 6000) n"
            )
        )
        connection.execute(
            text("INSERT INTO entry_keys SELECT 1, 'link:www.news.example/' || id || '/', id FROM entries")
        )
        connection.commit()
    migrations.upgrade(empty)
    with empty.connect() as connection:
        known = text("SELECT count(*) FROM entry_keys WHERE key = 'link:news.example/' || entry_id")
        assert connection.execute(known).scalar() == 6000


def test_tables_of_a_newer_version_stay_as_they_are(empty):
    migrations.upgrade(empty)
    before = facts(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrations.upgrade(empty) == ("9999", "9999")
    assert facts(empty) == before


@pytest.mark.parametrize(
    ("revision", "newer"), [("9999", True), ("0000", False), (migrations.head(), False), ("0001", False)]
)
def test_only_what_comes_after_us_is_newer(revision, newer):
    assert migrations.is_newer(revision) is newer


def test_the_files_are_named_after_the_chain_that_they_make():
    chain = ScriptDirectory(migrations.__path__[0]).walk_revisions()
    revisions = [script.revision for script in chain]
    assert revisions == sorted(revisions, reverse=True)
    assert set(revisions) == migrations._chain()


def test_an_index_on_many_articles_may_take_longer_than_any_other_statement(empty):
    limits = set()

    @event.listens_for(empty, "after_cursor_execute")
    def look(connection, cursor, statement, *_):
        if "CREATE INDEX" in statement:
            limits.add(cursor.connection.execute("SHOW statement_timeout").fetchone()[0])

    migrations.upgrade(empty)
    assert limits == {"0"}
    with empty.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "1min"
