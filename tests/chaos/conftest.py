"""What goes wrong around Pantau is made to go wrong here: on real processes, servers, sockets and disks.

`faults.toml` says which test holds which fault. `./pantau test --chaos` runs the long form besides: `test_long.py`, and
the waits of the others at full length.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.report import told


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The long form is there only where it is asked for."""
    return True if collection_path.name == "test_long.py" and not config.getoption("chaos") else None


@pytest.fixture(scope="session")
def at_length(request: pytest.FixtureRequest) -> bool:
    """Whether waits have their full length."""
    return bool(request.config.getoption("chaos"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the long form did, and what came of it."""
    if lines := told(config):
        terminalreporter.section("what was done, and what came of it")
        for line in lines:
            terminalreporter.write_line(line)
