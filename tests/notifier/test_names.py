"""Names for forms that carry them: for a purpose, of one's own units, never without a line of who had them opened."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from runtime.clock import SteppedClock
from runtime.errors import Unavailable
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.notifier.app import build
from services.notifier.store import DOSSIERS, READINGS, NameReading, declare, enter_reading, readings_of
from tests.support.dossiers import DOSSIER, at
from tests.support.identity import ISSUER, as_person
from tests.support.notifier import REFERENCE, desk, forget
from tests.support.notifier import context as context_of
from tests.support.notifier_hears import DONE, PERSON, PROMISED, contact, play

CLERK = as_person(Role.OFFICER, units=("H37.12",), name="Nông Văn Thử")
OTHERS = as_person(Role.OFFICER, units=("H37.13",), name="Lý Thị Thử")
INSPECTOR = as_person(Role.INSPECTOR, units=("H37.12",), name="Tô Văn Tra")
WANTED = {"purpose": "in sổ theo dõi tháng 3", "dossiers": [DOSSIER]}


@dataclass(frozen=True)
class Own:
    """notifier with one dossier."""

    client: httpx.AsyncClient
    store: MemoryDocuments


@pytest.fixture
def document() -> Document:
    return play([PROMISED, contact(), DONE])[0]


@pytest.fixture
async def own(document: Document) -> AsyncIterator[Own]:
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    await store.save_many(DOSSIERS, [{**document, "rev": 0, "outbox": []}])
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
    ports = Ports(store=store, topics=topics, clock=SteppedClock(at(9)))
    service = build(runtime, desk(at(9)).settings, reference=REFERENCE, ports=ports)
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notifier") as client:
        yield Own(client, store)


async def test_names_are_opened_for_a_purpose_and_it_is_kept_who_had_them(own: Own, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await own.client.post("/v1/names", headers=CLERK, json=WANTED)
    kept = await own.store.find(READINGS, {})
    asked = await own.client.get("/v1/names/readings", headers=INSPECTOR, params={"dossier": DOSSIER})

    [person] = answer.json()["people"]
    opened = {name: PERSON[name] for name in ("name", "phone", "address") if name in PERSON}
    assert person == {"dossier": DOSSIER, "state": "open", "name": "", "phone": "", "address": ""} | opened
    assert [(one["name"], one["purpose"], one["dossiers"]) for one in kept] == [("Nông Văn Thử", WANTED["purpose"], [DOSSIER])]
    assert PERSON["name"] not in str(kept)
    assert PERSON["name"] not in capsys.readouterr().out
    [reading] = asked.json()["readings"]
    assert (reading["name"], reading["purpose"], reading["dossiers"]) == ("Nông Văn Thử", WANTED["purpose"], 1)


async def test_names_of_other_units_are_not_there_and_nothing_is_written_of_them(own: Own) -> None:
    answer = await own.client.post("/v1/names", headers=OTHERS, json=WANTED)

    assert (answer.status_code, answer.json()) == (200, {"people": []})
    assert await own.store.find(READINGS, {}) == []


@pytest.mark.parametrize("role", [Role.SIGNER, Role.REPORTER, Role.SUPERVISOR, Role.OPERATOR, Role.ADMINISTRATOR])
async def test_names_are_for_clerks_and_heads_of_units_alone(own: Own, role: Role) -> None:
    answer = await own.client.post("/v1/names", headers=as_person(role, units=("*",)), json=WANTED)

    assert answer.status_code == 403
    assert await own.store.find(READINGS, {}) == []


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "   "}, {"purpose": "x" * 201}, {"dossiers": []}, {"dossiers": [DOSSIER] * 501}, {"dossiers": ["x" * 65]}],
    ids=["no-purpose", "long-purpose", "none", "too-many", "long-code"],
)
async def test_without_a_purpose_or_for_too_many_nothing_is_opened(own: Own, wrong: dict[str, Any]) -> None:
    answer = await own.client.post("/v1/names", headers=CLERK, json=WANTED | wrong)

    assert (answer.status_code, await own.store.find(READINGS, {})) == (422, [])


async def test_what_cannot_be_written_down_is_not_opened(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> bool:
        raise Unavailable("store")

    monkeypatch.setattr(own.store, "insert_unique", away)
    answer = await own.client.post("/v1/names", headers=CLERK, json=WANTED)

    assert answer.status_code == 503
    assert PERSON["name"] not in answer.text


def forgotten(document: Document) -> Document:
    return forget(document, context_of(at(8))).document


def foreign_key(document: Document) -> Document:
    return {**document, "contact": {**document["contact"], "epoch": 9}}


@pytest.mark.parametrize(("change", "state"), [(forgotten, "none"), (foreign_key, "locked")], ids=["forgotten", "foreign-key"])
async def test_who_was_forgotten_has_no_name_and_who_is_sealed_to_another_key_is_said_to_be(
    own: Own, document: Document, change: Callable[[Document], Document], state: str
) -> None:
    await own.store.delete_many(DOSSIERS, [DOSSIER])
    await own.store.save_many(DOSSIERS, [{**change(document), "rev": 0}])
    answer = await own.client.post("/v1/names", headers=CLERK, json=WANTED)

    assert answer.json() == {"people": [{"dossier": DOSSIER, "state": state, "name": "", "phone": "", "address": ""}]}


async def test_a_reading_is_kept_as_it_was() -> None:
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    reading = NameReading("x", 1772442000000, "u-1", "Nông Văn Thử", "in sổ", (DOSSIER,))
    await enter_reading(store, reading)

    assert await readings_of(store, DOSSIER) == [reading]
    assert await store.find(READINGS, {}) == [
        {
            "_id": "01772442000000-x",
            "rev": 1,
            "at": 1772442000000,
            "who": "u-1",
            "name": "Nông Văn Thử",
            "purpose": "in sổ",
            "dossiers": [DOSSIER],
        }
    ]
