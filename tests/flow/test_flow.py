"""From what a commune sends to the province's figures, on embedded parts: every service, the real rules."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from contracts import DEAD_LETTER_HEADERS
from dunghen.audit import audit
from dunghen.together import run_together
from runtime.deadletters import discard, letter_of, replay
from runtime.errors import Invalid
from runtime.log import Wire
from tests.flow.support import D, System, at, event, received, total, until

MARCH = ("2026-03-01", "2026-03-31")


async def test_a_dossier_goes_from_reception_to_the_figures(system: System) -> None:
    answer = await system.send(
        received(D.format(1), "2026-03-02T09:00", contact={"name": "Nông Thị Mẫu", "phone": "0912000007"})
    )
    await system.settle()
    await system.move(at(6))
    await system.send(event(D.format(1), "completed", "2026-03-06T08:30"))
    await system.settle()

    assert answer.status_code == 202
    assert await system.said(D.format(1)) == ["set", "apology-due", "settled"]
    assert total(await system.report(*MARCH), 3, 4, 7, 8, 11) == [1, 1, 1, 1, 0]
    log = await system.log()
    assert audit([(r.topic, r.value) for r in log], system.clock.now()).differences() == []
    assert not [r for r in log if b"0912000007" in r.value or "Nông Thị Mẫu".encode() in r.value]


async def test_the_same_request_twice_gets_the_same_answer_and_changes_nothing(system: System) -> None:
    first = await system.send(received(D.format(1), "2026-03-02T09:00"))
    second = await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.settle()

    assert first.json() == second.json()
    assert await system.said(D.format(1), "dossiers.v1") == ["received"]


async def test_a_corrected_and_a_retracted_completion_change_the_sheet_and_send_nothing_new(system: System) -> None:
    await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.move(at(10))
    await system.send(event(D.format(1), "completed", "2026-03-10T08:00"))
    await system.settle()
    effects = [kind for kind in await system.said(D.format(1)) if kind in ("warned", "apology-due", "overdue")]
    assert total(await system.report(*MARCH), 10, 11) == [1, 0]

    await system.send(event(D.format(1), "completed", "2026-03-09T08:00"))
    await system.settle()
    assert total(await system.report(*MARCH), 9, 10, 11) == [1, 0, 0]

    await system.send({**event(D.format(1), "retracted", "2026-03-10T08:00"), "fact": "completed"})
    await system.settle()
    assert total(await system.report(*MARCH), 7, 11, 13) == [0, 1, 1]
    assert [kind for kind in await system.said(D.format(1)) if kind in ("warned", "apology-due", "overdue")] == effects


async def test_good_items_go_in_beside_bad_ones(system: System) -> None:
    answer = await system.send(received(D.format(1), "2026-03-02T09:00"), received("HS-1", "2026-03-02T09:00"), {"x": 1})

    items = answer.json()["items"]
    assert answer.status_code == 202
    assert [item["status"] for item in items] == ["accepted", "refused", "refused"]
    assert items[1]["problem"]["errors"][0]["pointer"] == "#/1/dossier"
    assert (await system.send({"x": 1})).status_code == 422


async def test_a_sender_can_ask_what_is_known_of_a_dossier(system: System) -> None:
    person = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
    await system.send(received(D.format(1), "2026-03-02T09:00", contact=person))
    await system.send(event(D.format(1), "completed", "2026-03-02T09:30"))
    await system.send({**event(D.format(1), "retracted", "2026-03-02T09:40"), "fact": "completed"})
    client = system.clients["intake"]
    answer = await client.get(f"/v1/dossiers/{D.format(1)}")

    facts = [(fact["type"], fact["version"], fact["retracted"]) for fact in answer.json()["facts"]]
    assert facts == [("received", 1, False), ("completed", 2, True)]
    assert answer.json()["contact"] is True
    await system.settle()
    assert (await client.get(f"/v1/dossiers/{D.format(1)}")).json()["pending"] == 0
    assert not [secret for secret in person.values() if secret in answer.text]
    assert (await client.get(f"/v1/dossiers/{D.format(2)}")).status_code == 404


UNREADABLE = (
    (b"{", 400, "broken-json"),
    (b"\xff", 400, "not-utf-8"),
    (b"[]", 422, "invalid"),
    (b"3", 422, "invalid"),
    (json.dumps([{}] * 1001).encode(), 413, "too-many-items"),
    (b"[" * 100_000, 400, "broken-json"),
    (b" " * 9_000_000, 413, "too-large"),
)


async def test_requests_that_cannot_be_read_are_problems_with_stable_types(system: System) -> None:
    for body, status, kind in UNREADABLE:
        answer = await system.clients["intake"].post("/v1/dossiers/events", content=body)

        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:dunghen:problem:{kind}")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_report_with_a_bad_period_or_unit_is_refused(system: System) -> None:
    client = system.clients["reporting"]

    assert (await client.get("/v1/reports/II.06a", params={"from": "2026-03-31", "to": "2026-03-01"})).status_code == 422
    assert (await client.get("/v1/reports/II.06a", params={"from": "31/03", "to": "2026-03-01"})).status_code == 422
    unknown = await client.get("/v1/reports/II.06a", params={"from": "2026-03-01", "to": "2026-03-31", "unit": "H99"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:dunghen:problem:unknown-unit")


async def test_contradicting_figures_block_the_report(system: System) -> None:
    await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.settle()
    store = system.together.services["reporting"].parts.store
    book = next(iter((await store.get_many("books", ["competent/H37.12/1.000894/2026-03"])).values()))
    day = {**book["days"]["2026-03-02"], "counters": {"resolved_late": 1}}
    await store.save_many("books", [{**book, "days": {"2026-03-02": day}, "sums": day["counters"]}])

    answer = await system.clients["reporting"].get("/v1/reports/II.06a", params={"from": MARCH[0], "to": MARCH[1]})

    assert answer.status_code == 409
    assert "no column is negative" in answer.text


async def test_a_poison_record_is_parked_its_neighbours_go_on_and_replay_lifts_the_mark(system: System) -> None:
    sla = system.together.services["sla"]
    await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.settle()
    good = next(r for r in await system.log() if r.topic == "dossiers.v1")
    fixed = good.value.replace(b'"channel":2', b'"channel":1').replace(b'"version":1', b'"version":2')
    poison = fixed.replace(b'"channel":1', b'"channel":"0912345678"')
    await system.together.services["intake"].parts.topics.publish([Wire("dossiers.v1", D.format(1), poison)])
    await system.send(received(D.format(2), "2026-03-02T09:30"))
    await system.settle()

    letter = next(r for r in await system.log() if r.topic == "sla.dlq")
    place = "/".join(letter.headers[f"source-{part}"] for part in ("topic", "partition", "offset"))
    assert set(DEAD_LETTER_HEADERS) <= set(letter.headers)
    assert (letter.value, letter.key) == (poison, D.format(1).encode())
    assert "channel" in letter.headers["reason"]
    assert "0912345678" not in letter.headers["reason"]
    assert await system.said(D.format(2)) == ["set"]
    assert (await sla.parts.store.get_many("dossiers", [D.format(1)]))[D.format(1)]["incomplete"] == [place]

    assert sla.loop is not None
    assert sla.intents is not None
    parked = letter_of(letter.key, letter.value, letter.headers)
    assert parked is not None
    with pytest.raises(Invalid):
        await replay(sla.loop.rules, sla.intents, parked, letter.value)
    await replay(sla.loop.rules, sla.intents, parked, fixed)
    document = (await sla.parts.store.get_many("dossiers", [D.format(1)]))[D.format(1)]
    assert "incomplete" not in document
    assert document["facts"]["received"]["1"]["v"] == 2


async def test_a_discarded_record_lifts_the_mark_too(system: System) -> None:
    sla = system.together.services["sla"]
    assert sla.intents is not None
    await system.together.services["intake"].parts.topics.publish([Wire("dossiers.v1", D.format(3), b"no json")])
    await system.settle()
    document = (await sla.parts.store.get_many("dossiers", [D.format(3)]))[D.format(3)]

    letters = [letter_of(r.key, r.value, r.headers) for r in await system.log() if r.topic == "sla.dlq"]
    (letter,) = [found for found in letters if found is not None and found.place == document["incomplete"][0]]
    await discard(sla.intents, letter)

    assert "incomplete" not in (await sla.parts.store.get_many("dossiers", [D.format(3)]))[D.format(3)]


@pytest.mark.provokes_failures
async def test_a_failing_handler_parks_its_own_record_only(system: System) -> None:
    loop = system.together.services["sla"].loop
    assert loop is not None
    handle = loop.rules.handle

    def fragile(document: object, event_: object) -> object:
        if getattr(event_, "subject", "") == D.format(1):
            raise ZeroDivisionError
        return handle(document, event_)  # type: ignore[arg-type]

    object.__setattr__(loop.rules, "handle", fragile)
    await system.send(received(D.format(1), "2026-03-02T09:00"), received(D.format(2), "2026-03-02T09:00"))
    await system.settle()

    letters = [r for r in await system.log() if r.topic == "sla.dlq"]
    assert [(r.key, r.headers["reason"]) for r in letters] == [(D.format(1).encode(), "handler failed: ZeroDivisionError")]
    assert await system.said(D.format(2)) == ["set"]


async def test_the_brake_stops_a_service_that_fails_too_much(system: System) -> None:
    service = system.together.services["reporting"]
    await service.parts.topics.publish([Wire("dossiers.v1", "k", b"poison") for _ in range(300)])

    async def braked() -> bool:
        return (await system.clients["reporting"].get("/readyz")).text.startswith("brake")

    await until(braked)
    assert (await system.clients["reporting"].get("/readyz")).status_code == 503
    assert (await system.clients["reporting"].get("/livez")).status_code == 200
    assert len([r for r in await system.log() if r.topic == "reporting.dlq"]) < 300


async def test_a_person_is_in_clear_nowhere_but_on_their_own_phone(
    system: System, tmp_path: Path, log_lines: io.StringIO
) -> None:
    name, phone = "Nông Thị Mẫu", "0912000007"
    person = {"name": name, "phone": phone, "email": "mau@example.org", "address": "thôn Tưởng Tượng"}
    await system.send(received(D.format(1), "2026-03-02T09:00", contact=person))
    await system.send({"dossier": phone, "type": name, "at": name}, received("HS-1", phone, contact=person))
    await system.together.services["intake"].parts.topics.publish(
        [Wire("dossiers.v1", D.format(9), f"{name} {phone}".encode())]
    )
    await system.send(event(D.format(1), "completed", "2026-03-02T09:45"))
    await system.settle()

    sms = system.fleet.phone.shown()
    assert [(message.to, name in message.text) for message in sms] == [("+84912000007", False)]
    log = await system.log()
    topics = b"".join(record.value for record in log if not record.topic.endswith(".dlq"))
    letters = [record for record in log if record.topic.endswith(".dlq")]  # they hold the record as it was, and say why
    topics += "".join(f"{record.key!r} {record.headers}" for record in letters).encode()
    assert {record.topic for record in letters} >= {"sla.dlq", "reporting.dlq"}
    pages = "".join(
        [(await client.get(path)).text for client in system.clients.values() for path in ("/metrics", "/readyz", "/livez")]
    )
    stores = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.db*"))
    for secret in (phone, phone[1:], *person.values()):
        where = {"topics": topics, "logs": log_lines.getvalue().encode(), "pages": pages.encode(), "stores": stores}
        assert [
            place for place, text in where.items() if secret.encode() in text.replace(f"{name} {phone}".encode(), b"")
        ] == []


async def test_probes_say_ready_once_joined(system: System) -> None:
    for name in ("intake", "sla", "reporting"):

        async def ready(name: str = name) -> bool:
            return (await system.clients[name].get("/readyz")).status_code == 200

        await until(ready)
        assert (await system.clients[name].get("/livez")).text == "ok"


async def test_an_embedded_run_refuses_a_used_folder(tmp_path: Path) -> None:
    (tmp_path / "sla.db").write_bytes(b"x")

    with pytest.raises(ValueError, match="use an empty folder"):
        async with run_together(tmp_path):
            await asyncio.sleep(0)
