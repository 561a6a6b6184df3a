"""The manifests agree with what the code reads: settings, topics, probes, images."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from contracts import load_catalogue
from dunghen.__main__ import make_app
from dunghen.services import ALL
from runtime.settings import RuntimeSettings, environment_name
from tests.support.command_line import parse

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy/k8s/base"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
CATALOGUE = load_catalogue()


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((BASE / f"{name}.yaml").read_text("utf-8")))


def known(service: str) -> dict[str, bool]:
    """Environment names a service reads, and whether it cannot start without."""
    models = (ALL[service].common, ALL[service].settings)
    return {
        environment_name(model, field): info.is_required() for model in models for field, info in model.model_fields.items()
    }


def config(name: str) -> dict[str, str]:
    return next(dict(m["data"]) for m in manifests("config") if m["metadata"]["name"] == name)


def given(service: str) -> dict[str, str]:
    """Environment names a pod of a service gets, and where from."""
    container = manifests(service)[0]["spec"]["template"]["spec"]["containers"][0]
    common = [source["configMapRef"]["name"] for source in container.get("envFrom", [])]
    names = {name: source for source in common for name in config(source)}
    for entry in container["env"]:
        source = entry["valueFrom"]
        names[entry["name"]] = next(iter(source.values())).get("name", "pod")
        if "configMapKeyRef" in source:
            assert entry["name"] in config("dunghen")
    return names


@pytest.mark.parametrize("service", ALL)
def test_a_pod_gets_every_setting_it_needs_and_none_it_does_not_know(service: str) -> None:
    names, wanted = given(service), known(service)

    assert set(names) <= set(wanted)
    assert {name for name, needed in wanted.items() if needed} <= set(names)


@pytest.mark.parametrize("service", ALL)
def test_secrets_come_from_a_secret_and_never_stand_in_a_manifest(service: str) -> None:
    kinds = r"KEYS?$|TOKEN$|SECRET$|PASSWORD$|^STORE_URL$"
    secret = {name for name in known(service) if re.search(kinds, name)}

    for name in secret & set(given(service)):
        assert given(service)[name] == f"dunghen-{service}"
    assert not secret & {*config("dunghen"), *config("dunghen-common")}


@pytest.mark.parametrize("service", ALL)
def test_what_consumes_topics_has_a_stable_name_and_the_rest_is_a_deployment(service: str) -> None:
    workload, front, *members = manifests(service)
    consumes = bool(CATALOGUE.read_by(service))

    assert workload["kind"] == ("StatefulSet" if consumes else "Deployment")
    headless = [each["metadata"]["name"] for each in members if each["spec"]["clusterIP"] == "None"]
    assert headless == ([workload["spec"]["serviceName"]] if consumes else [])
    assert ("INSTANCE_ID" in given(service)) == consumes
    assert front["spec"]["selector"] == workload["spec"]["selector"]["matchLabels"]
    head = (BASE / f"{service}.yaml").read_text("utf-8").splitlines()[0]
    assert [topic for topic in CATALOGUE.topics if topic in head] == list(CATALOGUE.read_by(service))


@pytest.mark.parametrize("service", ALL)
def test_probes_and_ports_are_those_the_service_has(service: str) -> None:
    pod = manifests(service)[0]["spec"]["template"]["spec"]
    container = pod["containers"][0]

    paths = {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe", "startupProbe")}
    assert paths == {"/livez", "/readyz"}
    assert container["ports"][0]["containerPort"] == int(config("dunghen-common")["HTTP_PORT"])
    stop = RuntimeSettings.model_fields["stop_seconds"].default
    assert pod["terminationGracePeriodSeconds"] > stop
    reads = {config("dunghen-common")["REFERENCE_DIR"]} if "REFERENCE_DIR" in known(service) else set()
    keys = {config("dunghen")["NOTIFIER_SIGNING_DIR"]} if "NOTIFIER_SIGNING_DIR" in known(service) else set()
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", *reads, *keys}  # noqa: S108


def test_the_base_lists_every_manifest_and_every_service() -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text("utf-8"))["resources"]

    assert sorted(listed) == sorted(path.name for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml")
    assert {f"{service}.yaml" for service in ALL} <= set(listed)


@pytest.mark.parametrize("service", ALL)
def test_compose_gives_every_setting_a_service_needs_and_none_it_does_not_know(service: str) -> None:
    entry = COMPOSE["services"][service]
    wanted = known(service)

    assert entry["build"]["args"]["SERVICE"] == service
    assert set(entry["environment"]) <= set(wanted)
    assert {name for name, needed in wanted.items() if needed} <= set(entry["environment"])
    assert ("INSTANCE_ID" in entry["environment"]) == bool(CATALOGUE.read_by(service))


def test_compose_images_can_be_replaced_and_no_secret_has_a_default() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text("utf-8")

    assert COMPOSE["services"]["kafka"]["image"] == "${KAFKA_IMAGE:-apache/kafka:4.1.0}"
    assert COMPOSE["services"]["mongo"]["image"] == "${MONGO_IMAGE:-mongo:8}"
    for name in re.findall(r"\$\{(\w+(?:KEYS?|TOKEN|SECRET))\b([^}]*)\}", text):
        assert name[1].startswith(":?")
    for more in re.findall(r"\$\{\w+PASSWORD\b([^}]*)\}", text):
        assert more in (":?", ":-")  # none, where nobody asks for one


def test_commands_of_the_manifests_exist() -> None:
    from_job = manifests("topics")[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"]
    for command in (from_job, COMPOSE["services"]["topics"]["command"]):
        assert command[0] == "dunghen"
        parse(typer.main.get_command(make_app()), command[1:])


def test_the_dockerfile_runs_services_by_the_name_they_have() -> None:
    assert "python -m services.${SERVICE}" in DOCKERFILE
    assert "USER 10001" in DOCKERFILE
    assert "# syntax" not in DOCKERFILE
    extras = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(re.search(rf"^{name} = \[", extras, re.MULTILINE) for name in (*ALL, "cli", "demo", "runtime"))
