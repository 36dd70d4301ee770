"""The numbers of rows in addresses: `{number:row}` in a route is one, and what no row can have leads nowhere."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from ops.row_number import DIGITS


class _RowNumber(Convertor[int]):
    regex = f"[1-9][0-9]{{0,{DIGITS - 1}}}"

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
