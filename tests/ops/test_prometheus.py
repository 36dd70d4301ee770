"""The files for Prometheus and Grafana name only what /metrics tells, and each alert says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ops.__main__ import COMMANDS
from ops.causes import BY_READERS
from ops.measures import NAMED

OPS = Path(__file__).resolve().parents[2] / "ops"
RULES: list[dict[str, Any]] = [
    rule for group in YAML(typ="safe").load(OPS / "prometheus/rules.yml")["groups"] for rule in group["rules"]
]
BOARD: dict[str, Any] = json.loads((OPS / "grafana/dashboards/pantau.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
_SELECTED = re.compile(r"(pantau_\w+)\s*(?:\{([^}]*)\})?")


def expressions() -> dict[str, str]:
    told = {rule["alert"]: rule["expr"] for rule in RULES}
    told |= {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    }
    return told


@pytest.mark.parametrize("expression", expressions().values(), ids=expressions())
def test_only_what_is_told_is_asked_for(expression: str) -> None:
    for name, selection in _SELECTED.findall(expression):
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        measure = NAMED.get(name) or NAMED.get(base)
        assert measure is not None, name
        assert (measure.kind == "histogram") == (name.endswith("_bucket")), name
        labels = {re.split("[=!]", part)[0].strip() for part in selection.split(",") if part.strip()}
        assert labels <= {"instance", *measure.labels}, name
    for names in re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", expression):
        known = {label for measure in NAMED.values() for label in measure.labels} | {"instance", "le"}
        assert {name.strip() for name in names.split(",")} <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do_with_commands_that_exist(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    runbook = rule["annotations"]["runbook"]
    assert len(runbook) > 40
    for command in re.findall(r"`pantau ([a-z]+)", runbook):
        assert command in COMMANDS
    for name in re.findall(r"pantau_\w+", runbook):
        assert name in NAMED


def test_what_readers_asked_for_wakes_nobody() -> None:
    (held,) = (rule["expr"] for rule in RULES if rule["alert"] == "PantauHeld")
    (by_readers,) = re.findall(r'reason!~"([a-z_|]+)"', held)
    assert set(by_readers.split("|")) == BY_READERS


def test_every_alert_is_tried_in_the_rules_own_test() -> None:
    tried = (OPS / "prometheus/rules_test.yml").read_text()
    assert [rule["alert"] for rule in RULES if rule["alert"] not in tried] == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_explains_itself_and_lies_on_the_board(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert panel["datasource"]["uid"] == "pantau-prometheus"
    place = panel["gridPos"]
    assert place["x"] + place["w"] <= 24


def test_no_two_panels_share_a_place_or_a_number() -> None:
    taken = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_grafana_finds_the_board_and_the_source_that_it_names() -> None:
    yaml = YAML(typ="safe")
    (source,) = yaml.load(OPS / "grafana/provisioning/datasources/pantau.yml")["datasources"]
    (provider,) = yaml.load(OPS / "grafana/provisioning/dashboards/pantau.yml")["providers"]
    assert source["uid"] == "pantau-prometheus"
    assert provider["allowUiUpdates"] is False


@pytest.mark.parametrize(
    "words",
    [
        ["check", "rules", "prometheus/rules.yml"],
        ["check", "config", "prometheus/prometheus.yml"],
        ["test", "rules", "prometheus/rules_test.yml"],
    ],
    ids=" ".join,
)
def test_prometheus_own_tool_agrees(words: list[str]) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool here (Debian: apt install prometheus)")
    ran = subprocess.run([tool, *words], cwd=OPS, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
