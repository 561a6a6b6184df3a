"""What is wrong with a set of manifests, in words: what a cluster would refuse or regret, and what the code does not know."""

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import load_catalogue
from dunghen.services import ALL
from runtime.settings import RuntimeSettings, environment_name
from tools.access_docs import ways_into
from tools.reference_docs import METRICS

Manifest = dict[str, Any]
CATALOGUE = load_catalogue()
WORKLOADS = ("Deployment", "StatefulSet")
PRESTOP_SECONDS = 5  # in which a Service learns that a pod goes
PARTITIONS = 24


def faults(objects: Iterable[Manifest]) -> list[str]:
    """All of them; empty if nothing is wrong."""
    listed = list(objects)
    found = [
        f"Job {_name(each)}: its template cannot be changed, a second apply fails" for each in listed if each["kind"] == "Job"
    ]
    for each in listed:
        for pod in _pods(each):
            found += [f"{each['kind']} {_name(each)}: {fault}" for fault in _of_pod(pod)]
    workloads = [each for each in listed if each["kind"] in WORKLOADS]
    for each in workloads:
        found += [f"{_name(each)}: {fault}" for fault in _of_workload(each, listed)]
    found += [f"KafkaUser {_name(e)}: {fault}" for e in listed if e["kind"] == "KafkaUser" for fault in _of_user(e)]
    found += [f"ScaledObject {_name(e)}: {fault}" for e in listed if e["kind"] == "ScaledObject" for fault in _of_scaled(e)]
    found += [f"Ingress {_name(e)}: {fault}" for e in listed if e["kind"] == "Ingress" for fault in _of_ingress(e)]
    topics = {_name(each) for each in listed if each["kind"] == "KafkaTopic"}
    if topics:
        found += [f"topic {name} is made by nobody" for name in sorted(CATALOGUE.topics.keys() - topics)]
        found += [f"topic {name} is in no catalogue" for name in sorted(topics - CATALOGUE.topics.keys())]
    return found


def _name(each: Manifest) -> str:
    return str(each["metadata"]["name"])


def _pods(each: Manifest) -> Iterator[Manifest]:
    if each["kind"] == "CronJob":
        yield each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    elif each["kind"] in (*WORKLOADS, "Job"):
        yield each["spec"]["template"]["spec"]


def _of_pod(pod: Manifest) -> Iterator[str]:
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "may run as root"
    if pod.get("automountServiceAccountToken") is not False:
        yield "is given a token of the cluster"
    if pod.get("enableServiceLinks") is not False:
        yield "gets an environment variable for each Service"
    if pod.get("hostNetwork") or pod.get("hostPID"):
        yield "is in the machine's own network or processes"
    for volume in pod.get("volumes", ()):
        if "hostPath" in volume:
            yield f"volume {volume['name']}: a folder of the machine"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']}: may fill the machine's disk"
    for container in pod["containers"]:
        yield from _of_container(container)


def _of_container(container: Manifest) -> Iterator[str]:
    rights = container.get("securityContext", {})
    if rights.get("privileged") or rights.get("allowPrivilegeEscalation") is not False:
        yield "is or may become privileged"
    if rights.get("capabilities", {}).get("drop") != ["ALL"] or not rights.get("readOnlyRootFilesystem"):
        yield "keeps capabilities, or a root file system that it may write"
    resources = container.get("resources", {})
    names = [entry["name"] for entry in container.get("env", ())]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} stands twice: a server-side apply refuses it"
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() & resources.get("limits", {}).keys():
        yield "does not say what it needs and what it may take"


def _of_workload(each: Manifest, listed: list[Manifest]) -> Iterator[str]:
    name, pod = _name(each), each["spec"]["template"]["spec"]
    labels = each["spec"]["template"]["metadata"]["labels"]
    container = pod["containers"][0]
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    stop = RuntimeSettings.model_fields["stop_seconds"].default
    if pause < PRESTOP_SECONDS or pod["terminationGracePeriodSeconds"] <= pause + stop:
        yield "is ended before its Service has forgotten it, or before a batch is done"
    budgets = [e["spec"]["selector"]["matchLabels"] for e in listed if e["kind"] == "PodDisruptionBudget"]
    if not any(wanted.items() <= labels.items() for wanted in budgets):
        yield "has no budget: a drain may take all of its pods at once"
    policies = [e["spec"] for e in listed if e["kind"] == "NetworkPolicy" and not e["spec"].get("ingress")]
    closed = (p for p in policies if {"Ingress", "Egress"} <= set(p["policyTypes"]) and not p.get("egress"))
    if not any(p["podSelector"]["matchLabels"].items() <= labels.items() for p in closed):
        yield "is open to everybody: no policy denies first"
    known = {environment_name(m, field) for m in (ALL[name].common, ALL[name].settings) for field in m.model_fields}
    for entry in container["env"]:
        if entry["name"] not in known:
            yield f"{entry['name']}: a setting it does not know"


def _of_user(user: Manifest) -> Iterator[str]:
    for acl in user["spec"]["authorization"]["acls"]:
        resource = acl["resource"]
        if resource["type"] == "cluster":
            continue
        if "*" in resource["name"] or resource.get("patternType") != "literal":
            yield f"a right on {resource['name']} names no one {resource['type']}"
        elif resource["type"] == "topic" and resource["name"] not in CATALOGUE.topics:
            yield f"a right on {resource['name']}, which is in no catalogue"


def _of_scaled(scaled: Manifest) -> Iterator[str]:
    name = _name(scaled)
    if scaled["spec"]["maxReplicaCount"] > PARTITIONS:
        yield "more pods than partitions"
    kept = {f"dunghen_{metric.name}" for metrics in METRICS.values() for metric in metrics}
    for trigger in scaled["spec"]["triggers"]:
        given = trigger["metadata"]
        if trigger["type"] == "kafka":
            if given["consumerGroup"] != name or given["topic"] not in CATALOGUE.read_by(name):
                yield f"counts {given['topic']} of the group {given['consumerGroup']}, which is not its own"
            if not given.get("excludePersistentLag") == given.get("limitToPartitionsWithLag") == "true":
                yield "scales on what no pod can work off"
            if given.get("ensureEvenDistributionOfPartitions") == "true":  # refused beside the other, and nothing is scaled
                yield "limits pods in two ways that KEDA does not take together"
        elif trigger["type"] == "prometheus" and not any(metric in given["query"] for metric in kept):
            yield f"asks for a metric that nobody keeps: {given['query']}"


def _of_ingress(ingress: Manifest) -> Iterator[str]:
    for rule in ingress["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            service, prefix = path["backend"]["service"]["name"], path["path"]
            exact = path["pathType"] == "Exact"
            for way in ways_into()[service] if service != "front" else ():
                inside = way.path == prefix if exact else way.path.startswith(prefix)
                if inside and way.access.door != "public":
                    yield f"{prefix} leads outside what is for {way.access.door}: {way.path}"
