"""Lengths of time as people give them to a command: `--since 6h`, `--for 8h`."""

from __future__ import annotations

from datetime import timedelta

from worker.errors import BadInput
from worker.settings import parse_duration

LONGEST = timedelta(days=100 * 365)


def time_span(text: str, option: str = "--since") -> timedelta:
    """The time that "90s", "2m", "6h" or "7d" means, a hundred years at most. Raises BadInput, which names
    the `option`, for anything else."""
    try:
        return min(timedelta(seconds=min(parse_duration(text), LONGEST.total_seconds())), LONGEST)
    except ValueError as error:
        raise BadInput(f"{option}: {error}") from None
