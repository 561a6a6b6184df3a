"""A clerk corrects a contact: what waits uses it, it holds until the sender gives a newer one, and nobody reads it anywhere."""

import asyncio
import json

import pytest
from aiokafka import TopicPartition

from contracts.contacts import ContactCorrected
from runtime.store import Document
from runtime.web import Role
from services.notifier.domain import RESULT
from services.notifier.domain.contact import Contact, Forgotten
from services.notifier.store import load
from services.wiring import decoder
from tests.support.dossiers import DOSSIER, fact, received
from tests.support.identity import as_person
from tests.support.notifier import absorb, context, handle
from tests.support.wishes import NOW, TYPED, Notifier, Province, contact_of

CLERK = as_person(Role.OFFICER, units=("H37.12",), name="Nông Văn Thử")
PATH, PAGE = f"/v1/messages/of/{DOSSIER}/contact", f"/messages/of/{DOSSIER}"
RIGHT, RIGHT_TYPED = "+84912000008", "0912.000.008"


def ready(phone: str = TYPED, *, contact: bool = True) -> Document:
    """A dossier whose result is ready and was not told yet; `contact`: the sender gave one."""
    first = [received(contact_sequence=1), contact_of(phone)] if contact else [received()]
    document: Document = {"_id": DOSSIER, "rev": 0}
    for event in (*first, fact("completed", NOW)):
        document = handle(document, event, context(NOW)).document
    return {**document, "rev": 0, "outbox": []}


def said(notifier: Notifier) -> list[bytes]:
    """What stands on contacts.v1."""
    return [record.value or b"" for record in notifier.broker.records(TopicPartition("contacts.v1", 0))]


async def test_a_waiting_message_goes_to_the_corrected_number_and_no_number_stands_anywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    province = Province()
    async with province.notifier(ready()) as notifier:
        done = await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK)
        await notifier.sends()
        page = (await notifier.client.get(PAGE, headers=CLERK)).text

        assert (done.status_code, done.json()["holds"]) == (200, True)
        assert [sms.to for sms in province.phones.sent] == [RIGHT]
        assert "Nông Văn Thử sửa" in page
        [event] = map(json.loads, said(notifier))
        assert (event["type"], event["source"], event["subject"]) == ("vn.dunghen.contact.corrected.v1", "/notifier", DOSSIER)
        seen = [await notifier.everything_kept(), page, done.text, str(event), caplog.text]
        assert not [number for number in ("912000008", "912.000.008") for text in seen if number in text]


async def test_it_holds_until_the_sender_gives_a_newer_contact() -> None:
    province = Province()
    async with province.notifier(ready()) as notifier:
        clicks = await asyncio.gather(
            *(notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK) for _ in range(2))
        )
        kept = (await notifier.store.get_many("dossiers", [DOSSIER]))[DOSSIER]
        same = handle(kept, contact_of(TYPED), context(NOW)).document
        newer = handle(kept, contact_of("0912000009", 2), context(NOW)).document
        own = [decoder()(record) for record in said(notifier)]

        assert [each.status_code for each in clicks] == [200, 200]
        assert len({event.id for event in own}) == 2
        assert load(kept).known_contact == load(same).known_contact
        assert load(newer).known_contact == Contact(2, 1, load(newer).known_contact.sealed)  # type: ignore[union-attr]
        assert [handle(document, each, context(NOW)).document for document in (kept, newer) for each in own] == (
            [kept, kept, newer, newer]
        )
        # made again from a log of which compaction left the correction alone
        rebuilt = absorb(absorb({"_id": DOSSIER, "rev": 0}, received(contact_sequence=1)), own[-1])
        assert load(rebuilt).contact_is_here
        assert load(rebuilt).known_contact == load(kept).known_contact


async def test_whom_nobody_could_reach_is_told_once_a_clerk_knows_the_number() -> None:
    province = Province()
    async with province.notifier(ready("0203 3825 111")) as notifier:
        await notifier.sends()
        assert await notifier.states() == {RESULT: "no-mobile-number"}
        await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK)
        again = await notifier.client.post(f"/v1/messages/{DOSSIER}/{RESULT}/again", headers=CLERK)
        await notifier.sends()

        assert again.status_code == 202
        assert [sms.to for sms in province.phones.sent] == [RIGHT]


async def test_where_the_sender_gave_no_contact_a_clerks_one_is_used_and_the_first_one_of_the_sender_wins() -> None:
    province = Province()
    async with province.notifier(ready(contact=False)) as notifier:
        assert await notifier.states() == {RESULT: "no-contact"}
        await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK)
        kept = (await notifier.store.get_many("dossiers", [DOSSIER]))[DOSSIER]
        asked = handle(kept, fact("returned", NOW), context(NOW)).document
        first = handle(kept, contact_of(TYPED), context(NOW)).document

        assert load(asked).contact_is_here
        assert load(first).known_contact == Contact(1, 1, load(first).known_contact.sealed)  # type: ignore[union-attr]
        await notifier.client.post(f"/v1/messages/{DOSSIER}/{RESULT}/again", headers=CLERK)
        await notifier.sends()
        assert [sms.to for sms in province.phones.sent] == [RIGHT]


@pytest.mark.parametrize(
    ("typed", "pointer", "rule"),
    [
        ({}, "/phone", "needed"),
        ({"phone": "0203 3825 111"}, "/phone", "R26"),
        ({"phone": "912"}, "/phone", "R26"),
        ({"email": "ai đó@example"}, "/email", "mailbox"),
        ({"email": "a@example.org, b@example.org"}, "/email", "mailbox"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "/email", "mailbox"),
    ],
)
async def test_what_is_no_contact_is_refused_by_field_and_rule_and_not_said_back(
    typed: dict[str, str], pointer: str, rule: str
) -> None:
    async with Province().notifier(ready()) as notifier:
        answer = await notifier.client.post(PATH, json=typed, headers=CLERK)
        page = await notifier.client.post(f"{PAGE}/contact", data=typed, headers=CLERK)

        assert (answer.status_code, page.status_code, said(notifier)) == (422, 422, [])
        assert [(one["pointer"], one["rule"]) for one in answer.json()["errors"]] == [(pointer, rule)]
        assert "Thông tin liên hệ chưa đúng: " in page.text
        assert not [value for value in typed.values() if value in answer.text + page.text]


async def test_a_page_takes_it_and_strangers_readers_and_other_units_do_not() -> None:
    async with Province().notifier(ready()) as notifier:
        others, reader = as_person(Role.OFFICER, units=("H37.13",)), as_person(Role.SUPERVISOR, units=("*",))
        refused = [
            (await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=headers)).status_code
            for headers in (others, reader, {})
        ]
        assert (refused, said(notifier)) == ([404, 403, 401], [])
        done = await notifier.client.post(
            f"{PAGE}/contact", data={"phone": "", "email": "nguoi.nop@example.org"}, headers=CLERK
        )
        await notifier.sends()

        assert (done.status_code, done.headers["location"]) == (303, PAGE)
        assert [sms.to for sms in notifier.phones.sent] == ["+84912000007"]  # the number stays
        assert 'name="phone"' not in (await notifier.client.get(PAGE, headers=reader)).text


async def test_an_erased_contact_is_not_brought_back_and_a_locked_one_waits_for_its_key() -> None:
    erased = {**ready(), "contact": {"seq": 1, "gone": True}}
    async with Province().notifier(erased) as notifier:
        gone = await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK)
        assert (gone.status_code, said(notifier)) == (409, [])
    sealed = ready()
    sealed["contact"]["epoch"] = 7
    async with Province().notifier(sealed) as notifier:
        locked = await notifier.client.post(PATH, json={"phone": RIGHT_TYPED}, headers=CLERK)
        assert (locked.status_code, said(notifier)) == (503, [])
    correction = ContactCorrected(at=NOW, contact_sequence=1, correction=1, key_epoch=1, sealed="x")
    assert load(erased).corrected(correction).contact == Forgotten(1)
