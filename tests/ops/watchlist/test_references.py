"""References to secrets: what they mean, and how the applying process resolves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.watchlist import (
    DeclaredChannel,
    DeclaredFeed,
    FromEnv,
    FromFile,
    Given,
    Reference,
    Stored,
    Watchlist,
    parse_reference,
    read_secret_file,
    resolve,
    secrets_of,
)
from ops.watchlist.addresses import target_fault
from ops.watchlist.words import Fault
from worker.errors import BadInput
from worker.secrets import Secret


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("env:DESK_HOOK", FromEnv("DESK_HOOK")),
        ("file:/run/secrets/risk", FromFile("/run/secrets/risk")),
        ("file:C:/geheim", FromFile("C:/geheim")),
        ("stored:41", Stored("41")),
        ("https://hooks.example/x", Given(Secret("https://hooks.example/x"))),
        ("environment", Given(Secret("environment"))),
        ("", Given(Secret(""))),
    ],
)
def test_a_text_is_a_reference_or_the_value_itself(text: str, meant: Reference) -> None:
    assert parse_reference(text) == meant


@pytest.mark.parametrize(
    "text", ["env:", "env:A B", "env:1A", "env:A-B", "file:", "file:/x/", "stored:", "Env:A", "FILE:/x"]
)
def test_a_reference_that_names_nothing_is_refused(text: str) -> None:
    assert isinstance(parse_reference(text), Fault)


def test_references_resolve_in_the_process_that_applies(tmp_path: Path) -> None:
    file = tmp_path / "risk"
    file.write_text("  from file\n")
    environ = {"HOOK": "from env\n"}
    kept = {"7": Secret("from store")}
    for reference, value in [
        (FromEnv("HOOK"), "from env"),
        (FromFile(str(file)), "from file"),
        (Stored("7"), "from store"),
        (Given(Secret("itself")), "itself"),
    ]:
        assert resolve(reference, environ, read_secret_file, kept.get) == Secret(value)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (FromEnv("MISSING"), "env:MISSING: the variable MISSING is not set"),
        (FromEnv("EMPTY"), "env:EMPTY: it is empty"),
        (FromFile("/nowhere/geheim"), "file:/nowhere/geheim: the file cannot be read: No such file"),
        (FromFile("/"), "file:/: the file cannot be read"),
        (FromFile("/x\0y"), r"file:/x\\u0000y: the file cannot be read"),
        (FromFile("/dev/zero"), "file:/dev/zero: the file cannot be read: it is larger than"),
        (FromFile("/dev/null"), "file:/dev/null: it is empty"),
        (Stored("9"), "stored:9: this installation keeps no such secret"),
    ],
)
def test_a_reference_that_does_not_resolve_is_named(reference: Reference, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        resolve(reference, {"EMPTY": " \n"}, read_secret_file)


def test_a_secret_file_in_another_encoding_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "risk"
    file.write_bytes(b"geheim\xe9")
    with pytest.raises(BadInput, match="not text in UTF-8") as refused:
        resolve(FromFile(str(file)), {}, read_secret_file)
    assert "geheim" not in str(refused.value)


def test_every_secret_of_a_watchlist_has_a_place() -> None:
    watchlist = Watchlist(
        feeds=(
            DeclaredFeed("https://a.example/", password=FromEnv("A"), headers=(("X-Key", FromEnv("B")),)),
        ),
        channels=(
            DeclaredChannel("risk", "webhook", FromEnv("C"), Stored("1")),
            DeclaredChannel("d", "email", FromEnv("D")),
        ),
    )
    assert secrets_of(watchlist) == {
        ("feed", "https://a.example/", "password"): FromEnv("A"),
        ("feed", "https://a.example/", "header X-Key"): FromEnv("B"),
        ("channel", "risk", "target"): FromEnv("C"),
        ("channel", "risk", "secret"): Stored("1"),
        ("channel", "d", "target"): FromEnv("D"),
    }


def test_a_resolved_target_is_judged_like_a_written_one() -> None:
    assert target_fault("slack_webhook", "https://hooks.slack.com/services/T/B/x") is None
    assert target_fault("email", "rina@example.org") is None
    assert target_fault("email", "rina@newsroom.lan") is None
    for address in ("https://risk.example/<geheim>", "https://пошта.example/geheim"):
        refused = target_fault("webhook", address)  # the channel itself would not post there
        assert refused is not None
        assert "geheim" not in refused
    told = target_fault("slack_webhook", "geheim")
    assert told is not None
    assert "not a web address" in told
    assert "geheim" not in told
