"""A Kafka that asks who one is and what one may do: TLS, SCRAM, OAUTHBEARER, an authorizer; in a container of its own."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from dunghen.rights import Right
from tests.real import require_engine
from tests.support.ports import free_port

ADMIN, ADMINS_PASSWORD = "dunghen-operator", "operator-password"
_JAAS = "org.apache.kafka.common.security"


@dataclass(frozen=True, slots=True)
class Secured:
    """Its secured address, its certificates' folder, and an administrator by a listener that only this machine has."""

    address: str
    folder: Path
    admin: AdminClient

    @property
    def ca(self) -> str:
        """The file of who signed the broker's certificate."""
        return str(self.folder / "ca.pem")

    def add_user(self, name: str, password: str) -> None:
        """A user who proves himself by SCRAM-SHA-512."""
        how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        for future in self.admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(name, how, password.encode())]
        ).values():
            future.result(timeout=30)

    def allow(self, rights: Iterable[Right]) -> None:
        """Give these rights, and no others."""
        bindings = [
            AclBinding(
                {"TOPIC": ResourceType.TOPIC, "GROUP": ResourceType.GROUP, "CLUSTER": ResourceType.BROKER}[right.resource],
                right.name,
                ResourcePatternType.LITERAL,
                f"User:{right.user}",
                "*",
                AclOperation[right.operation],
                AclPermissionType.ALLOW,
            )
            for right in rights
        ]
        for future in self.admin.create_acls(bindings).values():
            future.result(timeout=30)

    def client(self, user: str, password: str) -> dict[str, str]:
        """The environment of a client that proves itself by SCRAM."""
        return {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_CA_FILE": self.ca,
            "KAFKA_USERNAME": user,
            "KAFKA_PASSWORD": password,
        }


@contextmanager
def secured_kafka() -> Iterator[Secured]:
    """Start one; nobody may do anything on it but whom `allow` names (and the administrator of this machine)."""
    port, plain = free_port(), free_port()
    authority = trustme.CA()
    with tempfile.TemporaryDirectory(prefix="dunghen-kafka-") as given:
        folder = Path(given)
        folder.chmod(0o755)
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        own = authority.issue_cert("localhost", "127.0.0.1")
        key = load_pem_private_key(own.private_key_pem.bytes(), None)
        as_kafka_reads_it = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "broker.pem").write_bytes(as_kafka_reads_it + b"".join(pem.bytes() for pem in own.cert_chain_pems))
        for file in folder.iterdir():
            file.chmod(0o644)  # the broker in its container is another user
        container = _container(folder, port, plain)
        with container:
            yield Secured(f"localhost:{port}", folder, AdminClient({"bootstrap.servers": f"localhost:{plain}"}))


@pytest.fixture(scope="session")
def secured() -> Iterator[Secured]:
    """One for all tests that ask for it, with the operator as a user."""
    require_engine()
    with secured_kafka() as kafka:
        kafka.add_user(ADMIN, ADMINS_PASSWORD)
        yield kafka


@pytest.fixture
def as_operator(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> Secured:
    """Who has the operator's proof in the environment."""
    for name, value in secured.client(ADMIN, ADMINS_PASSWORD).items():
        monkeypatch.setenv(name, value)
    return secured


def _container(folder: Path, port: int, plain: int) -> DockerContainer:
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": "SASL_SSL://:9092,CONTROLLER://:9093,PLAINTEXT://:9094",
        "ADVERTISED_LISTENERS": f"SASL_SSL://localhost:{port},PLAINTEXT://localhost:{plain}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "SUPER_USERS": "User:ANONYMOUS",  # who comes by the listener that only this machine has
        "ALLOW_EVERYONE_IF_NO_ACL_FOUND": "false",
        "SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512,OAUTHBEARER",
        "LISTENER_NAME_SASL__SSL_SCRAM___SHA___512_SASL_JAAS_CONFIG": f"{_JAAS}.scram.ScramLoginModule required;",
        # Takes unsigned tokens: which token is good is the broker's affair, how one is shown is ours.
        "LISTENER_NAME_SASL__SSL_OAUTHBEARER_SASL_JAAS_CONFIG": (
            f'{_JAAS}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
        ),
        "SSL_KEYSTORE_TYPE": "PEM",
        "SSL_KEYSTORE_LOCATION": "/certificates/broker.pem",
        "SSL_TRUSTSTORE_TYPE": "PEM",
        "SSL_TRUSTSTORE_LOCATION": "/certificates/ca.pem",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container = (
        DockerContainer(os.environ.get("DUNGHEN_TEST_KAFKA_IMAGE", "apache/kafka:4.1.0"))
        .with_bind_ports(9092, port)
        .with_bind_ports(9094, plain)
        .with_volume_mapping(str(folder), "/certificates", "ro")
        .waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120))
    )
    for name, value in settings.items():
        container = container.with_env(f"KAFKA_{name}", value)
    return container
