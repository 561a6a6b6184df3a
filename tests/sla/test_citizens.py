"""What sla says of a dossier to whoever holds the look-up code of its receipt, and to nobody else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest

from contracts import Event, load_catalogue
from contracts.lookup import LookupKeys
from dunghen import PROVINCE
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.sla.app import build
from services.sla.settings import SlaSettings
from tests.support.described import watching
from tests.support.dossiers import DOSSIER, at, fact, received, submitted
from tests.support.sla import play

KEY, NEWER = f"1:{'k' * 32}", f"2:{'n' * 32}"
CODE = LookupKeys.of(KEY).code(DOSSIER)


@asynccontextmanager
async def asked(events: Sequence[Event], now: datetime, lookup: str | None = KEY) -> AsyncIterator[httpx.AsyncClient]:
    """A service that knows one dossier."""
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(now.timestamp() * 1000))
    ports = Ports(store=MemoryDocuments(MemoryTables()), clock=SteppedClock(now), topics=MemoryLog("sla", broker))
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    settings = SlaSettings.model_validate({"reference_dir": PROVINCE, "lookup_key": lookup}, by_name=True)
    service = build(runtime, settings, ports=ports)
    for declare in service.collections:
        await declare()
    if events:
        await service.parts.store.save_many("dossiers", [play(events)[0]])
    service.health.waits_for = ""
    transport, hooks = httpx.ASGITransport(service.app), {"response": [watching(service.app)]}
    async with httpx.AsyncClient(transport=transport, base_url="http://sla", event_hooks=hooks) as client:
        yield client


async def look(client: httpx.AsyncClient, code: str = CODE, dossier: str = DOSSIER) -> httpx.Response:
    """Ask with a code."""
    return await client.get(f"/v1/lookup/{dossier}", headers={"x-lookup-code": code})


async def test_a_citizen_sees_state_date_why_and_hotline_and_nothing_of_persons() -> None:
    events = [received(), fact("progressed", at(2, "10:00"), step="Thẩm định", department="Phòng A")]
    async with asked(events, at(3)) as client:
        told: dict[str, Any] = (await look(client)).json()

    assert (told["stage"], told["due_at"], told["urgency"]) == ("open", at(9).isoformat(), "later")
    assert (told["unit_name"], told["hotline"]) == ("UBND xã Hoàng Vân", "0205 000 0212")
    assert (told["procedure_name"], told["step"]) == ("Đăng ký kết hôn", "Thẩm định")
    assert any("5 ngày làm việc" in step["text"] for step in told["why"])
    assert not {"name", "phone", "contact", "department", "spent"} & told.keys()


async def test_a_citizen_is_told_what_is_waited_for_how_it_ended_and_that_it_was_not_accepted() -> None:
    fee = received(terms={"pause_on_fee": False})
    lives = (
        [received(), fact("supplement-requested", at(3))],
        [received(), fact("completed", at(4))],
        [received(), fact("refused", at(2, "10:00"))],
        [fact("refused", at(2, "10:00"))],
        [fee, fact("fee-requested", at(3))],
        [fee, fact("fee-requested", at(3)), fact("fee-paid", at(4))],
        [fee, fact("fee-requested", at(3)), fact("withdrawn", at(4))],
    )
    told: list[dict[str, Any]] = []
    for events in lives:
        async with asked(events, at(5)) as client:
            told.append((await look(client)).json())

    waits, ended, refused, unheard, *fees = told
    assert [(each["stage"], each["asked_for"]) for each in (waits, *fees)] == [
        ("waiting", "supplement"),
        ("open", "fee"),  # the clock goes on, and the citizen has to pay
        ("open", ""),
        ("ended", ""),
    ]
    assert (waits["stage"], waits["waits_for"], waits["due_at"]) == ("waiting", "supplement", None)
    assert (ended["stage"], ended["end_state"], ended["outcome"]) == ("ended", 9, "early")
    assert (refused["stage"], refused["end_state"], refused["unit_name"]) == ("not-accepted", 3, "UBND xã Hoàng Vân")
    assert (unheard["stage"], unheard["ended_at"], unheard["hotline"]) == ("not-accepted", at(2, "10:00").isoformat(), "")


async def test_who_submitted_online_is_told_by_when_he_is_answered() -> None:
    async with asked([submitted()], at(2, "10:00")) as client:
        told: dict[str, Any] = (await look(client)).json()

    assert (told["stage"], told["received_at"], told["submitted_at"]) == ("submitted", None, at(2).isoformat())
    assert told["due_at"] is not None


async def test_who_was_refused_online_is_told_by_whom_of_what_and_whom_to_call() -> None:
    async with asked([submitted(), fact("refused", at(2, "10:00"))], at(3)) as client:
        told: dict[str, Any] = (await look(client)).json()

    assert (told["stage"], told["unit_name"], told["hotline"]) == ("not-accepted", "UBND xã Hoàng Vân", "0205 000 0212")
    assert (told["procedure_name"], told["submitted_at"]) == ("Đăng ký kết hôn", at(2).isoformat())


async def test_a_wrong_code_is_answered_alike_whether_there_is_such_a_dossier_or_not_and_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with asked([received()], at(3)) as client:
        monkeypatch.setattr("services.sla.store.find_one", None)  # whoever asks it fails
        other = "H37.12-260302-0002"
        answers = [
            await look(client, "A" * 10),
            await look(client, "A" * 10, other),
            await look(client, CODE, other),
            await look(client, ""),
            await look(client, CODE.lower()),
            await look(client, "x" * 5000),
            await look(client, CODE, "no-dossier"),
            await client.get(f"/v1/lookup/{DOSSIER}"),
            await client.get(f"/v1/lookup/{DOSSIER}", params={"x-lookup-code": CODE, "code": CODE}),
        ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}


async def test_who_holds_a_code_of_a_dossier_that_is_not_known_yet_is_told_so() -> None:
    async with asked([], at(3)) as client:
        assert (await look(client)).status_code == 404


async def test_codes_of_an_older_key_open_as_long_as_it_is_listed() -> None:
    for keys, status in ((f"{KEY} {NEWER}", 200), (NEWER, 401)):
        async with asked([received()], at(3), keys) as client:
            assert (await look(client)).status_code == status


async def test_without_a_key_nobody_is_answered() -> None:
    async with asked([received()], at(3), None) as client:
        unset, nothing = await look(client), await look(client, "")

    assert (unset.status_code, "LOOKUP_KEY" in unset.json()["detail"]) == (503, True)
    assert nothing.status_code == 401


def test_a_key_that_is_none_stops_the_start_and_is_not_repeated() -> None:
    settings = SlaSettings.model_validate({"reference_dir": PROVINCE, "lookup_key": "secret-of-nobody"}, by_name=True)
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    with pytest.raises(ValueError, match="LOOKUP_KEY: must be") as refused:
        build(runtime, settings)

    assert "secret-of-nobody" not in str(refused.value)
