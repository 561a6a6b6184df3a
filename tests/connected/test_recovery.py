import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from contracts import load_catalogue
from dunghen.log import events_of, read_broker
from runtime.errors import CANNOT_START
from runtime.parts import STATE
from runtime.store import Document, open_documents
from runtime.store.mongo import drop_database
from tests.flow.support import at, event, received
from tests.real import PASSED, Real
from tests.support.fleet import Fleet, Phone, Processes
from tests.support.signing import look_and_sign
from tests.town import Town, Towns

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="session")]
D = "H37.12-260302-{:04}"
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}

# What belongs to one process and one save.
NOT_COMPARED = ("rev", "by", "by_subject", "outbox", "texts")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def systems(real: Real) -> AsyncIterator[Towns]:
    """A system that has lived, with a gateway that tells nobody twice only if nobody sends twice."""
    towns = Towns(real, deduplicates=False, prepare=live)
    yield towns
    await towns.close()


@pytest_asyncio.fixture(loop_scope="session")
async def town(systems: Towns, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """The system, and another one after a test that failed."""
    town = await systems.sound()
    yield town
    town.sound = request.node.stash.get(PASSED, False)


async def documents(town: Town, service: str) -> dict[str, Document]:
    """A service's dossiers without what is not compared."""
    store = open_documents(town.processes.store_url(service))
    try:
        name = "rows" if service == "reporting" else "dossiers"
        found = await store.find(name, {}, limit=2000)
        return {d["_id"]: {k: v for k, v in d.items() if k not in NOT_COMPARED} for d in found}
    finally:
        await store.close()


async def said(town: Town, service: str) -> dict[str, str]:
    """The distinct events of a service's own topics, by id."""
    own = [name for name, spec in load_catalogue().topics.items() if spec.owner == service and not name.endswith(".dlq")]
    return {event.id: event.type for event in events_of(await read_broker(town.real.kafka, town.prefix, own))}


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


async def rebuilt(town: Town, service: str) -> None:
    """Make a stopped service anew, start it, wait until it is through."""
    done = await dunghen(town.processes, service, "rebuild", service)
    assert done.returncode == 0, done.stderr
    await started(town, service)


async def started(town: Town, service: str) -> None:
    """Start a service, and wait until it is through."""
    await town.processes.start(service)
    await town.processes.ready(service)
    await town.fleet.settle()
    await asyncio.sleep(2)  # settled, and said


async def live(town: Town) -> None:
    """Dossiers in every state: told, overdue, letters sent with a date, refused, rejected, completed before and after."""
    drive = town.fleet
    await drive.set_clock(at(2, "10:00"))
    quick = {"procedure": "1.001193", "contact": PERSON}  # the same day
    await drive.post([received(D.format(n), "2026-03-02T09:00", **quick) for n in range(1, 9)])
    await drive.post([received(D.format(9), "2026-03-02T09:00", contact=PERSON)])
    await drive.post([event(D.format(8), "completed", "2026-03-02T09:50")])
    await drive.settle()
    await drive.set_clock(at(2, "17:05"))
    await drive.settle()
    await decide_on_letters(drive)
    await drive.settle()
    await drive.set_clock(at(4, "10:00"))
    done = [event(D.format(1), "completed", "2026-03-04T09:30"), event(D.format(7), "completed", "2026-03-04T09:40")]
    await drive.post(done)
    await drive.settle()
    await drive.set_clock(at(5, "10:00"))
    await drive.post([event(D.format(2), "completed", "2026-03-05T09:30")])
    await drive.settle()


async def decide_on_letters(drive: Fleet) -> None:
    """Five letters are signed, one is rejected."""
    letters = drive.clients["notifier"]
    approval = {"reason": "workload", "new_due_at": "2026-03-04T16:00:00+07:00"}
    for number in range(1, 6):
        answer = await look_and_sign(letters, D.format(number), approval)
        assert answer.status_code == 202, answer.text
    rejection = {"reason": "force-majeure"}
    assert (await letters.post(f"/v1/letters/{D.format(6)}/rejection", json=rejection)).status_code == 202


def told(phone: Phone) -> Counter[tuple[str, str]]:
    """How often each message reached somebody."""
    return Counter((sms.to, sms.text) for sms in phone.shown())


@pytest.mark.parametrize("service", ["sla", "notifier", "feedback", "intake", "reporting"])
async def test_a_lost_store_is_refused_and_comes_back_to_the_last_field_and_nobody_is_told_twice(
    town: Town, service: str
) -> None:
    before, words, messages = await documents(town, service), await said(town, service), told(town.fleet.phone)
    await town.processes.terminate(service)
    if service not in ("intake", "reporting"):  # intake's keys and reporting's frozen sheets are on no log
        await refused_without_a_store(town, service)

    await rebuilt(town, service)

    assert differing(before, await documents(town, service)) == {}
    if service != "reporting":  # its cells are published anew, under higher revisions
        assert await said(town, service) == words
    assert told(town.fleet.phone) == messages
    assert max(messages.values()) == 1


async def refused_without_a_store(town: Town, service: str) -> None:
    """A service whose store is gone says what helps, and does not start."""
    await drop_database(town.processes.store_url(service))
    await town.processes.start(service)
    assert await asyncio.wait_for(town.processes.died(service), 60) == CANNOT_START
    assert f"dunghen rebuild {service}" in town.processes.log_text()


def differing(before: dict[str, Document], after: dict[str, Document]) -> dict[str, Any]:
    """What is another: by dossier and field, before and after."""
    old, new = comparable(before), comparable(after)
    return {
        f"{code} {name}": (old.get(code, {}).get(name), new.get(code, {}).get(name))
        for code in sorted(old.keys() | new.keys())
        for name in sorted(old.get(code, {}).keys() | new.get(code, {}).keys())
        if old.get(code, {}).get(name) != new.get(code, {}).get(name)
    }


def comparable(found: dict[str, Document]) -> dict[str, dict[str, Any]]:
    """Documents without what the log does not hold: signers, what they saw, notes; what is known of a letter's paper, which
    lies in the store alone; the digest of a contact; marks of a first count."""
    lost = ("by", "by_subject", "note", "previewed", "link", "stamped", "h")
    kept = {code: {n: v for n, v in d.items() if n not in ("touched", "dirty", "adds", "flip_at")} for code, d in found.items()}
    for document in kept.values():
        for name in {"letter", "contact"} & document.keys():
            document[name] = {field: value for field, value in document[name].items() if field not in lost}
        if "history" in document:
            steps = document["history"]
            document["history"] = [{field: value for field, value in step.items() if field not in lost} for step in steps]
    return kept


async def test_a_store_restored_from_a_copy_is_brought_up_to_what_was_said_since(town: Town) -> None:
    drive, processes, codes = town.fleet, town.processes, [D.format(n) for n in (21, 22, 23)]
    quick = {"procedure": "1.001193", "contact": PERSON}
    await drive.set_clock(at(6, "10:00"))
    await drive.post([received(code, "2026-03-06T09:00", **quick) for code in codes[:2]])
    await drive.settle()
    await asyncio.sleep(6)  # a note of where the store stands
    kept = {service: await copied(processes, service) for service in ("sla", "notifier", "intake")}
    await drive.post([event(codes[0], "completed", "2026-03-06T09:50")])
    await drive.post([received(codes[2], "2026-03-06T09:10", contact=PERSON)])
    await drive.set_clock(at(6, "17:05"))
    await drive.settle()
    messages = told(drive.phone)
    for service, copy in kept.items():
        before, words = await documents(town, service), await said(town, service)
        await processes.terminate(service)
        await restored(processes, service, copy)
        await started(town, service)

        assert differing(before, await documents(town, service)) == {}
        assert await said(town, service) == words
    assert told(drive.phone) == messages


async def copied(processes: Processes, service: str) -> dict[str, list[Document]]:
    """The collections that a copy has to hold to be one."""
    store = open_documents(processes.store_url(service))
    try:
        names = ["dossiers", STATE, *(["register"] if service == "notifier" else [])]
        return {name: await store.find(name, {}, limit=2000) for name in names}
    finally:
        await store.close()


async def restored(processes: Processes, service: str, copy: dict[str, list[Document]]) -> None:
    """Put the copy back in place of what is there."""
    store = open_documents(processes.store_url(service))
    try:
        for name, found in copy.items():
            there = [document["_id"] for document in await store.find(name, {}, limit=2000)]
            await store.delete_many(name, there)
            for document in found:
                if document["_id"] != "alive":
                    await store.save_many(name, [{**document, "rev": 0}])
    finally:
        await store.close()


async def test_a_discarded_dead_letter_stays_discarded_when_the_service_is_made_anew(town: Town) -> None:
    code = D.format(31)
    await town.fleet.post([received(code, "2026-03-02T09:00", contact=PERSON)])
    await town.fleet.settle()
    await town.write("dossiers.v1", code, b"{broken")
    await town.write("dossiers.v1", "", b"{broken")
    await town.fleet.settle()
    place = (await documents(town, "notifier"))[code]["incomplete"][0]
    assert (await dunghen(town.processes, "notifier", "dlq", "discard", "notifier", place)).returncode == 0
    await town.processes.terminate("notifier")
    await rebuilt(town, "notifier")

    assert "incomplete" not in (await documents(town, "notifier"))[code]
    listed = (await dunghen(town.processes, "notifier", "dlq", "ls", "notifier")).stdout
    assert listed.count("đã xử lý") == 1
    assert listed.count("đang chờ") == 1
