"""The e-mail about a letter takes the letter along: the very paper, at most once, and never in the way of the message."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Unavailable
from runtime.mail import MailSettings, SmtpMail
from runtime.parts import INTENTS
from runtime.store import open_documents
from services.notifier.domain.notice import APOLOGY, EMAIL, Accepted, Message, Queued, Uncertain
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.gateways.opening import open_gateways
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.store import DOSSIERS, PAPERS, declare
from tests.support.dossiers import DOSSIER
from tests.support.mail import Place, cut, smtp_server
from tests.support.notifier_hears import PERSON, contact
from tests.support.office import Office, heard

BOX = "mau@example.org"


class Deaf:
    """An SMS gateway that no phone is reached by."""

    async def send(self, message: Sms) -> Answer:
        """Refuse it."""
        return Answer("refused", "400")

    async def close(self) -> None:
        """Nothing to give back."""


class Everything:
    """A loop that owns every partition."""

    def owns(self, _: str) -> bool:
        """Yes."""
        return True


@dataclass
class Sender:
    """An office whose messages reach no phone, and a mail server."""

    office: Office
    mail: SmtpMail
    place: Place

    def dispatcher(self) -> Dispatcher:
        own = self.office.desk()
        board = open_gateways(own.settings, self.office.parts, Deaf(), self.mail)
        return Dispatcher(self.office.parts, Everything(), self.office.intents, _with(own, board))  # type: ignore[arg-type]

    async def passes(self, minutes: int = 0) -> None:
        """Time goes by, and a process looks at what is due until no more is."""
        self.office.clock.set(self.office.clock.now() + timedelta(minutes=minutes))
        sender = self.dispatcher()
        for _ in range(4):
            await sender.run()
        await sender.drain()

    async def message(self) -> Message:
        return (await self.office.dossier()).messages[APOLOGY]


def _with(own: Desk, board: Any) -> Desk:
    return replace(own, board=board)


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    store = open_documents(f"sqlite:///{tmp_path}/notifier.db")
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [heard(contact(person={**PERSON, "email": BOX}))])
    async with smtp_server() as place:
        given = {"mail_host": "localhost", "mail_port": place.port, "mail_tls": "none", "mail_from": "dunghen@tinh.example"}
        mail = SmtpMail(MailSettings.model_validate({**given, "mail_seconds": 2.0}, by_name=True))
        yield Sender(Office(store), mail, place)
        await mail.rest()
    await store.close()


def attached(letter: EmailMessage) -> list[tuple[str | None, bytes]]:
    """The files that go with an e-mail."""
    return [(file.get_filename(), file.get_content()) for file in letter.iter_attachments()]


async def test_the_very_letter_goes_with_the_email_about_it_once(sender: Sender) -> None:
    await sender.office.issue()
    for _ in range(3):
        await sender.passes(minutes=61)
    [letter] = sender.place.box.letters()
    text = letter.get_body(("plain",))

    assert attached(letter) == [("thu-xin-loi.pdf", await sender.office.pdf())]
    assert letter["subject"] == f"Hồ sơ {DOSSIER}: xin lỗi vì trả kết quả trễ hẹn"
    assert text is not None
    assert "Văn bản số 01/PXL" in text.get_content()
    assert text.get_content().rstrip().endswith("Đính kèm: văn bản xin lỗi (thu-xin-loi.pdf).")
    assert isinstance(await sender.message(), Accepted)


async def test_an_email_that_may_have_gone_out_is_not_sent_again_with_its_letter(sender: Sender) -> None:
    sender.place.box.before["DATA"] = cut
    await sender.office.issue()
    for _ in range(3):
        await sender.passes(minutes=61)

    assert len(sender.place.box.taken) == 1
    assert isinstance(await sender.message(), Uncertain)


async def test_two_instances_send_one(sender: Sender) -> None:
    await sender.office.issue()
    one, two = sender.dispatcher(), sender.dispatcher()
    for each in (one, two, one, two):
        await each.run()
    for each in (one, two):
        await each.drain()

    assert len(sender.place.box.taken) == 1


async def test_a_letter_whose_paper_is_not_kept_is_told_of_without_it(sender: Sender) -> None:
    await sender.office.issue()
    await sender.office.store.delete_many(PAPERS, [DOSSIER])
    await sender.passes()
    [letter] = sender.place.box.letters()

    assert attached(letter) == []
    assert "Đính kèm" not in letter.get_content()


async def test_a_store_that_does_not_answer_holds_the_email_back_and_loses_nothing(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.office.issue()

    asked = 0

    async def away(*_: object) -> bytes:
        nonlocal asked
        asked += 1
        raise Unavailable("the store is away")

    with monkeypatch.context() as broken:
        broken.setattr("services.notifier.jobs.paper_of", away)
        await sender.passes()
    waiting = await sender.message()
    before = len(sender.place.box.taken)
    await sender.passes(minutes=61)

    assert asked == 1
    assert isinstance(waiting, Queued)
    assert waiting.way.channel == EMAIL
    assert (before, len(sender.place.box.taken)) == (0, 1)


async def test_a_paper_that_cannot_be_read_is_left_out_and_said_to_the_log(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await sender.office.issue()

    async def broken(*_: object) -> bytes:
        raise KeyError("pdf")

    monkeypatch.setattr("services.notifier.jobs.paper_of", broken)
    await sender.passes()

    assert [attached(letter) for letter in sender.place.box.letters()] == [[]]
    said = [record.getMessage() for record in caplog.records if record.name == "notifier"]
    assert any("the paper of a letter could not be read" in line for line in said)
    assert not any(BOX in line or PERSON["name"] in line for line in said)
