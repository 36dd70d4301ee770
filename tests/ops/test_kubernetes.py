"""The Kubernetes manifests: valid, restricted, and of one mind with each other and with our commands and settings."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from ops.__main__ import pantau
from ops.cli.processes import QUEUES
from worker.settings import unknown_names

PLACE = Path(__file__).resolve().parents[2] / "ops" / "kubernetes"
FILES = sorted(path for path in PLACE.glob("*.yaml") if path.name != "kustomization.yaml")
RESOURCES: list[dict[str, Any]] = [each for path in FILES for each in yaml.safe_load_all(path.read_text())]
VERSIONS = ("1.30", "1.37")
"""The first with a pause before the stop that needs no shell, and the newest that the checker knows."""


def name_of(resource: dict[str, Any]) -> str:
    return f"{resource['kind']}-{resource['metadata']['name']}"


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [resource for resource in RESOURCES if resource["kind"] in kinds]


WORKLOADS = of_kind("Deployment", "Job", "StatefulSet")
OURS = of_kind("Deployment", "Job")
SETTINGS = next(each["data"] for each in of_kind("ConfigMap") if each["metadata"]["name"] == "pantau")

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
each_of_ours = pytest.mark.parametrize("workload", OURS, ids=name_of)


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    return dict(workload["spec"]["template"]["spec"])


def labels(workload: dict[str, Any]) -> dict[str, str]:
    return dict(workload["spec"]["template"]["metadata"]["labels"])


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod(workload).get("initContainers", ()), *pod(workload)["containers"]]


def chosen(selector: dict[str, Any]) -> list[dict[str, Any]]:
    """The workloads whose pods a selector means."""
    wanted = selector.get("matchLabels", selector)
    return [each for each in WORKLOADS if wanted.items() <= labels(each).items()]


@pytest.mark.parametrize("version", VERSIONS)
@each_resource
def test_kubernetes_knows_every_field(resource: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(resource, version, strict=True)


def test_a_slip_of_the_pen_would_be_found() -> None:
    slip = deepcopy(of_kind("Deployment")[0])
    slip["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(slip, VERSIONS[-1], strict=True)


def test_kustomize_takes_every_file() -> None:
    kustomization = yaml.safe_load((PLACE / "kustomization.yaml").read_text())
    assert sorted(kustomization["resources"]) == [path.name for path in FILES]


@each_resource
def test_everything_is_in_our_namespace(resource: dict[str, Any]) -> None:
    metadata = resource["metadata"]
    assert (metadata["name"] if resource["kind"] == "Namespace" else metadata["namespace"]) == "pantau"


@each_workload
def test_every_pod_is_restricted(workload: dict[str, Any]) -> None:
    whole = pod(workload)
    assert whole["automountServiceAccountToken"] is False
    assert whole["enableServiceLinks"] is False
    assert whole["securityContext"]["runAsNonRoot"] is True
    assert whole["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(workload):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@each_of_ours
def test_the_commands_and_options_exist(workload: dict[str, Any]) -> None:
    (main,) = pod(workload)["containers"]
    probes = [main[kind]["exec"]["command"][1:] for kind in main if "exec" in (main[kind] or {})]
    for words in (main["args"], *probes):
        told = CliRunner().invoke(pantau, [words[0], "--help"])
        assert told.exit_code == 0
        for option in (word for word in words if word.startswith("--")):
            assert option in told.output


@each_of_ours
def test_the_settings_exist_and_every_secret_is_a_mounted_file(workload: dict[str, Any]) -> None:
    (main,) = pod(workload)["containers"]
    given = SETTINGS | {each["name"]: each["value"] for each in main.get("env", ())}
    assert unknown_names(given) == []
    (secrets,) = (each["mountPath"] for each in main["volumeMounts"] if each["name"] == "secrets")
    assert all(value.startswith(secrets) for name, value in given.items() if name.endswith("_FILE"))
    mounted = {each["name"] for each in main["volumeMounts"]}
    assert mounted == {each["name"] for each in pod(workload)["volumes"]}
    writable = {each["mountPath"] for each in main["volumeMounts"] if not each.get("readOnly")}
    assert writable == {"/tmp", SETTINGS["PANTAU_DATA_DIR"]}


def test_no_secret_stands_in_a_file() -> None:
    assert of_kind("Secret") == []


def test_every_queue_has_workers_and_what_is_begun_may_end() -> None:
    workers = [each for each in of_kind("Deployment") if each["metadata"]["name"].startswith("worker-")]
    served = [pod(each)["containers"][0]["args"][2] for each in workers]
    assert sorted(",".join(served).split(",")) == sorted(QUEUES)
    assert all(pod(each)["terminationGracePeriodSeconds"] >= 30 for each in workers)


def test_every_part_waits_for_the_tables_but_the_job_that_makes_them() -> None:
    for workload in of_kind("Deployment"):
        (waiting,) = pod(workload)["initContainers"]
        assert "pantau health --part web" in waiting["command"][-1]
    assert "initContainers" not in pod(of_kind("Job")[0])


def test_what_has_several_pods_keeps_some_and_each_selector_means_one() -> None:
    budgets = {
        name_of(one)
        for budget in of_kind("PodDisruptionBudget")
        for one in chosen(budget["spec"]["selector"])
    }
    several = {name_of(each) for each in of_kind("Deployment") if each["spec"]["replicas"] > 1}
    assert budgets == several
    for workload in WORKLOADS:
        if "selector" in workload["spec"]:
            assert chosen(workload["spec"]["selector"]) == [workload]
    for service in of_kind("Service"):
        (one,) = chosen(service["spec"]["selector"])
        ports = {port["name"] for port in pod(one)["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_web_is_asked_for_what_it_serves() -> None:
    (web,) = (each for each in of_kind("Deployment") if each["metadata"]["name"] == "web")
    (main,) = pod(web)["containers"]
    assert main["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert main["readinessProbe"]["httpGet"]["path"] == "/readyz"
    pause = main["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod(web)["terminationGracePeriodSeconds"] > pause + 3


def test_who_needs_the_internet_has_it_and_nobody_a_private_network() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy")}
    outside = {
        labels(each)["app.kubernetes.io/component"] for each in chosen(policies["internet"]["podSelector"])
    }
    assert outside == {"poll", "read", "plan", "send", "web"}
    blocks = [to["ipBlock"] for to in policies["internet"]["egress"][0]["to"]]
    assert {"10.0.0.0/8", "169.254.0.0/16", "fc00::/7"} <= {
        net for block in blocks for net in block["except"]
    }
    assert policies["nothing-else"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert len(chosen(policies["servers"]["podSelector"])) == len(OURS)
