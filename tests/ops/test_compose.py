"""The container files: valid, hardened, and of one mind with the commands and settings they name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from ops.__main__ import pantau
from ops.cli.processes import CONCURRENCY
from worker.app import configure
from worker.secrets import Secret
from worker.settings import unknown_names

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "docker-compose.yml"
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(FILE)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SECRET = re.compile(r"password|secret|token|key|database_url", re.IGNORECASE)

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def validated(text: str, tmp_path: Path) -> int:
    (tmp_path / "compose.yml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, tmp_path / "compose.yml"], capture_output=True).returncode


def test_the_file_follows_the_compose_specification(tmp_path: Path) -> None:
    assert validated(FILE.read_text(), tmp_path) == 0


@pytest.mark.parametrize(("right", "wrong"), [("retries:", "retrys:"), ("service_healthy", "healthy")])
def test_a_slip_of_the_pen_would_be_found(right: str, wrong: str, tmp_path: Path) -> None:
    assert validated(FILE.read_text().replace(right, wrong), tmp_path) != 0


def test_the_image_is_made_as_hadolint_would_have_it() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([linter, "--no-color", "-"], input=DOCKERFILE, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_hadolint_would_find_a_slip(tmp_path: Path) -> None:
    linter = Path(sys.executable).with_name("hadolint")
    slip = DOCKERFILE.replace("python:3.13.15-slim-trixie", "python")
    assert subprocess.run([linter, "-"], input=slip, capture_output=True, text=True).returncode != 0


def test_every_queue_has_a_worker_and_beat_is_one() -> None:
    queues = [OURS[name]["command"][2] for name in OURS if name.startswith("worker-")]
    assert sorted(",".join(queues).split(",")) == ["plan", "poll", "read", "send", "tick"]
    beats = [service for service in OURS.values() if service["command"] == ["beat"]]
    assert len(beats) == 1
    assert "replicas" not in beats[0]["deploy"]


@each_of_ours
def test_the_commands_and_options_exist(service: dict[str, Any]) -> None:
    probe = service["healthcheck"].get("test", ["CMD", "pantau", "health"])
    assert probe[:3] == ["CMD", "pantau", "health"]
    for command in (service["command"], probe[2:]):
        told = CliRunner().invoke(pantau, [*command, "--help"])
        assert told.exit_code == 0, told.output
        for option in (word for word in command if word.startswith("--")):
            assert option in told.output


@each_of_ours
def test_the_settings_exist_and_every_secret_comes_from_a_file(service: dict[str, Any]) -> None:
    environment: dict[str, str] = service["environment"]
    assert unknown_names(environment) == []
    for name, value in environment.items():
        assert name.endswith("_FILE") == bool(SECRET.search(name)), name
        if name.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]


@every_service
def test_no_secret_stands_in_the_file(service: dict[str, Any]) -> None:
    for name in service.get("environment", {}):
        assert name.endswith("_FILE") or not SECRET.search(name), name
    for secret in service.get("secrets", ()):
        assert COMPOSE["secrets"][secret] == {"file": f"secrets/{secret}"}


@every_service
def test_every_service_is_hardened(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_every_lasting_service_comes_back_and_is_probed() -> None:
    ended_by_themselves = {name for name in SERVICES if SERVICES[name]["healthcheck"] == {"disable": True}}
    assert ended_by_themselves == {"migrate", "demo"}
    for name in SERVICES.keys() - ended_by_themselves:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert re.fullmatch(r"\d+s", SERVICES[name]["stop_grace_period"])


def test_nothing_starts_before_what_it_needs() -> None:
    conditions = {name: set(SERVICES[name].get("depends_on", ())) for name in OURS}
    assert conditions.pop("demo") == set()
    assert conditions.pop("migrate") == {"redis", "postgres"}
    assert all(needed == {"migrate", "redis", "postgres"} for needed in conditions.values())
    migrated = OURS["web"]["depends_on"]["migrate"]
    assert migrated == {"condition": "service_completed_successfully"}


@every_service
def test_ports_are_open_to_this_machine_alone(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@every_service
def test_every_service_has_a_limit(service: dict[str, Any]) -> None:
    limits = service["deploy"]["resources"]["limits"]
    assert re.fullmatch(r"\d+[mg]", limits["memory"])
    assert limits["pids"] >= 100


def test_a_reader_may_grow_to_what_celery_lets_it() -> None:
    app = configure(Secret("redis://127.0.0.1/0"))
    allowed = CONCURRENCY["prefork"] * app.conf.worker_max_memory_per_child * 1024
    for name in ("worker-poll", "worker-read"):
        memory = SERVICES[name]["deploy"]["resources"]["limits"]["memory"]
        assert int(memory.removesuffix("g")) * 1024**3 > allowed


def test_the_usual_start_brings_neither_the_demo_nor_the_observers() -> None:
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert profiles == {
        "demo": ["demo"],
        "prometheus": ["observability"],
        "grafana": ["observability"],
    }
    assert "secrets" not in SERVICES["demo"]


def test_what_the_observers_read_is_there_and_names_what_we_serve() -> None:
    for name in ("prometheus", "grafana"):
        for volume in SERVICES[name]["volumes"]:
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (REPOSITORY / source).parent.is_dir()
    scraping = YAML(typ="safe").load(REPOSITORY / "ops/prometheus/compose.yml")["scrape_configs"][0]
    port = SERVICES["web"]["ports"][0].rsplit(":", 1)[1]
    assert scraping["static_configs"] == [{"targets": [f"web:{port}"]}]
    token = scraping["authorization"]["credentials_file"]
    assert token == SERVICES["web"]["environment"]["PANTAU_API_TOKEN_FILE"]
    assert token.removeprefix("/run/secrets/") in SERVICES["prometheus"]["secrets"]
    sources = YAML(typ="safe").load(REPOSITORY / "ops/grafana/provisioning/datasources/pantau.yml")
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    provider = YAML(typ="safe").load(REPOSITORY / "ops/grafana/provisioning/dashboards/pantau.yml")[
        "providers"
    ][0]
    mounted = {volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]}
    assert provider["options"]["path"] in mounted


def test_the_commands_at_the_top_make_every_secret() -> None:
    made = set(re.findall(r"^#.* > (\w+)$", FILE.read_text(), re.MULTILINE))
    assert made == set(COMPOSE["secrets"])


def test_git_would_never_take_the_secrets_along() -> None:
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    folders = {f"/{secret['file'].split('/')[0]}/" for secret in COMPOSE["secrets"].values()}
    settings = {f"/{each['path']}" for service in OURS.values() for each in service.get("env_file", ())}
    assert folders | settings <= set(ignored)


@every_service
def test_images_are_pinned(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.]+)?", service["image"])


def test_the_broker_forgets_nothing_and_the_database_volume_is_where_18_wants_it() -> None:
    command = SERVICES["redis"]["command"]
    settings = dict(zip(command[1::2], command[2::2], strict=True))
    assert settings["--maxmemory-policy"] == "noeviction"
    assert settings["--appendonly"] == "yes"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_image_runs_as_nobody_in_particular_and_its_stages_share_an_interpreter() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases)
    assert bases[-1] == bases[-2]
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 10_000
    for tmpfs in OURS["web"]["tmpfs"]:
        assert tmpfs.startswith("/tmp") or f"uid={user[1]}" in tmpfs


def test_the_image_is_built_from_what_the_ignore_file_lets_through() -> None:
    let_through = {
        line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {word for words in copied for word in words.split()} == let_through
    assert all((REPOSITORY / name).exists() for name in let_through)
