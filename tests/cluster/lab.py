"""The lab overlay on a cluster that is there: what a test adds to it, and kubectl.

Images are brought to the node by a command of the environment, since no registry is asked. Pods reach brokers and stores of
this machine through relays (relay.py). What is written is a folder of kustomize that names deploy/k8s itself, not a copy of it.
"""

import base64
import json
import os
import secrets
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dunghen import PROVINCE
from dunghen.together import Keys, demo_environment
from tests.real import skip

K8S = Path(__file__).parents[2] / "deploy/k8s"
NAMESPACE, IMAGES, TAG = "dunghen-lab", "dunghen-test", "lab"
CONSUMERS = ("sla", "notifier", "feedback", "reporting")
SERVICES = (*CONSUMERS, "intake")
PODS = f"({'|'.join(SERVICES)})"
KAFKA_PORT = 19092  # in the pod


@dataclass(frozen=True, slots=True)
class Lab:
    """A cluster. `load`: the command that brings images to its node; `host`: where pods reach this machine."""

    load: tuple[str, ...]
    host: str

    @classmethod
    def of_environment(cls) -> "Lab":
        """The cluster of KUBECONFIG; skips the test where there is none."""
        load, host = os.environ.get("DUNGHEN_TEST_CLUSTER_LOAD", ""), os.environ.get("DUNGHEN_TEST_CLUSTER_HOST", "")
        if not (os.environ.get("KUBECONFIG") and load and host):
            skip("no cluster: KUBECONFIG, DUNGHEN_TEST_CLUSTER_LOAD and DUNGHEN_TEST_CLUSTER_HOST name one")
        return cls(tuple(shlex.split(load)), host)

    def bring(self, images: Iterator[str]) -> None:
        """Bring images to the node."""
        for image in images:
            name = f"{IMAGES}/{image}"
            subprocess.run(["docker", "tag", name, f"{name}:{TAG}"], check=True)
            subprocess.run([*self.load, f"{name}:{TAG}"], check=True, capture_output=True)


def kubectl(*words: str, given: str | None = None) -> str:
    """What kubectl says, in the lab's namespace. Raises AssertionError with what it complains about."""
    command = ["kubectl", "--namespace", NAMESPACE, *words]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr[-3000:]}"
    return done.stdout


def rendered(folder: Path) -> list[dict[str, Any]]:
    """The objects of a folder of kustomize."""
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def write_overlay(folder: Path, lab: Lab, prefix: str, gateway: str) -> None:
    """The lab overlay with KEDA for sla, images of the tests, relays beside services, and this run's addresses."""
    up = os.path.relpath(K8S, folder)
    (folder / "relay.py").write_text((Path(__file__).parent / "relay.py").read_text("utf-8"), "utf-8")
    images = [{"name": f"dunghen/{name}", "newName": f"{IMAGES}/{name}", "newTag": TAG} for name in (*SERVICES, "front", "cli")]
    common = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{KAFKA_PORT}", "TOPIC_PREFIX": prefix}
    own = {"NOTIFIER_GATEWAY_URL": gateway, "NOTIFIER_GATEWAY_DEDUPLICATES": "true"}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": [f"{up}/overlays/lab"],
        "components": [f"{up}/components/keda"],
        "images": images,
        "configMapGenerator": [{"name": "relay", "files": ["relay.py"]}],
        "generatorOptions": {"disableNameSuffixHash": True},
        "replicas": [{"name": "front", "count": 0}],  # it wants an issuer of log-ins, and nobody logs in here
        "patches": [
            *(_settings(name, data) for name, data in (("dunghen-common", common), ("dunghen", own))),
            _relayed("(Deployment|StatefulSet)", PODS, "/spec/template/spec", lab),
            _relayed("CronJob", "topics", "/spec/jobTemplate/spec/template/spec", lab),
            *(_without("ScaledObject", name) for name in SERVICES if name != "sla"),
            _scaled(prefix),
            _small(),
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")


def _patch(kind: str, name: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"target": {"kind": kind, "name": name}, "patch": yaml.safe_dump(steps)}


def _settings(name: str, data: Mapping[str, str]) -> dict[str, Any]:
    return _patch("ConfigMap", name, [{"op": "add", "path": f"/data/{key}", "value": value} for key, value in data.items()])


def _without(kind: str, name: str) -> dict[str, Any]:
    deleted = {"apiVersion": "keda.sh/v1alpha1", "kind": kind, "metadata": {"name": name}, "$patch": "delete"}
    return {"patch": yaml.safe_dump(deleted)}


def _relayed(kind: str, name: str, pod: str, lab: Lab) -> dict[str, Any]:
    """A container that starts before the service and ends behind it."""
    relay = {
        "name": "relay",
        "image": f"{IMAGES}/cli:{TAG}",
        "restartPolicy": "Always",
        "command": ["python", "/relay/relay.py", f"127.0.0.1:{KAFKA_PORT}", f"{lab.host}:{KAFKA_PORT}"],
        "startupProbe": {
            "exec": {"command": ["python", "-c", f"import socket; socket.create_connection(('127.0.0.1', {KAFKA_PORT}))"]}
        },
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "relay", "mountPath": "/relay", "readOnly": True}],
    }
    volume = {"name": "relay", "configMap": {"name": "relay"}}
    steps: list[dict[str, Any]] = [
        {"op": "add", "path": f"{pod}/initContainers", "value": [relay]},
        {"op": "add", "path": f"{pod}/volumes/-", "value": volume},
    ]
    return _patch(kind, name, steps)


def _scaled(prefix: str) -> dict[str, Any]:
    """KEDA is a process of this machine, looks at Kafka alone, and is in more of a hurry than in a province."""
    kafka, behavior = "/spec/triggers/0/metadata", "/spec/advanced/horizontalPodAutoscalerConfig/behavior"
    values = {
        f"{kafka}/bootstrapServers": f"127.0.0.1:{KAFKA_PORT}",
        f"{kafka}/consumerGroup": f"{prefix}sla",
        f"{kafka}/topic": f"{prefix}dossiers.v1",
        f"{kafka}/lagThreshold": "100",
        "/spec/maxReplicaCount": 3,
        "/spec/pollingInterval": 5,
        f"{behavior}/scaleUp/stabilizationWindowSeconds": 0,
        f"{behavior}/scaleDown/stabilizationWindowSeconds": 20,
        f"{behavior}/scaleDown/policies/0/periodSeconds": 15,
    }
    steps: list[dict[str, Any]] = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    return _patch("ScaledObject", "sla", [*steps, {"op": "remove", "path": "/spec/triggers/1"}])


def _small() -> dict[str, Any]:
    """So little that one pod of sla falls behind, and three do not."""
    path = "/spec/template/spec/containers/0/resources/limits/cpu"
    return _patch("StatefulSet", "sla", [{"op": "replace", "path": path, "value": "150m"}])


def secrets_of(objects: list[dict[str, Any]], store_url: Mapping[str, str]) -> str:
    """A Secret for each name that the pods of these objects must find: fresh keys, and each service's own store."""
    known = demo_environment(Keys.new(), PROVINCE)
    wanted: dict[str, dict[str, str]] = {}
    for each in objects:
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", ()):
            for variable in container.get("env", ()):
                asked = variable.get("valueFrom", {}).get("secretKeyRef", {})
                if asked and not asked.get("optional"):
                    service = asked["name"].removeprefix("dunghen-")
                    own = {"STORE_URL": store_url.get(service, "mongodb://nowhere.invalid/")}
                    value = {**known, **own}.get(asked["key"]) or secrets.token_hex(32)
                    wanted.setdefault(asked["name"], {})[asked["key"]] = base64.b64encode(value.encode()).decode()
    made = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data} for name, data in wanted.items()]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
