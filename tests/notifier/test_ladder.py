"""From SMS to e-mail to a letter: when, by whom, and that nobody is forgotten and nobody told twice by one channel."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiokafka import TopicPartition

from contracts import Event
from contracts.notices import NoticeAcceptedV3, NoticeKind
from runtime.clock import SteppedClock, epoch_ms
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.machine import SystemMachine
from runtime.mail import MemoryMail
from runtime.mail import Outcome as MailOutcome
from runtime.parts import INTENTS, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.changes import By
from services.notifier.domain import RESULT, Dossier, client_id
from services.notifier.domain.contact import Person
from services.notifier.domain.ladder import UNCONFIRMED, is_unreached
from services.notifier.domain.notice import (
    EMAIL,
    LETTER,
    SURVEY,
    Accepted,
    Claimed,
    Delivered,
    Failed,
    Message,
    Queued,
    Skipped,
    Uncertain,
    Way,
)
from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.domain.receipts import Receipt, on_receipts
from services.notifier.domain.worklist import listed, posted, send_again
from services.notifier.gateways.mail import MailGateway
from services.notifier.gateways.opening import open_gateways
from services.notifier.handlers import Context
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.store import CODEC, DOSSIERS, FAILED, NEXT_SEND, UNREACHED, declare, find_one, load
from services.notifier.telemetry import METRICS
from services.speaking import encode
from services.wiring import decoder
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.gateway_faults import Everything
from tests.support.notifier import REFERENCE, desk, recall
from tests.support.notifier_hears import DONE, PERSON, PROMISED, contact, invited, play

BY = By("Nông Văn Thử", "u-1")
MAILBOX = {**PERSON, "email": "mau@example.org"}
NOWHERE = {**PERSON, "phone": "", "email": ""}
NOW = at(6, "10:00")
TAKEN = Answer("taken")


class Phone:
    """A gateway that answers as it is told, and keeps what it is given."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.got = answer, list[Sms]()

    async def send(self, message: Sms) -> Answer:
        """Keep it."""
        self.got.append(message)
        return self.answer

    async def close(self) -> None:
        """Nothing to give back."""


@dataclass
class Office:
    """notifier's sender over a store in memory, a phone and a mail server."""

    says: Answer = TAKEN
    receipts: bool = True
    mailed: bool = True
    minutes: dict[NoticeKind, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.phone, self.mail = Phone(self.says), MemoryMail()
        self.clock = SteppedClock(NOW)
        self.store = MemoryDocuments(MemoryTables())
        self.broker = MemoryBroker({"notices.v1": 1}, lambda: 0)

    async def hears(self, events: Sequence[Event], now: datetime = NOW) -> None:
        """What happened, and everything that is sent because of it now."""
        await declare(self.store)
        await self.store.declare(INTENTS)
        await self.store.save_many(DOSSIERS, [{**play(events, now)[0], "outbox": []}])
        await self.goes_on()

    async def goes_on(self, more: timedelta = timedelta(0)) -> None:
        """Time passes, and a process with two passes over what is due."""
        self.clock.set(self.clock.now() + more)
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
        topics = MemoryLog("notifier", self.broker)
        ports = Ports(store=self.store, topics=topics, clock=self.clock, machine=Quick(self.clock))
        parts, _ = make_parts("notifier", runtime, METRICS, ports)
        usual = desk(NOW)
        changes = {"gateway_receipts": self.receipts, "receipt_minutes": self.minutes, "mail_per_second": 1000.0}
        settings = usual.settings.model_copy(update=changes)
        board = open_gateways(settings, parts, self.phone, self.mail if self.mailed else None)
        own = Desk(board, usual.opener, settings, Context(REFERENCE, self.clock))
        dispatcher = Dispatcher(parts, Everything(), Intents(parts, DOSSIERS, encode), own)  # type: ignore[arg-type]
        await dispatcher.run()
        await dispatcher.run()
        await dispatcher.drain()

    async def change(self, dossier: Dossier) -> None:
        """Somebody decided."""
        document = (await self.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
        await self.store.save_many(DOSSIERS, [CODEC.written(dossier, document)])

    async def reports(self, receipt: Receipt) -> None:
        """The gateway says what became of the SMS."""
        ground = Context(REFERENCE, self.clock).ground()
        told = {client_id(DOSSIER, RESULT): receipt}
        await self.change(on_receipts(await self.dossier(), told, ground).after)

    async def dossier(self) -> Dossier:
        found = await find_one(self.store, DOSSIER)
        assert found is not None
        return found

    async def message(self) -> Message:
        return (await self.dossier()).messages[RESULT]


class Quick(SystemMachine):
    """Its seconds go by with the stepped clock, and it never sleeps for long."""

    def monotonic(self) -> float:
        """Seconds of the stepped clock, and those that a test itself takes."""
        return self.clock.now().timestamp() + super().monotonic()

    async def sleep(self, seconds: float) -> None:
        """As short as can be."""
        await asyncio.sleep(0)


# --- when ------------------------------------------------------------------------------------


async def test_what_failed_for_certain_goes_by_email_with_all_accents_once() -> None:
    office = Office(Answer("refused", "400"))
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    for _ in range(3):
        await office.goes_on(timedelta(hours=1))

    assert len(office.phone.got) == 1
    assert await office.message() == Accepted(epoch_ms(at(6)), Way(channel=EMAIL))
    (mailing,) = office.mail.sent
    assert (mailing.name, mailing.to) == (client_id(DOSSIER, RESULT, 1, EMAIL), ("mau@example.org",))
    assert mailing.subject == f"Hồ sơ {DOSSIER}: đã có kết quả"
    assert mailing.text == (
        f"Kính gửi Ông/Bà,\n\nHồ sơ {DOSSIER} (Đăng ký kết hôn) đã có kết quả. "
        "Mời Ông/Bà nhận theo hình thức đã đăng ký. UBND xã Hoàng Vân.\n\nUBND xã Hoàng Vân\n\n"
        "Thư này được gửi tự động vì chưa báo được cho Ông/Bà bằng tin nhắn. Xin không trả lời thư này.\n"
    )


@pytest.mark.parametrize("mailed", [True, False])
async def test_what_failed_and_has_no_mailbox_or_no_mail_server_waits_for_a_person(mailed: bool) -> None:
    office = Office(Answer("refused", "400"), mailed=mailed)
    await office.hears([PROMISED, contact(person=PERSON if mailed else MAILBOX), DONE])

    dossier = await office.dossier()
    assert dossier.messages[RESULT] == Failed(epoch_ms(at(6)), kind="permanent", reason="400")
    assert listed(dossier) == {RESULT: "failed"}
    assert not office.mail.sent


async def test_what_may_have_gone_out_never_goes_by_email_by_itself() -> None:
    office = Office(Answer("uncertain"))
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    for _ in range(8):
        await office.goes_on(timedelta(hours=12))

    assert isinstance(await office.message(), Uncertain)
    assert (len(office.phone.got), office.mail.sent) == (1, [])


@pytest.mark.parametrize(
    ("receipts", "minutes", "after", "mails"),
    [
        (True, {}, 29, 0),
        (True, {}, 31, 1),
        (True, {"result-ready": 60}, 31, 0),
        (True, {"result-ready": 60}, 61, 1),
        (True, {"result-ready": 0}, 600, 0),
        (False, {}, 600, 0),
    ],
)
async def test_a_receipt_that_is_missing_counts_after_its_time_and_only_where_there_are_receipts(
    receipts: bool, minutes: dict[NoticeKind, int], after: int, mails: int
) -> None:
    office = Office(receipts=receipts, minutes=minutes)
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.goes_on(timedelta(minutes=after))

    assert (len(office.phone.got), len(office.mail.sent)) == (1, mails)


async def test_a_receipt_that_never_comes_and_no_mailbox_is_for_a_person_after_a_day() -> None:
    office = Office()
    await office.hears([PROMISED, contact(), DONE])
    await office.goes_on(timedelta(minutes=31))
    await office.goes_on(timedelta(hours=22))
    assert isinstance(await office.message(), Accepted)
    await office.goes_on(timedelta(hours=3))

    assert (await office.dossier()).messages[RESULT] == Failed(epoch_ms(at(6)), Way(), *UNCONFIRMED)
    assert listed(await office.dossier()) == {RESULT: "failed"}
    await office.reports("delivered")
    assert listed(await office.dossier()) == {}


@pytest.mark.parametrize(("receipt", "mails"), [("delivered", 0), ("undelivered", 1), ("expired", 1), ("rejected", 1)])
async def test_a_receipt_in_time_decides(receipt: Receipt, mails: int) -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.reports(receipt)
    await office.goes_on(timedelta(hours=2))

    assert len(office.mail.sent) == mails


async def test_a_delivery_that_is_told_late_stops_the_email_that_waits() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    office.mail.away = True
    await office.goes_on(timedelta(minutes=31))
    waiting = await office.message()
    assert isinstance(waiting, Queued)
    assert waiting.way.channel == EMAIL
    await office.reports("delivered")
    office.mail.away = False
    await office.goes_on(timedelta(hours=1))

    assert await office.message() == Delivered(epoch_ms(at(6)))
    assert not office.mail.sent


async def test_a_failure_of_the_sms_that_is_told_after_the_email_changes_nothing() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.goes_on(timedelta(minutes=31))
    before = await office.message()
    await office.reports("undelivered")
    await office.goes_on(timedelta(hours=3))

    assert await office.message() == before == Accepted(epoch_ms(at(6)), Way(channel=EMAIL))
    assert len(office.mail.sent) == 1


async def test_who_has_no_mobile_number_is_told_by_email_and_who_has_neither_is_listed() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person={**MAILBOX, "phone": "0204 3850 001"}), DONE])
    assert (office.phone.got, len(office.mail.sent)) == ([], 1)

    nobody = Office()
    await nobody.hears([PROMISED, contact(person=NOWHERE), DONE])
    dossier = await nobody.dossier()
    assert dossier.messages[RESULT] == Skipped(epoch_ms(at(6)), reason="no-mobile-number")
    assert listed(dossier) == {RESULT: "unreached"}
    (document,) = await nobody.store.find(DOSSIERS, {UNREACHED: 1})
    assert NEXT_SEND not in document


async def test_what_nobody_waits_for_climbs_no_ladder_and_is_on_no_list() -> None:
    office = Office(Answer("refused", "400"))
    await office.hears([PROMISED, contact(person=MAILBOX), DONE, fact("returned", at(6)), invited()])
    await office.goes_on(timedelta(hours=1))

    assert [mailing.subject for mailing in office.mail.sent] == [f"Hồ sơ {DOSSIER}: đã có kết quả"]
    dossier = await office.dossier()
    assert isinstance(dossier.messages[SURVEY], Failed)
    assert not is_unreached(SURVEY, Skipped(1, reason="no-contact"))


async def test_at_night_and_while_a_record_is_parked_no_email_goes_out() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.goes_on(at(6, "20:59") - NOW)
    assert len(office.mail.sent) == 1

    office = Office(minutes={"result-ready": 1440})
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.goes_on(at(6, "22:00") - NOW)
    await office.reports("undelivered")
    await office.goes_on()
    assert not office.mail.sent
    await office.goes_on(timedelta(hours=9, minutes=1))
    assert len(office.mail.sent) == 1


async def test_what_is_no_longer_so_does_not_go_by_email() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    dossier = await office.dossier()
    taken_back = fact("retracted", at(6, "10:10"), version=2, fact="completed")
    await office.change(dossier.told(taken_back))
    await office.goes_on(timedelta(hours=2))

    assert not office.mail.sent


# --- by whom -------------------------------------------------------------------------------------


async def test_a_person_posts_a_letter_and_the_message_leaves_the_list() -> None:
    office = Office(Answer("refused", "400"))
    await office.hears([PROMISED, contact(), DONE])
    dossier = await office.dossier()
    assert FAILED in (await office.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
    changed = posted(dossier, RESULT, BY, desk(NOW).ground())

    assert listed(changed.after) == {}
    assert changed.after.messages[RESULT] == Accepted(epoch_ms(at(6)), Way(round=2, by=BY, channel=LETTER))
    (said,) = changed.said
    assert said.event == NoticeAcceptedV3(at=NOW, notice=RESULT, channel=LETTER, occasion="1", round=2)  # type: ignore[union-attr]


async def test_a_message_that_had_nobody_to_go_to_is_sent_again_once_somebody_mended_the_contact() -> None:
    office = Office()
    await office.hears([PROMISED, contact(person=NOWHERE), DONE])
    again = send_again(await office.dossier(), RESULT, BY, desk(NOW).ground()).after
    await office.change(again.reached_by(contact(2, MAILBOX).data))  # type: ignore[arg-type]
    await office.goes_on()

    assert [sms.to for sms in office.phone.got] == ["+84912000007"]
    assert isinstance(await office.message(), Accepted)


# --- nobody is forgotten, nobody told twice ----------------------------------------------------------

PEOPLE = {"phone and mailbox": MAILBOX, "phone": PERSON, "mailbox": {**MAILBOX, "phone": ""}, "neither": NOWHERE}
MAILS: tuple[MailOutcome | None, ...] = ("taken", "refused", "busy", "uncertain", None)
RECEIPTS: tuple[Receipt | None, ...] = ("delivered", "undelivered", None)
ANSWERS: tuple[Outcome, ...] = ("taken", "refused", "odd", "uncertain")
LIVES = list(itertools.product(PEOPLE, ANSWERS, RECEIPTS, MAILS))


async def test_of_all_lives_everybody_is_told_or_listed_and_nobody_twice_by_one_channel() -> None:
    count = Counter[str]()
    for who, sms, receipt, mail in LIVES:
        office = Office(Answer(sms), mailed=mail is not None)
        office.mail.says = {"mau@example.org": mail} if mail is not None else {}
        await office.hears([PROMISED, contact(person=PEOPLE[who]), DONE])
        if receipt is not None and office.phone.got:
            await office.reports(receipt)
        for hours in (1, 2, 20, 24, 48, 240):
            await office.goes_on(timedelta(hours=hours))
        dossier = await office.dossier()
        rang = len(office.phone.got) if sms in ("taken", "uncertain") else 0
        message = dossier.messages[RESULT]
        told = isinstance(message, Delivered) or (isinstance(message, Accepted) and (rang or office.mail.sent))
        count["lives"] += 1
        count["never"] += not told and RESULT not in listed(dossier)
        count["twice"] += rang > 1 or (mail != "busy" and len(office.mail.sent) > 1)
        failed_over = sms == "uncertain" and receipt is None and who.startswith("phone") and bool(office.mail.sent)
        count["uncertain and mailed"] += failed_over

    assert count == {"lives": len(LIVES), "never": 0, "twice": 0, "uncertain and mailed": 0}


# --- the log, the store, the server -------------------------------------------------------------------


async def test_a_ladder_is_read_back_from_the_log_as_it_was_whatever_came_late() -> None:
    office = Office(Answer("refused", "400"))
    await office.hears([PROMISED, contact(person=MAILBOX), DONE])
    await office.goes_on()
    records = office.broker.records(TopicPartition("notices.v1", 0))
    said = [decoder()(record.value) for record in records if record.value is not None]

    rebuilt = {"_id": DOSSIER, "rev": 0}
    for event in said:
        rebuilt = recall(rebuilt, event)
    assert load(rebuilt).messages[RESULT] == await office.message()
    assert isinstance(await office.message(), Accepted)
    for event in said:
        assert recall(rebuilt, event) is rebuilt


@pytest.mark.parametrize(
    "message",
    [
        Accepted(1, Way(channel=EMAIL)),
        Accepted(1, Way(), 5),
        Accepted(1, Way(), 5, last=True),
        Failed(1, Way(), "permanent", "400", 7),
        Claimed(1, 2, way=Way(via=EMAIL, channel=EMAIL), claim="c"),
        Skipped(1, reason="no-contact"),
    ],
    ids=lambda message: f"{type(message).__name__}-{message.way.channel}",
)
def test_the_rung_is_kept_with_the_message(message: Message) -> None:
    document = {"_id": DOSSIER, "rev": 1}
    written = CODEC.written(load(document)._replace(messages={RESULT: message}), document)

    assert load(written).messages[RESULT] == message


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("mau@example.org", "mau@example.org"),
        (" mau@example.org ; hai@example.org", "mau@example.org"),
        ("không có", ""),
        ("mau@example.org\r\nBcc: x@example.org", "mau@example.org"),
        ("Nông Thị Mẫu <mau@example.org>", "mau@example.org"),
        ("mẫu@example.org", ""),
        ("mau@localhost", ""),
        ("mau@@example.org", ""),
        (".mau@example.org", ""),
        (f"{'a' * 250}@example.org", ""),
    ],
)
def test_of_what_was_typed_one_plain_mailbox_is_taken(typed: str, mailbox: str) -> None:
    assert Person(email=typed).mailbox == mailbox


async def test_a_mail_server_that_does_not_let_us_in_is_an_alarm_and_one_that_is_away_is_not() -> None:
    mail = MemoryMail()
    way = MailGateway(mail, SteppedClock(NOW))
    sms = Sms("id", "mau@example.org", "", "chữ", "tiêu đề")

    mail.away = True
    assert (await way.send(sms)).outcome == "busy"
    mail.away, mail.cut = False, True
    assert (await way.send(sms)).outcome == "uncertain"
