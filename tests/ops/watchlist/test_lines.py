"""The line index agrees with `tomllib` about what a text holds, and with the text about where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.watchlist.lines import MAX_DEPTH, MAX_ITEMS, MAX_SCALAR, find_lines

# A leaf carries its own number, so that its true line can be found in the source whatever stands around it.
_LEAVES = st.sampled_from(
    [
        '"mark{n}"',
        "'mark{n}'",
        '"mark{n} # [x] = \\" {{"',
        '"""mark{n}\n[[feed]]\nkey = "\\""" ] }} """',
        "'''mark{n}\n[x] # 'a' ''b\n'''",
        '"""mark{n}"""',
        "'''mark{n}'''''",
        '"""mark{n}"""""',
        '"mark{n}"  ',
    ]
)
_GAPS = st.sampled_from(["", " ", "\n", "\n# ] } , = [[\n", " # comment\n\t"])
_KEYS = st.sampled_from(["k{n}", '"k {n} # ="', "'k{n}.x'", "a{n} . b", '"\\u0041{n}"', "k{n}.c.d"])


@st.composite
def _value(draw: st.DrawFn, depth: int = 0) -> str:
    shape = draw(st.sampled_from(["leaf", "leaf", "list", "table"])) if depth < 3 else "leaf"
    if shape == "leaf":
        return draw(_LEAVES)
    parts = draw(st.lists(_value(depth + 1), max_size=3))
    if shape == "list":
        items = [f"{draw(_GAPS)}{part}{draw(_GAPS)}" for part in parts]
        return f"[{','.join(items)}{draw(_GAPS)}]"
    return f"{{{{ {', '.join(f'{draw(_KEYS)} = {part}' for part in parts)} }}}}"


@st.composite
def _document(draw: st.DrawFn) -> str:
    rows: list[str] = []
    for _ in range(draw(st.integers(1, 8))):
        row = draw(
            st.one_of(
                st.sampled_from(
                    [
                        "[[feed]]",
                        "[[ feed ]] # x",
                        "[feed.s{n}]",
                        "[[feed.deep]]",
                        "[t{n}.'u v']",
                        "[[topic]]",
                    ]
                ),
                st.builds(lambda key, value: f"{key} = {value}", _KEYS, _value()),
                st.sampled_from(["", '# [[feed]] = "', "  "]),
            )
        )
        rows.append(row)
    source = draw(st.sampled_from(["\n", "\r\n"])).join(rows)
    numbers = iter(range(10_000))
    return re.sub(r"\{n\}", lambda _: str(next(numbers)), source).replace("{{", "{").replace("}}", "}")


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


@given(_document())
def test_every_value_is_found_on_the_line_where_it_stands(source: str) -> None:
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return
    lines = find_lines(source)
    assert lines.excess is None
    for path, value in _leaves(tables):
        mark = re.match(r"mark\d+", value)
        assert mark
        at = re.search(rf"{mark[0]}(?!\d)", source)
        assert at
        assert lines.places[path] == source.count("\n", 0, at.start()) + 1


@given(st.text("ab.[]{}=,\"'\\#\n\r \t0u-:é\x00", max_size=60))
def test_what_tomllib_accepts_is_never_lost(source: str) -> None:
    lines = find_lines(source)
    try:
        tables = tomllib.loads(source)
    except (ValueError, RecursionError):
        return
    if lines.excess is None:
        assert all(path in lines.places for path, _ in _leaves(tables))


@given(st.text())
def test_any_text_has_lines(source: str) -> None:
    assert find_lines(source).of(("feed", 3, "url")) >= 1


def test_what_has_no_place_of_its_own_has_that_of_the_table_around_it() -> None:
    lines = find_lines('\n[[feed]]\nurl = "x"\n\n[[feed]]\n')
    assert lines.of(("feed", 0, "url")) == 3
    assert lines.of(("feed", 1, "url")) == 5
    assert lines.of(("feed", 9)) == 2
    assert lines.of(("topic",)) == 1


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (f"a = 1\nb = {'[' * (MAX_DEPTH + 1)}", 2, "deeper"),
        (f"{'{x=' * 3}\nb = {'{x=' * (MAX_DEPTH + 1)}", None, ""),
        ("a." * MAX_DEPTH + "b = 1", 1, "parts"),
        (f"[{'a.' * MAX_DEPTH}b]", 1, "parts"),
        (f"a = [{'1,' * (MAX_ITEMS + 1)}]", 1, "items"),
        (f"a = {'9' * (MAX_SCALAR + 1)}", 1, "characters"),
    ],
)
def test_shapes_that_no_watchlist_has_are_refused(source: str, line: int | None, words: str) -> None:
    excess = find_lines(source).excess
    if line is None:
        assert excess is None  # not TOML: tomllib says so, in better words
    else:
        assert excess is not None
        assert excess[0] == line
        assert words in excess[1]
