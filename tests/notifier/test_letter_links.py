"""The link in the message about a letter: whose it is, what it opens and for how long, and who sees it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from runtime.parts import INTENTS
from runtime.store import open_documents
from runtime.web.problems import answer_problems
from services.notifier.domain import Dossier
from services.notifier.domain.letter import Sent
from services.notifier.domain.letter_links import LENGTH, LetterLinks
from services.notifier.domain.notice import APOLOGY
from services.notifier.domain.outcome import Answer
from services.notifier.domain.sending import OWN_LINK
from services.notifier.domain.told import messages_of
from services.notifier.http.linked import HEADER, add_linked
from services.notifier.jobs import Desk
from services.notifier.papers import keep_paper
from services.notifier.store import DOSSIERS, PAPERS, declare, load, shred_papers
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import KEY, claimed, desk, key_ring, settle_answer
from tests.support.notifier_hears import contact
from tests.support.office import Office, heard

PAGE, SECRET = "https://example.org/thu", "s" * 32
LINKS = LetterLinks(PAGE, SECRET.encode())
TOKEN = LINKS.token(DOSSIER)
SET: dict[str, Any] = {"letter_url": PAGE, "letter_key": SECRET}


class Linking(Office):
    """An office whose messages have links."""

    more: dict[str, Any] = SET

    def desk(self, *given: Any) -> Desk:
        """With the settings of links."""
        return replace(super().desk(*given), letters=desk(at(6), **self.more).letters)

    async def document(self) -> Any:
        """The dossier as it is kept."""
        return (await self.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]

    async def open(self, token: str, *, by: Desk | None = None) -> httpx.Response:
        """What whoever shows a token gets."""
        app = FastAPI()
        answer_problems(app)
        add_linked(app, self.parts, by or self.desk())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as who:
            return await who.get("/v1/linked-letter", headers={HEADER: token})


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Linking]:
    store = open_documents(f"sqlite:///{tmp_path}/notifier.db")
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [heard(contact())])
    yield Linking(store)
    await store.close()


async def test_the_message_about_a_letter_leads_to_the_very_paper_that_was_issued(office: Linking) -> None:
    await office.issue()
    _, sms = claimed(await office.document(), desk(at(6, "10:30"), **SET), APOLOGY)
    opened = await office.open(sms.text.rpartition("/")[2])

    assert sms.text.endswith(f"Van ban so 01/PXL. Xem thu: {PAGE}/{TOKEN}")
    assert opened.content == await office.pdf()
    assert opened.headers["content-type"] == "application/pdf"
    assert opened.headers["cache-control"] == "no-store"
    assert opened.headers["content-disposition"] == 'inline; filename="thu-xin-loi.pdf"'


async def test_nobody_but_the_reader_sees_the_token(office: Linking) -> None:
    await office.issue()
    document, sms = claimed(await office.document(), desk(at(6, "10:30"), **SET), APOLOGY)
    [paper] = await office.store.find(PAPERS, {})
    later = desk(at(6, "11:00"), **SET)
    busy = settle_answer(document, APOLOGY, Answer("busy"), sms, later).document
    _, again = claimed(busy, desk(at(6, "12:00"), **SET), APOLOGY)
    [shown] = [one for one in messages_of(load(document), later.ground()) if one.notice == APOLOGY]

    assert again.text == sms.text
    assert TOKEN not in str((document, paper, busy))
    assert shown.text.endswith(f"{PAGE}/{OWN_LINK}")


async def test_every_bad_token_is_answered_alike(office: Linking) -> None:
    before = await office.open(TOKEN)  # right, but nothing was issued yet
    await office.issue()
    wrong = TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b")
    answers = [before, *[await office.open(token) for token in (wrong, "", "x", TOKEN.upper(), TOKEN + "a", "a" * LENGTH)]]
    office.clock.set(at(6) + timedelta(days=91))
    answers.append(await office.open(TOKEN))

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


async def test_a_link_opens_its_letter_for_ninety_days(office: Linking) -> None:
    await office.issue()
    office.clock.set(at(6, "10:00") + timedelta(days=90))
    last = await office.open(TOKEN)
    office.clock.set(at(6, "10:01") + timedelta(days=90))

    assert (last.status_code, (await office.open(TOKEN)).status_code) == (200, 401)


async def test_the_letter_of_an_erased_person_opens_no_more_before_its_paper_is_shredded_and_after(office: Linking) -> None:
    await office.issue()
    await office.erase()
    erased = await office.open(TOKEN)
    await shred_papers(office.store)

    assert (erased.status_code, (await office.open(TOKEN)).status_code) == (401, 401)


async def test_a_key_that_is_not_here_is_no_fault_of_the_token_and_one_that_was_given_up_is_the_end(office: Linking) -> None:
    await office.issue()
    missing = replace(office.desk(), opener=desk(at(6), keys=key_ring({2: KEY})).opener)
    retired = replace(office.desk(), opener=desk(at(6), keys="1:retired," + key_ring({2: KEY})).opener)
    answers = [await office.open(TOKEN, by=by) for by in (missing, retired)]

    assert [answer.status_code for answer in answers] == [503, 401]


async def test_where_links_are_off_the_message_has_none_and_none_opens(office: Linking) -> None:
    office.more = {}
    await office.issue()
    document, sms = claimed(await office.document(), desk(at(6, "10:30")), APOLOGY)
    [paper] = await office.store.find(PAPERS, {})

    assert "Xem thu" not in sms.text
    assert "link" not in paper
    assert (await office.open(TOKEN)).status_code == 503
    assert "Xem thu" not in claimed(await office.document(), desk(at(6, "10:30"), **SET), APOLOGY)[1].text
    assert isinstance(load(document).letter, Sent)


async def test_with_a_new_key_letters_that_were_sent_open_and_their_messages_lead_nowhere_wrong(office: Linking) -> None:
    await office.issue()
    document = await office.document()
    other = SET | {"letter_key": "o" * 32}
    office.more = other
    _, sms = claimed(document, desk(at(6, "10:30"), **other), APOLOGY)
    tried, first = claimed(document, desk(at(6, "10:30"), **SET), APOLOGY)
    busy = settle_answer(tried, APOLOGY, Answer("busy"), first, desk(at(6, "11:00"), **SET)).document
    _, again = claimed(busy, desk(at(6, "12:00"), **other), APOLOGY)

    assert (await office.open(TOKEN)).status_code == 200
    assert "thu/" not in sms.text
    assert "thu/" not in again.text
    assert again.text.endswith("Van ban so 01/PXL.")


async def test_after_a_crash_between_paper_and_event_the_link_is_the_one_that_the_paper_has(office: Linking) -> None:
    due, own = await office.dossier(), office.desk()
    first = await keep_paper(office.parts, own.press, due, (1, 2026), own.ground())
    office.clock.set(at(7, "08:00"))
    await office.issue()
    letter = (await office.dossier()).letter

    assert isinstance(letter, Sent)
    assert letter.link == first.link == LINKS.mark(DOSSIER)
    assert (await office.open(TOKEN)).status_code == 200


async def test_a_letter_to_nobody_has_no_link(office: Linking) -> None:
    await office.store.delete_many(DOSSIERS, [DOSSIER])
    await office.store.save_many(DOSSIERS, [heard()])
    await office.issue()
    dossier: Dossier = await office.dossier()

    assert isinstance(dossier.letter, Sent)
    assert dossier.letter.link == ""


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"letter_url": PAGE}, "needs NOTIFIER_LETTER_KEY"),
        ({"letter_url": "https://evil.test/thu", "letter_key": SECRET}, "must be at the host of FEEDBACK_PUBLIC_URL"),
        ({"letter_url": "http://example.org/thu", "letter_key": SECRET}, "must be at the host of FEEDBACK_PUBLIC_URL"),
        ({"letter_url": "https://example.org/letters", "letter_key": SECRET}, "letter_url"),
        ({"letter_url": PAGE, "letter_key": "short"}, "letter_key"),
    ],
    ids=["no key", "another host", "another scheme", "another path", "a short key"],
)
def test_an_address_that_cannot_be_meant_stops_the_service_at_its_start(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        desk(at(2), **settings)
