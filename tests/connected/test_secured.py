"""On a Kafka that asks: each service runs with its own rights alone; who proves himself wrongly is told why in one sentence."""

import asyncio
import base64
import json
import secrets
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from contracts import load_catalogue
from dunghen.audit import audit
from dunghen.commands.topics import apply_topics
from dunghen.log import events_of, kind_of, read_broker
from dunghen.rights import rights
from dunghen.services import SERVICES
from runtime.clock import SteppedClock
from runtime.errors import Unavailable
from runtime.kafka_admin import partition_counts, set_back
from tests.flow.support import D, at, event, received
from tests.real import Real
from tests.support.fleet import real_fleet
from tests.support.secured import ADMIN, Secured
from tests.support.signing import look_and_sign

pytestmark = [
    pytest.mark.connected,
    # aiokafka leaves the socket of a connection that was refused to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@contextmanager
def issuer() -> Iterator[tuple[str, list[str]]]:
    """Gives the operator's token at `/token`, unsigned, as the broker of these tests takes it; yields its address, and what
    it was asked."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["content-length"])).decode())
            now = int(time.time())
            parts = ({"alg": "none"}, {"sub": ADMIN, "iat": now, "exp": now + 600})
            coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
            body = json.dumps({"access_token": f"{'.'.join(coded)}.", "expires_in": 600}).encode()
            self.send_response(200 if self.path == "/token" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


async def test_each_service_runs_the_whole_flow_with_its_own_rights_alone(
    real: Real, secured: Secured, as_operator: Secured, tmp_path: Path
) -> None:
    del as_operator
    prefix = f"demo{secrets.token_hex(3)}."
    passwords = {name: secrets.token_hex(12) for name in SERVICES}
    for name, password in passwords.items():
        secured.add_user(f"dunghen-{name}", password)
        (tmp_path / name).write_text(f"{password}\n", "utf-8")
    secured.allow(rights(load_catalogue(), prefix))

    def as_itself(name: str, _environment: Mapping[str, str]) -> list[str]:
        own = ["-u", "KAFKA_PASSWORD", f"KAFKA_USERNAME=dunghen-{name}", f"KAFKA_PASSWORD_FILE={tmp_path / name}"]
        return ["env", *own, sys.executable, "-m", f"services.{name}"]

    clock, one = SteppedClock(at(2, "10:00")), D.format(1)
    async with real_fleet(secured.address, real.mongo, clock, partitions=2, command=as_itself, prefix=prefix) as running:
        fleet, processes, _ = running
        await fleet.post([received(one, "2026-03-02T09:00", contact={"name": "Nông Thị Mẫu", "phone": "0912000007"})])
        await fleet.settle()
        await fleet.set_clock(at(5, "10:00"))
        await fleet.settle()
        body = {"reason": "workload", "new_due_at": at(11).isoformat()}
        assert (await look_and_sign(fleet.clients["notifier"], one, body)).status_code == 202
        await fleet.settle()
        await fleet.set_clock(at(10, "10:00"))
        await fleet.post([event(one, "completed", "2026-03-10T09:30"), event(one, "returned", "2026-03-10T09:45")])
        await fleet.settle()
        changes = (await fleet.clients["intake"].get("/v1/changes")).json()
        records = await read_broker(secured.address, prefix)
        said = processes.log_text()

    kinds = {kind_of(each) for each in events_of(records)}
    assert {"deadline.moved", "letter.sent", "notice.accepted", "feedback.invited", "metrics.cell"} <= kinds
    assert audit([(r.topic, r.value) for r in records], clock.now()).differences() == []
    assert changes["items"]
    assert not [password for password in passwords.values() if password in said]


async def test_a_missing_right_is_named(secured: Secured, as_operator: Secured) -> None:
    del as_operator
    prefix = f"closed{secrets.token_hex(3)}."
    secured.allow(right for right in rights(load_catalogue(), "open.") if right.user == ADMIN)
    await apply_topics(secured.address, "open.", replication=1, partitions=1)

    with pytest.raises(Unavailable, match=rf"no right on a topic.*topics acls.*{prefix}dossiers.v1"):
        await set_back(secured.address, prefix + "sla", [prefix + "dossiers.v1"])
    with pytest.raises(Unavailable, match="no right on its group"):
        await set_back(secured.address, prefix + "sla", ["open.dossiers.v1"])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"KAFKA_PASSWORD": "another"}, "user or password, or token, is refused"),
        ({"KAFKA_USERNAME": "nobody"}, "user or password, or token, is refused"),
        ({"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, "does not take this mechanism"),
        ({"KAFKA_CA_FILE": None}, "its certificate is not believed"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_CA_FILE": None}, "KAFKA_SECURITY_PROTOCOL"),
    ],
    ids=["password", "user", "mechanism", "authority", "protocol"],
)
async def test_who_proves_himself_wrongly_is_told_why(
    as_operator: Secured, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], sentence: str
) -> None:
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)

    with pytest.raises(Unavailable, match=sentence) as told:
        await asyncio.wait_for(partition_counts(as_operator.address), 60)

    assert "operator-password" not in str(told.value)


async def test_a_token_of_an_issuer_is_taken_and_asked_for_once(
    secured: Secured, as_operator: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA_USERNAME", "KAFKA_PASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("KAFKA_SASL_MECHANISM", "OAUTHBEARER")
    monkeypatch.setenv("KAFKA_TOKEN_CLIENT", "dunghen")
    monkeypatch.setenv("KAFKA_TOKEN_SECRET", "a-secret")
    secured.allow(right for right in rights(load_catalogue(), "open.") if right.user == ADMIN)
    with issuer() as (address, asked):
        monkeypatch.setenv("KAFKA_TOKEN_URL", f"{address}/token")
        assert await partition_counts(as_operator.address) is not None
        assert asked == ["grant_type=client_credentials"]
        monkeypatch.setenv("KAFKA_TOKEN_URL", f"{address}/elsewhere")
        with pytest.raises(Unavailable, match="token"):
            await partition_counts(as_operator.address)


async def test_an_expired_certificate_of_the_broker_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    old = authority.issue_cert("localhost", not_after=datetime.now(UTC) - timedelta(days=1))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    old.configure_cert(context)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 0, ssl=context)
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("KAFKA_CA_FILE", str(tmp_path / "ca.pem"))
    try:
        with pytest.raises(Unavailable, match="certificate has expired"):
            await partition_counts(f"localhost:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()
