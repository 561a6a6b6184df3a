"""Secrets of digests, several at once: one is changed for another and no contact counts as changed, no entry stands twice."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runtime.store import Document
from runtime.web import Role
from services.intake.domain import Contact, Sender
from services.intake.handlers import Context
from services.intake.sealing import ContactSealer, digest_number, hash_keys_of
from tests.intake.alone import Alone, intake_alone, received
from tests.intake.test_intake import CLOCK, CONTEXT, PERSON, RECEIVED, SEALER, SENDER, SETTINGS, new
from tests.support.identity import as_person
from tests.support.intake import Took, take_items

OLD, NEW = "the old secret of a run", "the new secret of a run"
CLERK = as_person(Role.OFFICER, units=("H37.12",), name="Lý Thị Thử")
TOLD = {**RECEIVED, "contact": PERSON}
# How the setting goes from one secret to the next.
STEPS = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)


def under(secrets: str) -> Context:
    """intake with these secrets."""
    return Context(CONTEXT.reference, SETTINGS, ContactSealer(SEALER.box, hash_keys_of(secrets)), CLOCK)


def take(document: Document, secrets: str, item: dict[str, Any] = TOLD, sender: Sender = SENDER) -> Took:
    return take_items(document, [item], under(secrets), sender)


def after(*steps: str) -> Document:
    """A dossier whose reception came once under each setting."""
    document = new()
    for secrets in steps:
        document = take(document, secrets).document
    return document


def test_a_contact_that_is_repeated_at_every_step_of_a_change_is_never_another_one() -> None:
    document = after(OLD)
    for secrets in STEPS:
        took = take(document, secrets)
        assert took.outputs == []
        document = took.document

    assert document["contact"]["seq"] == 1


def test_instances_on_either_side_of_a_step_take_a_contact_for_the_same_one() -> None:
    for one, other in (STEPS[0:2], STEPS[1:3], STEPS[2:4]):
        document = after(*STEPS[: STEPS.index(one) + 1])
        for secrets in (one, other, one, other):
            took = take(document, secrets)
            assert took.outputs == []
            document = took.document


def test_a_correction_of_something_else_seals_no_contact_and_the_old_secret_may_go_then() -> None:
    document = after(OLD)
    took = take(document, STEPS[2], {**TOLD, "channel": 1})

    assert [(output.topic, output.body["data"]["contact_sequence"]) for output in took.outputs] == [("dossiers.v1", 1)]
    assert take(took.document, NEW, {**TOLD, "channel": 1}).outputs == []


def test_another_contact_is_another_one_under_every_secret() -> None:
    other = {**TOLD, "contact": {**PERSON, "phone": "0912000008"}}
    for secrets in STEPS:
        assert [output.topic for output in take(after(OLD), secrets, other).outputs] == ["dossiers.v1", "contacts.v1"]


def test_once_the_old_secret_is_gone_a_contact_that_did_not_come_meanwhile_is_sealed_anew() -> None:
    """What the change costs if it is made in haste: the next sequence, and no message more, since each is sent once."""
    took = take(after(OLD), NEW)

    assert [output.body["data"].get("contact_sequence") for output in took.outputs] == [2, 2]


def test_numbers_of_a_pilot_are_known_under_any_secret() -> None:
    pilot = Sender("portal", mode="pilot", numbers=frozenset({digest_number(OLD.encode(), "+84912000007")}))
    told = [len(take(new(), secrets, sender=pilot).outputs) for secrets in STEPS]

    assert told == [2, 2, 2, 1]


@pytest.mark.parametrize("text", ["", "short", f"{OLD},", f"{OLD},short", f"{OLD},{OLD}"])
def test_secrets_that_are_short_or_stand_twice_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="CONTACTS_HASH_KEYS") as refused:
        hash_keys_of(text)
    assert OLD not in str(refused.value)


def test_secrets_are_read_in_their_order() -> None:
    assert hash_keys_of(f" {NEW} , {OLD}") == (NEW.encode(), OLD.encode())
    contact = Contact(**PERSON)
    both = ContactSealer(SEALER.box, hash_keys_of(f"{NEW},{OLD}"))
    assert both.digest(contact) == ContactSealer(SEALER.box, (NEW.encode(),)).digest(contact)


# --- what waits for a person ---------------------------------------------------------------------------------------------

STRANGE = {
    "dossier": received(1)["dossier"],
    "type": "progressed",
    "at": "2026-03-19T10:00",
    "step": "bà Mẫu",
    "state": "lạ lắm",
}


@pytest.fixture
async def first(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake with the old secret."""
    async with intake_alone(tmp_path, CONTACTS_HASH_KEYS=OLD) as running:
        yield running


async def operated(intake: Alone, path: str, **body: Any) -> Any:
    """What an operator is answered."""
    operator = await intake.key("vanhanh", role="operate")
    if body:
        return await intake.client.post(path, json=body, headers=operator)
    return (await intake.client.get(path, headers=operator)).json()["items"]


async def test_an_item_that_comes_again_under_a_new_secret_is_the_entry_of_before_and_is_opened(
    first: Alone, tmp_path: Path
) -> None:
    await first.send(await first.key(), received(1), STRANGE)
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=STEPS[2]) as second:
        await second.send(await second.key(), STRANGE)
        [entry] = await operated(second, "/v1/quarantine")
        still = await operated(second, "/v1/quarantine/resubmit", ids=[entry["id"]])
        fixed = await operated(second, f"/v1/quarantine/{entry['id']}/fix", state="4")
        again = await operated(second, "/v1/quarantine/resubmit", ids=[entry["id"]])

        assert still.json()["quarantined"] == 1
        assert (fixed.status_code, again.json()["accepted"]) == (200, 1)


async def test_an_entry_whose_secret_is_gone_says_so_and_stays(first: Alone, tmp_path: Path) -> None:
    await first.send(await first.key(), received(1), STRANGE)
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=NEW) as second:
        [entry] = await operated(second, "/v1/quarantine")
        fixed = await operated(second, f"/v1/quarantine/{entry['id']}/fix", state="4")
        again = await operated(second, "/v1/quarantine/resubmit", ids=[entry["id"]])
        [entry] = await operated(second, "/v1/quarantine")

    assert (fixed.status_code, fixed.json()["type"].rpartition(":")[2]) == (409, "unreadable")
    assert again.json()["refused"] == 1
    assert "CONTACTS_HASH_KEYS" in entry["problem"]["errors"][0]["detail"]


async def test_a_clerk_who_sends_an_entry_again_is_told_that_its_secret_is_gone_and_it_stays(
    first: Alone, tmp_path: Path
) -> None:
    await first.send(await first.key(), received(1), STRANGE)
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=NEW) as second:
        [entry] = await operated(second, "/v1/quarantine")
        page = f"/quarantine/{entry['id']}"
        corrected = await second.client.post(page, data={"edition": "0", "state": "4"}, headers=CLERK)
        as_it_is = await second.client.post(page, data={"edition": "0"}, headers=CLERK)
        later = await second.client.get(page, headers=CLERK)

    assert [answer.status_code for answer in (corrected, as_it_is, later)] == [422, 422, 200]
    for answer in (corrected, as_it_is, later):
        assert "Không còn khóa để mở phần được giữ kín" in answer.text


async def test_a_clerk_who_sends_an_entry_of_an_earlier_secret_again_keeps_it_as_the_same_one(
    first: Alone, tmp_path: Path
) -> None:
    await first.send(await first.key(), received(1), STRANGE)
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=STEPS[2]) as second:
        [entry] = await operated(second, "/v1/quarantine")
        await second.client.post(f"/quarantine/{entry['id']}", data={"edition": "0"}, headers=CLERK)
        [still] = await operated(second, "/v1/quarantine")
        taken = await second.client.post(f"/quarantine/{entry['id']}", data={"edition": "1", "state": "4"}, headers=CLERK)

    assert still["id"] == entry["id"]
    assert taken.status_code == 303


async def test_words_that_no_list_knows_move_to_the_new_secret_and_are_counted_on(first: Alone, tmp_path: Path) -> None:
    async def counted(intake: Alone) -> Sequence[tuple[str, int]]:
        for name in ("words", "forgotten"):
            await next(job for job in intake.service.jobs if job.name == name).run()
        return [(entry["words"], entry["count"]) for entry in await operated(intake, "/v1/words/H37.12")]

    steps = [{**STRANGE, "state": "4", "step": "Họp xét", "at": f"2026-03-19T1{hour}:00"} for hour in range(3)]
    await first.send(await first.key(), received(1), steps[0])
    assert await counted(first) == [("Họp xét", 1)]
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=STEPS[2]) as second:
        await second.send(await second.key(), steps[1])
        assert await counted(second) == [("Họp xét", 2)]
        assert len(await second.service.parts.store.find("words", {})) == 1
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=NEW) as third:
        await third.send(await third.key(), steps[2])
        assert await counted(third) == [("Họp xét", 3)]


async def test_a_session_of_the_portal_goes_on_at_an_instance_with_the_new_secret(first: Alone, tmp_path: Path) -> None:
    key = (await first.key())["authorization"].removeprefix("Bearer ")
    login = await first.client.post("/mapi/login", json={"username": "motcua", "password": key})
    call = {"session": login.json()["session"], "service": "TraCuuHoSo", "mahoso": "H37.12-260319-0001"}
    async with intake_alone(tmp_path, first.bootstrap, CONTACTS_HASH_KEYS=STEPS[2]) as second:
        answer = await second.client.post("/mapi/g", json=call)

    assert answer.json()["error_code"] == "00"
