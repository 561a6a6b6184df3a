"""What each service may do on Kafka: its rights follow from topics.yaml, one by one. None is on a pattern of names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.catalogue import Catalogue
from services.intake.followed import TOPICS as CHANGES
from services.wiring import CALENDAR

Operation = Literal["READ", "WRITE", "DESCRIBE", "CREATE"]
Resource = Literal["TOPIC", "GROUP", "CLUSTER"]
OPERATIONS: tuple[Operation, ...] = ("READ", "WRITE", "DESCRIBE", "CREATE")
CLUSTER = "kafka-cluster"  # what Kafka calls itself as a resource
FOLLOWED: Mapping[str, tuple[str, ...]] = {"intake": CHANGES}  # read by place, for those who ask what has changed
TOOL = 'kafka-acls.sh --bootstrap-server "$KAFKA" --command-config admin.properties'
OPERATOR = "operator"  # who applies topics, looks at lags, repairs by command


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One permission of one user, on one name that is written out. Raises ValueError for a wildcard."""

    user: str
    resource: Resource
    name: str
    operation: Operation

    def __post_init__(self) -> None:
        """A wildcard would be everybody's rights in one line."""
        for what in (self.user, self.name):
            if not what or "*" in what:
                raise ValueError(f"{self.user}: a right on {self.name!r} names no one thing")


def rights(catalogue: Catalogue, prefix: str = "", users: str = "dunghen-") -> list[Right]:
    """All rights of all services and of the operator, in order; `users`: what stands before a service's name in its user."""
    services = sorted({writer for spec in catalogue.topics.values() for writer in spec.writers})
    found = [right for service in services for right in _of_service(service, catalogue, prefix, users + service)]
    return sorted({*found, *_of_operator(catalogue, prefix, users + OPERATOR)})


def _of_service(service: str, catalogue: Catalogue, prefix: str, user: str) -> Iterator[Right]:
    """It writes what is its own, and reads that again to rebuild; reads what it is a reader of; is in its own group.

    Who writes on another's topic too does not read it: contacts are for who seals the most of them, and for who opens them.
    """
    own = [name for name, spec in catalogue.topics.items() if service == spec.owner]
    others = [name for name, spec in catalogue.topics.items() if service in spec.writers and service != spec.owner]
    reads = catalogue.read_by(service)
    for topic in {*own, *reads, *FOLLOWED.get(service, ()), CALENDAR}:
        yield Right(user, "TOPIC", prefix + topic, "READ")
        yield Right(user, "TOPIC", prefix + topic, "DESCRIBE")
    for topic in (*own, *others):
        yield Right(user, "TOPIC", prefix + topic, "WRITE")
        yield Right(user, "TOPIC", prefix + topic, "DESCRIBE")
    if reads:
        yield Right(user, "GROUP", prefix + service, "READ")
        yield Right(user, "GROUP", prefix + service, "DESCRIBE")


def _of_operator(catalogue: Catalogue, prefix: str, user: str) -> Iterator[Right]:
    """Makes topics, reads all that is no secret of people (sealed as it is), sets groups back; writes nothing."""
    yield Right(user, "CLUSTER", CLUSTER, "CREATE")
    yield Right(user, "CLUSTER", CLUSTER, "DESCRIBE")
    for topic in catalogue.topics:
        yield Right(user, "TOPIC", prefix + topic, "READ")
        yield Right(user, "TOPIC", prefix + topic, "DESCRIBE")
    for service in {reader for spec in catalogue.topics.values() for reader in spec.readers}:
        yield Right(user, "GROUP", prefix + service, "READ")
        yield Right(user, "GROUP", prefix + service, "DESCRIBE")


def as_commands(listed: list[Right]) -> str:
    """The same as lines of Kafka's own tool, one for each user and resource."""
    grouped: dict[tuple[str, Resource, str], list[Operation]] = {}
    for right in listed:
        grouped.setdefault((right.user, right.resource, right.name), []).append(right.operation)
    lines = []
    for (user, resource, name), operations in grouped.items():
        on = "--cluster" if resource == "CLUSTER" else f"--{resource.lower()} {name}"
        given = " ".join(f"--operation {operation.title()}" for operation in operations)
        lines.append(f"{TOOL} --add --allow-principal User:{user} {given} {on}")
    return "".join(f"{line}\n" for line in lines)


def as_strimzi(listed: list[Right], cluster: str) -> list[dict[str, object]]:
    """The same as manifests of Strimzi, a KafkaUser for each user, with SCRAM-SHA-512."""
    users: dict[str, list[dict[str, object]]] = {}
    grouped: dict[tuple[str, Resource, str], list[str]] = {}
    for right in listed:
        grouped.setdefault((right.user, right.resource, right.name), []).append(right.operation.title())
    for (user, resource, name), operations in grouped.items():
        on: dict[str, object] = {"type": resource.lower()}
        if resource != "CLUSTER":
            on |= {"name": name, "patternType": "literal"}
        users.setdefault(user, []).append({"resource": on, "operations": operations, "host": "*"})
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": user, "labels": {"strimzi.io/cluster": cluster, "app.kubernetes.io/part-of": "dunghen"}},
            "spec": {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": acls}},
        }
        for user, acls in users.items()
    ]
