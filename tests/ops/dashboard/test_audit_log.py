"""The audit log: what differs, who may look, filters, pages, the sheet; and what commands write into it."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, text

from ops import access
from ops.dashboard.tongues import tongue
from ops.dashboard.views.audit_log import KINDS, PAGE, WHAT, Asked, compose, differences
from ops.said import spoken
from ops.store import accounts
from ops.store.audit_log import note, noted
from ops.store.schema import users

OPS = Path(__file__).parents[3] / "ops"
HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, None, []),
        (None, {"role": "viewer"}, [("role", None, "viewer")]),
        ({"role": "viewer"}, None, [("role", "viewer", None)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b", "2", "3")]),
        ({"a": None}, {}, []),
        ({"tags": ["x", "y"]}, {"tags": []}, [("tags", "x, y", "")]),
        ({"pace": {"min": 5}}, {"pace": {"min": 9}}, [("pace", '{"min": 5}', '{"min": 9}')]),
        ({"on": True}, {"on": False}, [("on", "true", "false")]),
        ({"z": 1, "a": 1}, {"a": 2, "n": 3}, [("z", "1", None), ("a", "1", "2"), ("n", None, "3")]),
    ],
)
def test_only_what_differs_is_shown(before: Any, after: Any, shown: list[tuple[Any, ...]]) -> None:
    found = [(each.field, each.before, each.after) for each in differences(before, after)]
    assert found == shown


def words_of_notes(call: str, what: int) -> Iterator[tuple[int, str]]:
    """The words that stand in the source where something is noted: 0 for what is done, 1 for the kind of thing."""
    for path in OPS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == call:
                for n, given in enumerate(node.args[what : what + 2]):
                    yield from ((n, word) for word in _constants(given) if word != "s")


def _constants(given: ast.expr) -> Iterator[str]:
    found = (node.value for node in ast.walk(given) if isinstance(node, ast.Constant))
    return (value for value in found if isinstance(value, str))


def test_all_that_is_noted_has_a_word_in_the_readers_language() -> None:
    noted_words = {*words_of_notes("note", 2), *words_of_notes("noted", 1)}
    assert len(noted_words) > 30
    assert {word for n, word in noted_words if n == 0} <= {*WHAT}
    assert {word for n, word in noted_words if n == 1} <= {*KINDS}
    row = {"id": 7, "at": NOW, "who": "rina", "what": "changed", "kind": "topic", "name": "NATO",
           "before": None, "after": None}  # fmt: skip
    (line,) = compose([row], Asked(), NOW).lines
    assert (spoken(line.what, tongue("id")), spoken(line.kind, tongue("id"))) == ("diubah", "topik")


def test_very_long_notes_are_bounded() -> None:
    after = {f"field {n}" * 100: "x" * 10_000 for n in range(100)}
    row = {"id": 7, "at": NOW, "who": "x" * 999, "what": "y" * 999, "kind": "k", "name": "n" * 9999,
           "before": None, "after": after}  # fmt: skip
    (line,) = compose([row], Asked(), NOW).lines
    assert line.more == 80
    assert len(line.name) <= 120
    assert max(len(each.after or "") for each in line.differences) <= 300


@pytest.fixture
def as_role(site: Any, engine: Any) -> Any:
    def visitor(role: str) -> Any:
        with engine.begin() as connection:
            if accounts.find_user(connection, role) is None:
                accounts.add_user(connection, role, access.hash_password("another long password"), role)
        someone = site.visitor()
        assert someone.log_in(role, "another long password").status == 303
        return someone

    yield visitor
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.name != "ratna"))


@pytest.fixture
def log(engine: Any) -> Any:
    """Writes notes down."""

    def write(*notes: tuple[Any, ...]) -> None:
        with engine.begin() as connection:
            for each in notes:
                note(connection, *each)

    return write


@pytest.mark.servers
def test_only_admins_look_at_it(as_role: Any, site: Any) -> None:
    assert [as_role(role).get("/audit-log").status for role in ("viewer", "editor", "admin")] == [
        403,
        403,
        200,
    ]
    assert [as_role(role).get("/audit-log.csv").status for role in ("viewer", "editor", "admin")] == [
        403,
        403,
        200,
    ]
    assert 'href="/audit-log"' not in as_role("editor").get("/").text
    assert site.visitor().get("/audit-log").status == 303


@pytest.mark.servers
def test_an_empty_log_says_what_will_stand_there(site: Any) -> None:
    visitor = site.known_visitor()
    assert "Nothing was changed yet" in visitor.get("/audit-log").text
    assert "Nothing of that kind was changed" in visitor.get("/audit-log?who=nobody").text


@pytest.mark.servers
def test_lines_are_found_by_who_kind_and_name(site: Any, log: Any) -> None:
    log(
        ("rina", "changed", "topic", "NATO", {"query": "@nato"}, {"query": "@nato OR @eu"}),
        ("sari", "added", "feed", "Harian"),
        ("sari", "removed", "topic", "Floods"),
    )
    visitor = site.known_visitor()

    def names(query: str) -> list[str]:
        page = visitor.get(f"/audit-log{query}").text
        return re.findall(r'<span class="tag">[^<]+</span> <a [^>]+><bdi>([^<]+)', page)

    assert names("") == ["Floods", "Harian", "NATO"]
    assert names("?who=sari") == ["Floods", "Harian"]
    assert names("?kind=topic") == ["Floods", "NATO"]
    assert names("?kind=topic&name=NATO&who=rina") == ["NATO"]
    assert names("?kind=%00&before=-1&name=") == ["Floods", "Harian", "NATO"]
    page = visitor.get("/audit-log?kind=topic").text
    assert "<del>@nato</del><ins>@nato OR @eu</ins>" in page
    assert '<option value="topic" selected>' in page


@pytest.mark.servers
def test_older_lines_follow_one_another_without_a_gap(site: Any, log: Any) -> None:
    log(*(("rina", "added", "feed", f"feed {n}") for n in range(PAGE * 2 + 3)))
    visitor, address, seen = site.known_visitor(), "/audit-log?who=rina", []
    for _ in range(4):
        page = visitor.get(address).text
        seen += re.findall(r"<bdi>feed (\d+)<", page)
        following = re.search(r'class="further"><a class="button" href="([^"]+)"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
        assert "who=rina" in address
    assert [int(n) for n in seen] == list(range(PAGE * 2 + 2, -1, -1))


@pytest.mark.servers
def test_what_people_wrote_is_only_ever_text(site: Any, log: Any) -> None:
    log((HOSTILE, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, {HOSTILE: [HOSTILE]}))
    page = site.known_visitor().get("/audit-log").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.servers
def test_the_sheet_holds_the_same_and_computes_nothing(site: Any, log: Any) -> None:
    log(("=1+1", "changed", "topic", "NATO", {"query": "@nato"}, None), ("rina", "added", "feed", "Harian"))
    answer = site.known_visitor().get("/audit-log.csv?kind=topic")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "pantau-audit-log-" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["who"] == "'=1+1"
    assert (row["what"], row["kind"], row["name"], row["before"], row["after"]) == (
        "changed",
        "topic",
        "NATO",
        '{"query": "@nato"}',
        "",
    )


@pytest.mark.servers
def test_every_filter_goes_by_an_index(engine: Any) -> None:
    """However many lines there are, no question looks at all of them."""
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO audit_log (who, what, kind, name)
            SELECT 'who ' || n % 1000, 'changed', 'kind ' || n % 9, 'name ' || n FROM generate_series(1, 20000) n
        """)
        )
        connection.execute(text("ANALYZE audit_log"))
        questions: list[dict[str, Any]] = [
            {},
            {"kind": "kind 7"},
            {"kind": "kind 7", "name": "name 7"},
            {"name": "name 7"},
            {"who": "who 7"},
        ]
        for question in questions:
            asked: list[tuple[str, Any]] = []
            keep = lambda _c, _k, statement, values, *_, asked=asked: asked.append((statement, values))  # noqa: E731
            event.listen(connection, "before_cursor_execute", keep)
            noted(connection, limit=51, **question)
            event.remove(connection, "before_cursor_execute", keep)
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {asked[-1][0]}", asked[-1][1]).scalars())
            assert "Seq Scan" not in plan, question
            assert "Index" in plan
        connection.rollback()
