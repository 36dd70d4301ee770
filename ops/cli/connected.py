"""The installation's database, for a command that asks it once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.settings import Settings
    from worker.store.engine import Connection


@contextmanager
def connected(settings: Settings | None = None) -> Iterator[Connection]:
    """One transaction on the installation's database (of the environment, where no settings are given). Raises
    Unavailable where it does not answer."""
    from ops import kit

    with kit.connected(settings or kit.settings_of()) as connection:
        yield connection


def noted(
    connection: Connection,
    what: str,
    kind: str,
    name: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Writes down in the audit log, within the transaction of the change, what was done by a command."""
    from ops.store.audit_log import COMMAND_LINE, note

    note(connection, COMMAND_LINE, what, kind, name, before, after)
