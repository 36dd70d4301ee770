"""PURE. The numbers of rows, as addresses and forms carry them: `{number:row}` in a route is one, and what no row can
have leads nowhere."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

_DIGITS = 18  # what PostgreSQL's bigint surely holds


class _RowNumber(Convertor[int]):
    regex = f"[1-9][0-9]{{0,{_DIGITS - 1}}}"

    def convert(self, value: str) -> int:
        """As a number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """As it stands in an address."""
        return str(value)


register_url_convertor("row", _RowNumber())


def number_of(request: Request, name: str = "number") -> int:
    """The row that the address names."""
    number: int = request.path_params[name]
    return number


def number_in(written: str | None) -> int | None:
    """A row's number as somebody wrote it; None for what can be none."""
    plain = written is not None and written.isascii() and written.isdecimal() and len(written) <= _DIGITS
    return int(written) if plain and written is not None else None
