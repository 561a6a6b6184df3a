"""A unit's morning: what sla, notifier and intake know reaches its mailbox, once, and once more at the last warning."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from runtime.mail import MemoryMail
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import WithoutLog
from runtime.store import MemoryDocuments, MemoryTables
from services.front.app import build, client_of
from services.front.settings import FrontSettings
from tests.flow.support import D, System, at, event, received, small_system
from tests.support.digests import SETTINGS

LATE, TODAY, TOMORROW, DONE, AFTER = (D.format(n) for n in range(1, 6))


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """Thursday, 5 March 2026, before work. A dossier is late since yesterday, others are due today, tomorrow, later."""
    async with small_system(tmp_path / "data", at(2, "08:00")) as running:
        dues = {LATE: "04T15:00", TODAY: "05T15:00", TOMORROW: "06T08:30", DONE: "05T09:00", AFTER: "12T09:00"}
        contact = {"contact": {"name": "Trần Thị Thử", "phone": "0912345678", "address": "thôn Mẫu"}}
        for code, due in dues.items():
            await running.send(received(code, "2026-03-02T08:00", promised_at=f"2026-03-{due}") | contact)
        await running.send(received(D.format(9), "2026-03-02T08:00", procedure="9.999999"))  # in no catalogue: held
        await running.move(at(4, "16:00"))
        await running.send(event(DONE, "completed", "2026-03-04T15:30"))
        await running.move(at(5, "07:30"))
        yield running


def front_of(system: System, mail: MemoryMail) -> Service:
    """A front that asks these services, in nobody's name."""
    clients = {
        name: client_of(f"http://{name}", httpx.ASGITransport(app=service.app))
        for name, service in system.together.services.items()
    }
    settings = FrontSettings.model_validate({**SETTINGS, "signing_key": system.together.keys.signing_key}, by_name=True)
    ports = Ports(store=MemoryDocuments(MemoryTables()), clock=system.clock)
    return build(WithoutLog(store_url="memory"), settings, ports=ports, services=clients, mail=mail)


async def look(front: Service) -> None:
    """What the front does every minute."""
    await next(job for job in front.jobs if job.name == "digests").run()


async def test_a_unit_is_told_of_its_day_and_of_what_becomes_urgent(system: System) -> None:
    mail = MemoryMail()
    front = front_of(system, mail)
    for step in front.collections:
        await step()

    await look(front)
    await look(front)
    morning = mail.sent.pop()
    await system.move(at(5, "08:59"))
    await look(front)
    assert mail.sent == []
    await system.move(at(5, "09:00"))
    await look(front)
    warning = mail.sent.pop()

    assert mail.sent == []
    assert morning.to == warning.to == ("motcua@hoangvan.example",)
    assert lines(morning.text, "HỒ SƠ ĐÃ QUÁ HẠN: 1") == [LATE]
    assert "hẹn trả 15:00 thứ Tư 04/03/2026, quá hạn 1 ngày làm việc" in morning.text
    assert lines(morning.text, "HỒ SƠ ĐẾN HẠN HÔM NAY: 1") == [TODAY]
    assert lines(morning.text, "HỒ SƠ ĐẾN HẠN NGÀY LÀM VIỆC TỚI: 1") == [TOMORROW]
    assert TOMORROW in morning.text.partition("THƯ CHỜ KÝ")[2]
    assert "DỮ LIỆU ĐƯỢC GIỮ LẠI CHỜ KIỂM TRA: 1 mục" in morning.text
    assert warning.subject.endswith("1 hồ sơ còn không quá 4 giờ làm việc")
    assert lines(warning.text, "HỒ SƠ CÒN KHÔNG QUÁ 4 GIỜ LÀM VIỆC (tính đến cuối buổi này): 1") == [TODAY]
    for each in (morning, warning):
        for personal in ("Trần", "0912345678", "thôn Mẫu"):
            assert personal not in each.subject + each.text
    for step in front.drains:
        await step()


def lines(text: str, title: str) -> list[str]:
    """The dossiers under a title."""
    under = text.partition(f"{title}\n")[2].partition("\n\n")[0]
    return [line.removeprefix("- ").partition(":")[0] for line in under.splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("moment", [at(7, "07:30"), at(8, "10:00"), at(5, "07:29")])
async def test_on_days_off_and_before_work_nobody_is_told(tmp_path: Path, moment: datetime) -> None:
    mail = MemoryMail()
    async with small_system(tmp_path / "data", at(2, "08:00")) as system:
        await system.send(received(LATE, "2026-03-02T08:00", promised_at="2026-03-04T15:00"))
        await system.move(moment)
        front = front_of(system, mail)
        for step in front.collections:
            await step()
        await look(front)
        for step in front.drains:
            await step()

    assert mail.sent == []
