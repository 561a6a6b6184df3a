"""A store lost, emptied or older than the log, with real processes: refused with a sentence, or brought back wholly."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import load_catalogue
from dunghen.demo.driver import Fleet
from dunghen.demo.phone import Phone
from dunghen.demo.real import Processes, real_fleet
from dunghen.log import event_of, read_broker
from runtime.clock import SteppedClock
from runtime.parts import STATE
from runtime.store import Document, open_documents
from runtime.store.mongo import drop_database
from tests.connected.test_system import publish
from tests.flow.support import at, event, received
from tests.real import Real

pytestmark = pytest.mark.connected
D = "H37.12-260302-{:04}"
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
CANNOT_START = 78
# What belongs to one process and one save.
NOT_COMPARED = ("rev", "by", "outbox")
Run = tuple[Fleet, Processes, str, Phone]


@pytest.fixture
async def run(real: Real) -> AsyncIterator[Run]:
    """All services on a morning, with a gateway that tells nobody twice by itself."""
    phone = Phone(deduplicates=False)
    async with real_fleet(real.kafka, real.mongo, SteppedClock(at(2, "10:00")), partitions=2, phone=phone) as (
        drive,
        own,
        prefix,
    ):
        yield drive, own, prefix, phone


async def documents(processes: Processes, service: str) -> dict[str, Document]:
    """A service's dossiers without what is not compared."""
    store = open_documents(processes.environment(service)["STORE_URL"])
    try:
        name = "rows" if service == "reporting" else "dossiers"
        found = await store.find(name, {}, limit=2000)
        return {d["_id"]: {k: v for k, v in d.items() if k not in NOT_COMPARED} for d in found}
    finally:
        await store.close()


async def said(real: Real, prefix: str, service: str) -> dict[str, str]:
    """The distinct events of a service's own topics, by id."""
    own = [name for name, spec in load_catalogue().topics.items() if spec.owner == service and not name.endswith(".dlq")]
    events = [event_of(record) for record in await read_broker(real.kafka, prefix, own)]
    return {found["id"]: found["type"] for found in events if found}


async def dunghen(processes: Processes, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command with the settings of a service."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "dunghen", *arguments],
        env={**os.environ, **processes.environment(service), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


async def rebuilt(drive: Fleet, processes: Processes, service: str) -> None:
    """Stop it, empty it, start it, wait until it is through."""
    await processes.terminate(service)
    done = await dunghen(processes, service, "rebuild", service)
    assert done.returncode == 0, done.stderr
    await processes.start(service)
    await processes.ready(service)
    await drive.settle()
    await asyncio.sleep(2)  # settled, and said


async def lived(drive: Fleet) -> None:
    """Dossiers in every state: told, overdue, letters sent with a date, refused, rejected, completed before and after."""
    quick = {"procedure": "1.001193", "contact": PERSON}  # the same day
    await drive.post([received(D.format(n), "2026-03-02T09:00", **quick) for n in range(1, 9)])
    await drive.post([received(D.format(9), "2026-03-02T09:00", contact=PERSON)])
    await drive.post([event(D.format(8), "completed", "2026-03-02T09:50")])
    await drive.settle()
    await drive.set_clock(at(2, "17:05"))
    await drive.settle()
    letters = drive.clients["notifier"]
    approval = {"reason": "workload", "by": "Hoàng Đức Giả Định", "new_due_at": "2026-03-04T16:00:00+07:00"}
    for number in range(1, 6):
        answer = await letters.post(f"/v1/letters/{D.format(number)}/approval", json=approval)
        assert answer.status_code == 202, answer.text
    rejection = {"reason": "force-majeure", "by": "Hoàng Đức Giả Định"}
    assert (await letters.post(f"/v1/letters/{D.format(6)}/rejection", json=rejection)).status_code == 202
    await drive.settle()
    await drive.set_clock(at(4, "10:00"))
    done = [event(D.format(1), "completed", "2026-03-04T09:30"), event(D.format(7), "completed", "2026-03-04T09:40")]
    await drive.post(done)
    await drive.settle()
    await drive.set_clock(at(5, "10:00"))
    await drive.post([event(D.format(2), "completed", "2026-03-05T09:30")])
    await drive.settle()


def told(phone: Phone) -> Counter[tuple[str, str]]:
    """How often each message reached somebody."""
    return Counter((sms.to, sms.text) for sms in phone.shown())


@pytest.mark.parametrize("service", ["sla", "notifier", "feedback", "intake", "reporting"])
async def test_an_emptied_service_comes_back_to_the_last_field_and_tells_nobody_twice(
    real: Real, run: Run, service: str
) -> None:
    drive, processes, prefix, phone = run
    await lived(drive)
    before, words, messages = await documents(processes, service), await said(real, prefix, service), told(phone)

    await rebuilt(drive, processes, service)

    after = await documents(processes, service)
    assert sorted(after) == sorted(before)
    assert [name for name in before if comparable(after[name]) != comparable(before[name])] == []
    if service != "reporting":  # its cells are published anew, under higher revisions
        assert await said(real, prefix, service) == words
    assert told(phone) == messages
    assert max(messages.values()) == 1


def comparable(document: Document) -> dict[str, Any]:
    """A document without what the log does not hold: signers and notes, the digest of a contact, marks of a first count."""
    lost = ("by", "note", "h")
    kept = {name: value for name, value in document.items() if name not in ("touched", "dirty", "adds", "flip_at")}
    for name in ("letter", "contact"):
        if name in kept:
            kept[name] = {field: value for field, value in kept[name].items() if field not in lost}
    return kept


@pytest.mark.parametrize("service", ["sla", "notifier", "feedback"])
async def test_a_service_whose_store_is_gone_says_what_helps_and_does_not_start(run: Run, service: str) -> None:
    drive, processes, _, phone = run
    await lived(drive)
    messages = told(phone)
    await processes.terminate(service)
    await drop_database(processes.environment(service)["STORE_URL"])

    await processes.start(service)

    assert await asyncio.wait_for(processes.died(service), 60) == CANNOT_START
    assert f"dunghen rebuild {service}" in processes.log_text()
    await rebuilt_after_loss(drive, processes, service)
    assert told(phone) == messages


async def rebuilt_after_loss(drive: Fleet, processes: Processes, service: str) -> None:
    done = await dunghen(processes, service, "rebuild", service)
    assert done.returncode == 0, done.stderr
    await processes.start(service)
    await processes.ready(service)
    await drive.settle()


async def test_a_store_restored_from_a_copy_is_brought_up_to_what_was_said_since(real: Real, run: Run) -> None:
    drive, processes, prefix, phone = run
    await drive.post([received(D.format(n), "2026-03-02T09:00", procedure="1.001193", contact=PERSON) for n in (1, 2)])
    await drive.settle()
    await asyncio.sleep(6)  # a note of where the store stands
    kept = {service: await copied(processes, service) for service in ("sla", "notifier", "intake")}
    await drive.post([event(D.format(1), "completed", "2026-03-02T09:50")])
    await drive.post([received(D.format(3), "2026-03-02T09:10", contact=PERSON)])
    await drive.set_clock(at(2, "17:05"))
    await drive.settle()
    messages = told(phone)
    for service, copy in kept.items():
        before, words = await documents(processes, service), await said(real, prefix, service)
        await processes.terminate(service)
        await restored(processes, service, copy)
        await processes.start(service)
        await processes.ready(service)
        await drive.settle()
        await asyncio.sleep(2)
        after = await documents(processes, service)

        assert {name: comparable(d) for name, d in after.items()} == {name: comparable(d) for name, d in before.items()}
        assert await said(real, prefix, service) == words
    assert told(phone) == messages


async def copied(processes: Processes, service: str) -> dict[str, list[Document]]:
    """The collections that a copy has to hold to be one."""
    store = open_documents(processes.environment(service)["STORE_URL"])
    try:
        names = ["dossiers", STATE, *(["register"] if service == "notifier" else [])]
        return {name: await store.find(name, {}, limit=2000) for name in names}
    finally:
        await store.close()


async def restored(processes: Processes, service: str, copy: dict[str, list[Document]]) -> None:
    """Put the copy back in place of what is there."""
    store = open_documents(processes.environment(service)["STORE_URL"])
    try:
        for name, found in copy.items():
            there = [document["_id"] for document in await store.find(name, {}, limit=2000)]
            await store.delete_many(name, there)
            for document in found:
                if document["_id"] != "alive":
                    await store.save_many(name, [{**document, "rev": 0}])
    finally:
        await store.close()


async def test_a_discarded_dead_letter_stays_discarded_when_the_service_is_made_anew(real: Real, run: Run) -> None:
    drive, processes, prefix, _ = run
    await drive.post([received(D.format(1), "2026-03-02T09:00", contact=PERSON)])
    await drive.settle()
    await publish(real, f"{prefix}dossiers.v1", D.format(1), b"{broken")
    await publish(real, f"{prefix}dossiers.v1", "", b"{broken")
    await drive.settle()
    place = (await documents(processes, "notifier"))[D.format(1)]["incomplete"][0]
    assert (await dunghen(processes, "notifier", "dlq", "discard", "notifier", place)).returncode == 0
    await rebuilt(drive, processes, "notifier")

    assert "incomplete" not in (await documents(processes, "notifier"))[D.format(1)]
    listed = (await dunghen(processes, "notifier", "dlq", "ls", "notifier")).stdout
    assert listed.count("đã xử lý") == 1
    assert listed.count("đang chờ") == 1
