"""What every command has in common: how it starts, how it ends, what it says then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.__main__ import COMMANDS

CORPUS = Path(__file__).parents[2] / "corpus" / "watchlists"
FILES = sorted(CORPUS.glob("*.toml"))


def process(*arguments, **environ):
    """Runs a command as a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PANTAU_")}
    command = [sys.executable, "-m", "ops", *map(str, arguments)]
    return subprocess.run(
        command,
        env=clean | environ,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
    )


HEAVY = (
    "sqlalchemy",
    "celery",
    "kombu",
    "aiohttp",
    "trafilatura",
    "lxml",
    "structlog",
    "psycopg",
    "starlette",
)


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["check", str(FILES[0])]])
def test_the_quick_commands_load_nothing_heavy(words):
    code = (
        "import sys\nfrom ops.__main__ import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    allowed = ("sqlalchemy", "lxml", "psycopg") if words[0] == "check" else ()
    told = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        timeout=60,
    )
    loaded = set(told.stderr.split())
    assert "ops.__main__" in loaded
    assert [name for name in HEAVY if name in loaded and name not in allowed] == []


def test_the_version_is_one_line(pantau):
    told = pantau("--version")
    assert (told.code, told.err) == (0, "")
    assert told.out.split()[0] == "pantau"


def test_help_names_every_command_with_what_it_does(pantau):
    told = pantau("--help")
    listed = {
        line.split()[0]: line.split()[1:]
        for line in told.out.split("Commands:")[1].splitlines()
        if line.strip()
    }
    assert told.code == 0
    assert set(COMMANDS) <= set(listed)
    assert all(listed[name] for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(pantau, name):
    told = pantau(name, "-h")
    assert told.code == 0
    assert told.out.startswith(f"Usage: pantau {name}")


WRONG = [
    ["nosuch"], ["--nosuch"], ["check"], ["check", "a", "b"], ["apply", "x", "--prun"], ["up", "--port", "70000"],
    ["worker", "--queues", "nosuch"], ["worker", "--queues", ","], ["users", "add", "x", "--role", "king"],
    ["match", "--topics", "x"], ["parse"], ["health", "--part", "nose"], ["feeds", "nosuch"], ["web", "--port", "x"],
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_exit_2_and_says_what_is_right(pantau, words):
    told = pantau(*words)
    assert told.code == 2
    assert told.out == ""
    assert "Error" in told.err


NEEDY = [
    ["status"], ["status", "--json"], ["audit"], ["export"], ["apply", FILES[0]], ["feeds", "list"], ["users", "list"],
    ["feeds", "add", "https://a.example/"], ["migrate"], ["web"], ["worker"], ["beat"],
]  # fmt: skip


@pytest.mark.parametrize("words", NEEDY, ids=lambda words: " ".join(map(str, words[:2])))
def test_where_nothing_runs_it_says_so_with_the_remedy(words, tmp_path):
    told = process(*words, PANTAU_DATA_DIR=str(tmp_path))
    assert told.returncode == 69
    assert told.stdout == ""
    assert "pantau up" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "words", [["status"], ["up"], ["web"], ["demo", "--once"], ["migrate"]], ids=" ".join
)
def test_a_setting_that_cannot_be_understood_is_exit_78_and_named(pantau, monkeypatch, words):
    monkeypatch.setenv("PANTAU_PORT", "eighty")
    told = pantau(*words)
    assert told.code == 78
    assert "PANTAU_PORT" in told.err
    assert "Traceback" not in told.err


def test_a_database_that_does_not_answer_is_exit_69(pantau, monkeypatch, tmp_path):
    monkeypatch.setenv("PANTAU_DATABASE_URL", f"postgresql://x:hush@/x?host={tmp_path}")
    monkeypatch.setenv("PANTAU_REDIS_URL", "redis://127.0.0.1:1")
    told = pantau("status")
    assert told.code == 69
    assert "does not answer" in told.err
    assert "hush" not in told.err


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_check_ends_as_the_file_deserves(pantau, file):
    told = pantau("check", file)
    good = file.stem.startswith(("good-", "warned-"))
    assert told.code == (0 if good else 65)
    assert ("no fault found" in told.out) is good
    assert "Traceback" not in told.err


@pytest.mark.parametrize("file", FILES[::6], ids=lambda file: file.stem)
def test_check_tells_programs_the_same(pantau, file):
    words, told = pantau("check", file), pantau("check", file, "--json")
    found = json.loads(told.out)
    assert told.code == words.code
    assert found["ok"] is (told.code == 0)
    assert bool(found["errors"]) is not found["ok"]


@pytest.mark.parametrize("missing", ["no.toml", "."])
def test_a_watchlist_that_cannot_be_read_is_bad_input(pantau, missing, tmp_path):
    told = pantau("check", tmp_path / missing)
    assert told.code == 65
    assert str(tmp_path) in told.err


def test_a_reader_that_goes_away_is_no_disaster():
    reading, writing = os.pipe()
    os.close(reading)
    told = subprocess.run(
        [sys.executable, "-m", "ops", "check", str(FILES[-1]), "--json"],
        stdout=writing, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3], timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert told.returncode in (1, 65)
    assert b"Traceback" not in told.stderr


def test_an_interruption_is_exit_130(pantau, monkeypatch):
    def interrupted(*_arguments, **_facts):
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.watchlist.read_watchlist", interrupted)
    assert pantau("check", "x").code == 130


@pytest.mark.servers
def test_status_and_audit_of_an_empty_installation_have_the_promised_shape(pantau, installation):
    (status,) = pantau("status", "--json").lines
    assert {"verdict", "feeds", "desks", "latency"} <= set(status)
    assert set(status["desks"]) == {"poll", "read", "plan", "send"}
    assert {"waiting", "oldest_s"} <= set(status["desks"]["poll"])
    assert {"ok", "failing"} <= set(status["feeds"])
    assert status["latency"]["seen_to_sent"] == status["latency"]["published_to_sent"]
    assert set(status["latency"]["seen_to_sent"]) == {"p50", "p95", "n"}
    (audit,) = pantau("audit", "--json").lines
    names = "alerts sent suppressed expired waiting held failed in_doubt possible_repeats lost doubled"
    assert audit == {**dict.fromkeys(names.split(), 0), "suppressed_because": {}}
    assert "verdict" not in pantau("status").out
    assert "sound" in pantau("audit").out


@pytest.mark.servers
def test_an_audit_that_finds_something_lost_is_exit_1(pantau, installation, rows):
    rows.channel(), rows.subscription()
    rows.match(rows.topic(), rows.article(rows.feed()), state="planned")
    told = pantau("audit", "--json")
    assert (told.code, told.lines[0]["lost"]) == (1, 1)
    assert "NOT SOUND" in pantau("audit").out


@pytest.mark.servers
@pytest.mark.parametrize(
    "words", [["status"], ["audit"], ["export"], ["feeds", "list"], ["users", "list"], ["apply", FILES[-1]]]
)
def test_a_database_without_our_tables_is_told_in_words(
    pantau, installation, monkeypatch, new_database, words
):
    monkeypatch.setenv("PANTAU_DATABASE_URL", new_database("pantau_without_tables").reveal())
    told = pantau(*words)
    assert told.code == 69
    assert "pantau migrate" in told.err


@pytest.mark.servers
def test_migrate_applies_a_watchlist_and_tells_the_first_password_once(pantau, installation, tmp_path):
    watchlist = tmp_path / "w.toml"
    watchlist.write_text('[[feed]]\nurl = "https://a.example/rss"\n')
    told = pantau("migrate", "--watchlist", watchlist)
    assert (told.code, told.out) == (0, "")
    assert "admin, password:" in told.err
    assert "1 added" in told.err
    again = pantau("migrate", "--watchlist", watchlist)
    assert "password" not in again.err
    watchlist.write_text("[[feed]]\n")
    assert pantau("migrate", "--watchlist", watchlist).code == 65


@pytest.mark.servers
def test_accounts_are_added_listed_and_removed(pantau, installation, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert "password:" in pantau("users", "add", "rina", "--role", "editor").err
    assert pantau("users", "add", "RINA").code == 65
    assert pantau("users", "add", "  ").code == 65
    assert [(user["name"], user["role"]) for user in pantau("users", "list", "--json").lines] == [
        ("rina", "editor")
    ]
    assert "password:" in pantau("users", "reset-password", "rina").err
    assert pantau("users", "remove", "rina").code == 0
    for words in (["remove", "rina"], ["reset-password", "rina"]):
        assert pantau("users", *words).code == 65


def test_check_says_which_entities_add_to_those_that_pantau_brings_and_knows_the_packs(pantau, tmp_path):
    folder = tmp_path / "data" / "entities"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(
        '[[entity]]\nkey = "contoh"\ntitle = "Contoh"\nnames.id = { name = ["Harian Contoh"] }\n'
    )
    file = tmp_path / "watchlist.toml"
    file.write_text(
        '[[entity]]\nkey = "nato"\nnames.id = { name = ["Pakta Atlantik"] }\n'
        '[[topic]]\nname = "A"\nquery = "@nato @contoh"\n'
    )
    told = pantau("check", file)
    assert told.code == 0
    assert "1 topic, 0 channels, 0 subscriptions, 1 entity, no fault found" in told.out
    assert "note: [[entity]] nato: @nato is brought by Pantau (NATO)" in told.err
    assert "Pakta Atlantik" in pantau("check", file, "--json").lines[0]["notes"][0]
    (folder / "own.toml").write_text("[[entity]]\n")
    assert pantau("check", file).code == 65


def test_help_says_of_each_command_a_whole_sentence(pantau):
    for words in ([], ["channels"], ["keys"]):
        assert "..." not in pantau(*words, "--help").out.replace("[ARGS]...", "")


@pytest.mark.parametrize(("words", "meant"), [(["stauts"], "status"), (["topics", "tset"], "test")])
def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(pantau, words, meant):
    told = pantau(*words)
    assert told.code == 2
    assert f"'{meant}'" in told.err
