"""The manifests are sound as a whole, and each kind of mismatch that is planted in them is seen."""

import shutil
import subprocess
from collections.abc import Callable
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.judge import Manifest, faults
from tools.boards import queries
from tools.reference_docs import METRICS

K8S = Path(__file__).parents[2] / "deploy/k8s"


def of(*folders: str) -> list[Manifest]:
    files = chain.from_iterable(sorted((K8S / folder).glob("*.yaml")) for folder in folders)
    read = (each for file in files if file.name != "kustomization.yaml" for each in yaml.safe_load_all(file.read_text("utf-8")))
    return [each for each in read if each]


def everything() -> list[Manifest]:
    return of("base", "components/keda", "components/monitoring", "components/strimzi", "overlays/province")


def first(objects: list[Manifest], kind: str, name: str) -> Any:
    return next(each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name)


def pod(objects: list[Manifest], kind: str = "StatefulSet", name: str = "sla") -> Any:
    return first(objects, kind, name)["spec"]["template"]["spec"]


def test_nothing_is_wrong_with_the_manifests() -> None:
    assert faults(everything()) == []


def rename_setting(objects: list[Manifest]) -> None:
    pod(objects)["containers"][0]["env"][1]["name"] = "STORE_ADDRESS"


def say_twice(objects: list[Manifest]) -> None:
    own = pod(objects)["containers"][0]["env"]
    own.append(own[1])


def lose_topic(objects: list[Manifest]) -> None:
    objects.remove(first(objects, "KafkaTopic", "notices.v1"))


def open_acl(objects: list[Manifest]) -> None:
    acls = first(objects, "KafkaUser", "dunghen-kafka-sla")["spec"]["authorization"]["acls"]
    acls[1]["resource"]["name"] = "*"


def prefix_acl(objects: list[Manifest]) -> None:
    acls = first(objects, "KafkaUser", "dunghen-kafka-sla")["spec"]["authorization"]["acls"]
    acls[1]["resource"]["patternType"] = "prefix"


def privileged(objects: list[Manifest]) -> None:
    pod(objects)["containers"][0]["securityContext"]["privileged"] = True


def as_root(objects: list[Manifest]) -> None:
    pod(objects)["securityContext"]["runAsNonRoot"] = False


def job(objects: list[Manifest]) -> None:
    topics = deepcopy(first(objects, "CronJob", "topics"))
    objects.append({"kind": "Job", "metadata": topics["metadata"], "spec": topics["spec"]["jobTemplate"]["spec"]})


def without_budget(objects: list[Manifest]) -> None:
    objects.remove(first(objects, "PodDisruptionBudget", "intake"))


def without_wall(objects: list[Manifest]) -> None:
    objects.remove(first(objects, "NetworkPolicy", "nothing-else"))


def at_once(objects: list[Manifest]) -> None:
    del pod(objects, "Deployment", "intake")["containers"][0]["lifecycle"]


def endless_disk(objects: list[Manifest]) -> None:
    pod(objects)["volumes"][1]["emptyDir"] = {}


def without_limits(objects: list[Manifest]) -> None:
    del pod(objects)["containers"][0]["resources"]["limits"]


def with_token(objects: list[Manifest]) -> None:
    del pod(objects)["automountServiceAccountToken"]


def many_pods(objects: list[Manifest]) -> None:
    first(objects, "ScaledObject", "sla")["spec"]["maxReplicaCount"] = 40


def other_group(objects: list[Manifest]) -> None:
    first(objects, "ScaledObject", "sla")["spec"]["triggers"][0]["metadata"]["consumerGroup"] = "notifier"


def limited_twice(objects: list[Manifest]) -> None:
    first(objects, "ScaledObject", "sla")["spec"]["triggers"][0]["metadata"]["ensureEvenDistributionOfPartitions"] = "true"


def officers_outside(objects: list[Manifest]) -> None:
    first(objects, "Ingress", "dunghen")["spec"]["rules"][0]["http"]["paths"][0]["path"] = "/v1"


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (rename_setting, "STORE_ADDRESS: a setting it does not know"),
        (say_twice, "stands twice"),
        (lose_topic, "topic notices.v1 is made by nobody"),
        (open_acl, "a right on *"),
        (prefix_acl, "names no one"),
        (privileged, "privileged"),
        (as_root, "may run as root"),
        (job, "its template cannot be changed"),
        (without_budget, "intake: has no budget"),
        (without_wall, "no policy denies first"),
        (at_once, "intake: is ended before its Service has forgotten it"),
        (endless_disk, "may fill the machine's disk"),
        (without_limits, "what it may take"),
        (with_token, "a token of the cluster"),
        (many_pods, "more pods than partitions"),
        (other_group, "which is not its own"),
        (limited_twice, "does not take together"),
        (officers_outside, "leads outside what is for"),
    ],
    ids=lambda given: given.__name__ if callable(given) else "",
)
def test_what_is_planted_is_seen(plant: Callable[[list[Manifest]], None], said: str) -> None:
    objects = deepcopy(everything())
    plant(objects)

    assert any(said in fault for fault in faults(objects)), faults(objects)


@pytest.mark.parametrize("overlay", ["lab", "province"])
def test_overlays_build_and_what_they_make_is_sound(overlay: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl: an overlay is built by it")
    done = subprocess.run([kubectl, "kustomize", str(K8S / "overlays" / overlay)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    objects = list(yaml.safe_load_all(done.stdout))

    assert faults(objects) == []
    images = {
        c["image"]
        for each in objects
        if each["kind"] in ("Deployment", "StatefulSet")
        for c in each["spec"]["template"]["spec"]["containers"]
    }
    assert len(images) == 6


def test_the_board_asks_for_metrics_that_services_keep() -> None:
    kept = {f"dunghen_{metric.name}" for listed in METRICS.values() for metric in listed}
    for query in queries():
        assert any(metric in query for metric in kept), query
