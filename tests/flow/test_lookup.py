"""What a receipt carries opens its dossier's page: intake, sla and reporting as they are, behind a front."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from runtime.parts import Ports
from runtime.settings import WithoutLog
from runtime.store import MemoryDocuments, MemoryTables
from services.front.app import build, client_of
from services.front.settings import FrontSettings
from tests.flow.support import D, System, event, received

HERE = "http://dichvucong.test"
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
ONE, TWO = D.format(1), D.format(2)


@asynccontextmanager
async def citizen(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A citizen's browser at a front before the running services."""
    apps = {name: service.app for name, service in system.together.services.items()}
    clients = {name: client_of(f"http://{name}", httpx.ASGITransport(app)) for name, app in apps.items()}
    given = {
        "public_url": HERE,
        "plain_http": True,
        "oidc_issuer": "http://login.test",
        "oidc_client_id": "dunghen-front",
        "oidc_client_secret": "of the test",
        "signing_key": system.together.keys.signing_key,
        **{f"{name}_url": f"http://{name}" for name in apps},
    }
    ports = Ports(store=MemoryDocuments(MemoryTables()))
    front = build(
        WithoutLog(store_url="memory"), FrontSettings.model_validate(given, by_name=True), ports=ports, services=clients
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front.app), base_url=HERE) as browser:
        yield browser
    for client in clients.values():
        await client.aclose()


async def test_the_code_of_a_receipt_opens_its_dossier_and_no_other(system: System, log_lines: io.StringIO) -> None:
    answer = await system.send(received(ONE, "2026-03-02T09:00", contact=PERSON), received(TWO, "2026-03-02T09:05"))
    one, two = (item["lookup_code"] for item in answer.json()["items"])
    await system.settle()
    async with citizen(system) as browser:
        shown = await browser.get(f"/ho-so/{ONE}/{one}")
        other = await browser.get(f"/ho-so/{ONE}/{two}")
        await system.send(event(ONE, "completed", "2026-03-02T09:50"))
        await system.settle()
        done = await browser.post("/ho-so", data={"ma-ho-so": ONE, "ma-tra-cuu": one})
        unit = await browser.get("/don-vi/H37.12?q=ket+hon")
    topics = b"".join((record.key or b"") + (record.value or b"") for record in await system.log())

    assert (shown.status_code, other.status_code, done.status_code, unit.status_code) == (200, 404, 200, 200)
    assert "09:00 09/03/2026" in shown.text
    assert "Đã có kết quả" in done.text
    assert "Đăng ký kết hôn" in unit.text
    assert "dưới 5 hồ sơ" in unit.text
    for page in (shown, done):
        assert ("Nông Thị Mẫu" in page.text, "0912000007" in page.text) == (False, False)
    for code in (one, two):
        assert code.encode() not in topics
        assert code not in log_lines.getvalue()
