"""Accounts and sessions as rows."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy.exc import IntegrityError

from ops.access import first_account, hash_password, log_in, log_out, session_of
from ops.store import accounts
from worker.secrets import Secret

pytestmark = pytest.mark.servers

PASSWORD = "correct horse battery"


@pytest.fixture
def rina(database):
    with database.begin() as connection:
        accounts.add_user(connection, "Rina", hash_password(PASSWORD), "editor")


def test_the_first_start_makes_one_admin_with_the_wanted_password(database, rows):
    assert first_account(database, Secret(PASSWORD)) is None
    assert rows.all("SELECT name, role FROM users") == [("admin", "admin")]
    with database.begin() as connection:
        assert log_in(connection, "admin", PASSWORD)


def test_without_a_wish_a_password_is_made_and_told_once(database):
    generated = first_account(database, None)
    assert len(generated) >= 16
    with database.begin() as connection:
        assert log_in(connection, "admin", generated)
    assert first_account(database, None) is None


def test_several_first_starts_at_once_make_one_account(database, rows):
    told = []
    starts = [Thread(target=lambda: told.append(first_account(database, None))) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert sum(password is not None for password in told) == 1
    assert rows.one("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("name", ["Rina", "rina", " RINA "])
def test_a_name_is_known_whatever_its_case(database, rina, name):
    with database.begin() as connection:
        token, session = log_in(connection, name, PASSWORD)
        assert (session.user, session.role) == ("Rina", "editor")
        assert session_of(connection, token) == session


@pytest.mark.parametrize(
    ("name", "password"), [("Rina", "wrong horse battery"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_name_or_password_opens_nothing(database, rows, rina, name, password):
    with database.begin() as connection:
        assert log_in(connection, name, password) is None
    assert rows.one("SELECT count(*) FROM sessions") == 0


def test_two_accounts_may_not_differ_in_case_alone(database, rina):
    with pytest.raises(IntegrityError), database.begin() as connection:
        accounts.add_user(connection, "RINA", "x", "viewer")


def test_a_new_name_is_kept_without_the_blanks_around_it(database):
    with database.begin() as connection:
        accounts.add_user(connection, "  Sari ", hash_password(PASSWORD), "viewer")
        assert log_in(connection, "Sari", PASSWORD)


def test_neither_passwords_nor_cookies_stand_in_the_database(database, rows, rina):
    with database.begin() as connection:
        token, _ = log_in(connection, "Rina", PASSWORD)
    assert token not in str(rows.all("SELECT * FROM sessions"))
    assert PASSWORD not in str(rows.all("SELECT * FROM users"))
    assert rows.one("SELECT password LIKE '$argon2id$%' FROM users")


def test_a_session_ends_by_logging_out_or_by_its_time(database, rows, rina):
    with database.begin() as connection:
        first, _ = log_in(connection, "Rina", PASSWORD)
        second, _ = log_in(connection, "Rina", PASSWORD)
        log_out(connection, first)
        assert session_of(connection, first) is None
        assert session_of(connection, second)
    rows.change("UPDATE sessions SET expires_at = now()")
    with database.begin() as connection:
        assert session_of(connection, second) is None
        assert session_of(connection, "") is None
        log_in(connection, "Rina", PASSWORD)
    assert rows.one("SELECT count(*) FROM sessions") == 1


def test_a_new_password_or_a_removal_ends_all_sessions(database, rows, rina):
    with database.begin() as connection:
        token, _ = log_in(connection, "Rina", PASSWORD)
        accounts.set_password(
            connection, accounts.find_user(connection, "Rina"), hash_password("another password")
        )
        assert session_of(connection, token) is None
        assert log_in(connection, "Rina", PASSWORD) is None
        token, _ = log_in(connection, "Rina", "another password")
        accounts.drop_user(connection, accounts.find_user(connection, "rina"))
        assert session_of(connection, token) is None
    assert rows.one("SELECT count(*) FROM users") == 0


def test_a_session_may_last_as_long_as_it_is_given(database, rina):
    with database.begin() as connection:
        user = accounts.find_user(connection, "Rina")
        accounts.add_session(connection, "digest", user, "csrf", timedelta(seconds=-1))
        assert accounts.find_session(connection, "digest") is None
