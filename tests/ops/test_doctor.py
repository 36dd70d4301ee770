"""What an examination says of how topics are matched."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import doctor
from worker import compiled


@pytest.mark.parametrize(
    ("preferred", "switch", "was_made", "level", "words"),
    [
        (True, "", True, "ok", "by machine code"),
        (False, "", False, "ok", "`pantau compile` makes that quicker"),
        (False, "", True, "warn", "but of another version"),
        (False, "off", True, "ok", "PANTAU_COMPILED is off"),
        (False, "off", False, "ok", "PANTAU_COMPILED is off"),
    ],
)
def test_whether_topics_are_matched_by_machine_code(
    preferred: bool,
    switch: str,
    was_made: bool,
    level: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(compiled.SWITCH, switch)
    monkeypatch.setattr(compiled, "is_preferred", lambda: preferred)
    monkeypatch.setattr(compiled, "home", lambda: tmp_path if was_made else tmp_path / "none")
    [finding] = doctor._machine_code()
    assert finding.level == level
    assert words in str(finding.says)
    assert bool(finding.remedy) == (level != "ok")
