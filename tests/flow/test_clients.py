"""A client that openapi-python-client makes from a service's own document works against that service."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.support import D, System, at, event, received
from tools.check import BIN

OPTIONS = {  # a file is what it is, and not text of the client's
    "post_hooks": [],
    "content_type_overrides": {
        "application/pdf": "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "application/octet-stream",
    },
}
PERIOD = {"from_": date(2026, 3, 1), "to": date(2026, 3, 31)}


class Clients:
    """Generated clients of running services."""

    def __init__(self, system: System, folder: Path) -> None:
        self._system, self._folder = system, folder

    def make(self, service: str) -> None:
        """Generate one. Fails if a part of the document is not understood."""
        own = self._folder / f"{service}_client"
        document, options = own.with_suffix(".json"), self._folder / "options.json"
        document.write_text(json.dumps(self._system.together.services[service].app.openapi()), "utf-8")
        options.write_text(json.dumps(OPTIONS), "utf-8")
        where = ["--path", str(document), "--config", str(options), "--output-path", str(own)]
        command = [str(BIN / "openapi-python-client"), "generate", "--meta", "none", *where]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert "WARNING" not in run.stdout, run.stdout

    async def ask(self, service: str, operation: str, *path: str, **query: Any) -> Any:
        """What an operation answers, as an object of the client's own classes."""
        package = importlib.import_module(f"{service}_client")
        asked = importlib.import_module(f"{service}_client.api.default.{operation}")
        running = self._system.clients[service]
        client = package.Client(
            base_url=f"http://{service}",
            headers=dict(running.headers),
            httpx_args={"transport": httpx.ASGITransport(app=self._system.together.services[service].app)},
        )
        return await asked.asyncio_detailed(*path, client=client, **query)


@pytest.fixture
def clients(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Clients of all services, made and importable."""
    monkeypatch.syspath_prepend(tmp_path)
    yield (made := Clients(system, tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0].endswith("_client")]:
        del sys.modules[name]
    assert made


async def test_a_generated_client_works_against_each_service(system: System, clients: Clients) -> None:
    for service in system.together.services:
        clients.make(service)
    await system.send(received(D.format(1), "2026-03-02T09:00"), received(D.format(2), "2026-03-02T09:10"))
    await system.move(at(10, "08:00"))
    await system.send(event(D.format(1), "completed", "2026-03-10T07:50"))
    await system.settle()

    known = await clients.ask("intake", "known", D.format(1))
    overdue = await clients.ask("sla", "overdue")
    letters = await clients.ask("notifier", "listed")
    unknown = await clients.ask("notifier", "one", D.format(999))
    filled = await clients.ask("reporting", "filled", "II.06a", **PERIOD)
    files = {kind: await clients.ask("reporting", f"filled_{kind}", "II.06a", **PERIOD) for kind in ("csv", "xlsx", "pdf")}
    not_frozen = await clients.ask("reporting", "frozen_pdf", **PERIOD)
    survey = await clients.ask("feedback", "survey", "nobody")

    assert [fact.type_ for fact in known.parsed.facts] == ["received", "completed"]
    assert [late.dossier for late in overdue.parsed.items] == [D.format(2)]
    assert letters.status_code == 200
    assert {letter.dossier for letter in letters.parsed.letters} == {D.format(1), D.format(2)}
    assert (unknown.status_code, unknown.parsed.status) == (404, 404)
    assert filled.parsed.total is not None
    assert {kind: answer.content[:4] for kind, answer in files.items()} == {
        "csv": b"\xef\xbb\xbfu",
        "xlsx": b"PK\x03\x04",
        "pdf": b"%PDF",
    }
    assert "unit,field" in files["csv"].parsed
    assert (files["xlsx"].parsed.payload.read(4), files["pdf"].parsed.payload.read(4)) == (b"PK\x03\x04", b"%PDF")
    assert (not_frozen.status_code, not_frozen.parsed.status) == (404, 404)
    assert survey.status_code == 404
