"""The house as a whole: what it is built from, that its parts fit, and that its papers speak the truth."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ops.__main__ import COMMANDS
from worker import compiled

HOUSE = Path(__file__).parents[2]
PACKAGES = ("worker", "alerts", "ops")
PAPERS = sorted({*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")})
NO_MODULES = ("ops.migrations.env", "ops.migrations.versions")  # run by Alembic alone
ENTRY_POINTS = ("ops.celery", "ops.beating")  # set up the process that imports them
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:worker|alerts|ops|tests|docs)/[\w/.-]+\.(?:py|md|toml))`")
EXAMPLES = {"alerts/channels/ntfy.py", "tests/alerts/test_ntfy.py"}  # which the how-to writes
_COMMAND = re.compile(r"(?:\./|`)pantau ([a-z]+(?:-[a-z]+)*)")


def modules():
    for package in PACKAGES:
        found = importlib.import_module(package)
        yield package
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            yield module.name


def test_every_wheel_comes_from_the_public_index():
    lock = tomllib.loads((HOUSE / "uv.lock").read_text())
    sources = {str(package["source"]) for package in lock["package"]}
    assert sources <= {"{'registry': 'https://pypi.org/simple'}", "{'editable': '.'}"}
    addresses = set(re.findall(r"https?://([^/\"]+)/", (HOUSE / "uv.lock").read_text()))
    assert addresses == {"pypi.org", "files.pythonhosted.org"}


@pytest.mark.parametrize("requirements", ["requirements.lock", "requirements-dev.lock"])
def test_what_pip_installs_is_pinned_with_hashes_and_names_no_other_index(requirements):
    text = (HOUSE / requirements).read_text().replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))]
    assert len(pinned) > 50
    assert [line[:60] for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []
    assert not re.search(r"--(extra-)?index-url (?!https://pypi\.org/simple)|@ (git|https?):", text)


def test_no_other_distribution_stands_where_our_packages_are_imported_from():
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ["pantau"])) == {"pantau"}
        assert Path(importlib.import_module(package).__file__).is_relative_to(HOUSE)


@pytest.mark.parametrize(
    "name", [name for name in modules() if not name.startswith((*NO_MODULES, *ENTRY_POINTS))]
)
def test_every_module_can_be_imported_and_says_what_it_is(name):
    module = importlib.import_module(name)
    # machine code does not carry its module's words
    said = ast.get_docstring(ast.parse(source_of(name))) if name in compiled.MODULES else module.__doc__
    assert (said or "").strip(), f"{name} has no docstring"


def source_of(module: str) -> str:
    return HOUSE.joinpath(*module.split(".")).with_suffix(".py").read_text()


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_every_entry_point_can_be_imported_by_a_process_of_its_own(name, tmp_path):
    servers = {
        "PANTAU_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
        "PANTAU_REDIS_URL": "redis://127.0.0.1:1",
    }
    told = subprocess.run(
        [sys.executable, "-c", f"import {name}; assert {name}.__doc__"],
        env={**os.environ, **servers, "PANTAU_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=HOUSE,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr[-2000:]


def test_no_module_or_class_has_a_name_that_means_nothing():
    empty = re.compile(r"(^|_|\.)(utils?|helpers?|managers?|base|services?|misc|common)$", re.IGNORECASE)
    assert [name for name in modules() if empty.search(name)] == []
    sources = [path for package in PACKAGES for path in (HOUSE / package).rglob("*.py")]
    classes = re.findall(r"^class (\w+)", "\n".join(path.read_text() for path in sources), re.MULTILINE)
    assert [name for name in classes if re.search(r"(Utils?|Helper|Manager|Service|Base)$", name)] == []


def test_imports_go_only_where_they_may():
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=HOUSE,
    )
    assert told.returncode == 0, told.stdout[-3000:]
    assert "0 broken" in told.stdout


def test_every_command_has_its_file_and_its_name():
    for name, module in COMMANDS.items():
        assert callable(getattr(importlib.import_module(module), name.replace("-", "_"))), name


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_command_that_the_papers_name_exists(paper):
    named = set(_COMMAND.findall(paper.read_text())) - {"test"}  # `./pantau test` is the launcher's own
    assert named <= set(COMMANDS)


def anchors(paper):
    headings = re.findall(r"^#+ (.+)$", paper.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_link_inside_the_house_leads_somewhere(paper):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", paper.read_text(), flags=re.DOTALL)
    inside = [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    lost = []
    for link in inside:
        path, _, anchor = link.partition("#")
        target = (paper.parent / path).resolve() if path else paper
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_file_that_the_papers_name_exists(paper):
    named = set(_FILE.findall(paper.read_text())) - EXAMPLES
    assert sorted(name for name in named if not (HOUSE / name).exists()) == []


CASES = tomllib.loads((HOUSE / "tests/corpus/cases.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"case-{case['number']}")
def test_what_must_hold_when_telling_goes_wrong_is_held_by_a_test(case):
    for test in case["tests"]:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (HOUSE / file).read_text(), test


def test_no_case_is_left_out():
    numbers = [case["number"] for case in CASES]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) >= {*range(1, 28), 38, 39}


FAULTS = tomllib.loads((HOUSE / "tests/chaos/faults.toml").read_text())["fault"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"fault-{fault['number']}")
def test_what_must_hold_whatever_breaks_is_held_by_a_test(fault):
    for test in (*fault["tests"], *fault.get("long", ())):
        file, _, name = test.partition("::")
        assert f"def {name}(" in (HOUSE / file).read_text(), test


def test_no_fault_is_left_out_and_operators_are_told_of_each():
    numbers = [fault["number"] for fault in FAULTS]
    assert numbers == list(range(1, 23))
    told = re.findall(r"^\| (\d+) \|", (HOUSE / "docs/failures.md").read_text(), re.MULTILINE)
    assert [int(number) for number in told] == numbers
