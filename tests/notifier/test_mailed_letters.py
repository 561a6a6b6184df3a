"""The e-mail about a letter takes the letter along: the very paper, at most once, and never in the way of the message."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from contracts import Event
from contracts.notices import NoticeQueuedV3
from runtime.errors import Unavailable
from runtime.mail import MailSettings, SmtpMail
from runtime.parts import INTENTS
from runtime.store import open_documents
from services.changes import By
from services.notifier.domain import Dossier
from services.notifier.domain.answers import AnswerApproval, approve_answer, preview_answer
from services.notifier.domain.letter import Sent
from services.notifier.domain.letter_links import LetterLinks
from services.notifier.domain.notice import APOLOGY, EMAIL, Accepted, Failed, Message, Queued, Uncertain, Way
from services.notifier.domain.on_paper import on_paper
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.domain.worklist import send_again
from services.notifier.gateways.opening import open_gateways
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.papers import paper_of
from services.notifier.store import CODEC, DOSSIERS, PAPERS, declare, find_one, load
from tests.support.dossiers import DOSSIER
from tests.support.mail import Place, cut, smtp_server
from tests.support.notifier import context, decide, handle, recall
from tests.support.notifier_hears import PERSON, contact
from tests.support.office import MORNING, Office, heard
from tests.support.petitions_upheld import PETITION, WHO, accepted, petitioner, upheld

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

    links: LetterLinks | None = None

    def dispatcher(self) -> Dispatcher:
        own = replace(self.office.desk(), letters=self.links)
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


def answer(box: str = BOX, *, thanks: bool = False) -> dict[str, Any]:
    """A petition whose letter is signed and has to be issued."""
    document: Any = {"_id": PETITION, "rev": 0}
    for event in (petitioner({**WHO, "email": box}), accepted() if thanks else upheld()):
        document = handle(document, event, context(MORNING)).document
    ground = context(MORNING).ground()
    approval = AnswerApproval("Hoàng Đức Giả Định", "yêu cầu nộp lại giấy tờ", "đã trả lại", numbered=True)
    seen = replace(approval, previewed=preview_answer(load(document), approval, ground).digest)
    return {**decide(document, lambda one: approve_answer(one, seen, ground), context(MORNING)).document, "outbox": []}


async def sent_of(sender: Sender, document: dict[str, Any]) -> tuple[list[EmailMessage], Dossier]:
    """What goes out of a petition's letter, whatever time goes by, and how the petition stands then."""
    await sender.office.store.save_many(DOSSIERS, [document])
    for _ in range(3):
        await sender.passes(minutes=61)
    found = await find_one(sender.office.store, PETITION)
    assert found is not None
    return [one for one in sender.place.box.letters() if PETITION in one["subject"]], found


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


async def test_an_apology_that_answers_a_petition_goes_by_email_with_the_letter_and_says_nothing_of_the_petition(
    sender: Sender,
) -> None:
    """R28: and by no SMS."""
    [letter], petition = await sent_of(sender, answer())
    text = letter.get_body(("plain",))
    paper = await paper_of(sender.office.parts, sender.office.desk().opener, petition)

    assert (letter["to"], letter["subject"]) == (BOX, f"Ý kiến {PETITION}: có văn bản trả lời")
    assert attached(letter) == [("thu-xin-loi.pdf", paper)]
    assert text is not None
    said = text.get_content()
    assert f"có văn bản số 02/PXL trả lời ý kiến mã số {PETITION}" in said
    assert not any(word in said for word in ("giấy tờ", "đã trả lại", WHO["name"], "tin nhắn"))
    assert petition.messages[APOLOGY] == Accepted(petition.messages[APOLOGY].at, Way(channel=EMAIL))
    assert on_paper(petition) is None


async def test_the_email_leads_to_the_letter_where_letters_open_by_link(sender: Sender) -> None:
    links = LetterLinks("https://tinh.example/thu", b"k" * 32)
    sender.links = links
    [letter], petition = await sent_of(sender, answer())
    text = letter.get_body(("plain",))

    assert text is not None
    assert f"Xem thư: https://tinh.example/thu/{links.token(PETITION)}" in text.get_content()
    assert isinstance(petition.letter, Sent)
    assert petition.letter.link == links.mark(PETITION)
    assert links.token(PETITION) not in petition.texts[APOLOGY]


@pytest.mark.parametrize("document", [answer(""), answer("không rõ"), answer(thanks=True)])
async def test_what_answers_a_petition_and_has_no_mailbox_and_thanks_go_on_paper(
    sender: Sender, document: dict[str, Any]
) -> None:
    letters, petition = await sent_of(sender, document)

    assert (letters, on_paper(petition)) == ([], "wanted")


async def test_an_email_about_an_answer_that_the_server_refuses_goes_on_paper_and_is_sent_again_by_no_sms(
    sender: Sender,
) -> None:
    sender.place.box.says[BOX] = "550 no such user"
    letters, petition = await sent_of(sender, answer())
    by = By("Lý Thị Thử", "lan")
    ground = sender.office.desk().ground()
    again = send_again(petition, APOLOGY, by, ground).after

    assert (letters, on_paper(petition)) == ([], "wanted")
    assert again.messages[APOLOGY].way.channel == EMAIL
    assert on_paper(again) is None


def test_a_second_round_of_such_an_email_comes_back_from_the_log_as_one() -> None:
    way = Way(channel=EMAIL)
    document = CODEC.written(load({"_id": PETITION, "rev": 0})._replace(messages={APOLOGY: Failed(1, way)}), {"_id": PETITION})
    data = NoticeQueuedV3(at=MORNING, notice=APOLOGY, channel=EMAIL, occasion="1", round=2)
    event = Event(data.event_id("notifier", PETITION, "email/2/apology"), "/notifier", data.TYPE, PETITION, MORNING, data)

    assert load(recall(document, event)).messages[APOLOGY].way == Way(round=2, serial=2, channel=EMAIL)
