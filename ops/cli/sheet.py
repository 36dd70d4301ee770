"""`--csv`: a list printed for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from ops.sheets import sheet

csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")


def print_sheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """The rows with a heading, every cell in quotes (RFC 4180)."""
    for line in sheet(rows, columns):
        click.echo(line, nl=False)
