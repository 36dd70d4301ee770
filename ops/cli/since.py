"""`--since`: how far back a command looks."""

from __future__ import annotations

from datetime import timedelta

from worker.errors import BadInput
from worker.settings import parse_duration

LONGEST = timedelta(days=100 * 365)


def time_span(since: str) -> timedelta:
    """The time that "90s", "2m", "6h" or "7d" means, a hundred years at most. Raises BadInput for anything else."""
    try:
        return min(timedelta(seconds=min(parse_duration(since), LONGEST.total_seconds())), LONGEST)
    except ValueError as error:
        raise BadInput(f"--since: {error}") from None
