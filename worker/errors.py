"""The error tree. Outcomes of ordinary life (a feed that is down, a refused message) are values, not errors.

PantauError
├── BadInput            a file, query or argument the user gave          exit 65
│   └── BadQuery        column, cause, suggestion
├── BadConfiguration    an environment value that cannot be understood   exit 78
├── Unavailable         a service we need does not answer                exit 69
└── TryAgain            somebody else is at it                           exit 75
"""

from __future__ import annotations


class PantauError(Exception):
    """Something went wrong in a way we foresaw; `str()` is a sentence for people."""

    exit_code = 1


class BadInput(PantauError):
    """What the user handed in cannot be used; says what, where and what to do."""

    exit_code = 65


class BadQuery(BadInput):
    """A query that cannot be read. `column` is 1-based in code points of the query."""

    def __init__(self, column: int, cause: str, suggestion: str = "") -> None:
        self.column, self.cause, self.suggestion = column, cause, suggestion
        hint = f"; {suggestion}" if suggestion else ""
        super().__init__(f"column {column}: {cause}{hint}")


class BadConfiguration(PantauError):
    """A setting that cannot be understood; the start ends here."""

    exit_code = 78


class Unavailable(PantauError):
    """A needed service does not answer."""

    exit_code = 69


class TryAgain(PantauError):
    """Another process holds what we need; later it will be free."""

    exit_code = 75
