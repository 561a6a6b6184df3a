"""Digests: who gets one, when, and that it is one; what the mail server and the store may do to it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from runtime.errors import Unavailable
from runtime.mail import Answers, Mailing, MemoryMail
from runtime.settings import WithoutLog
from runtime.store import Document, MemoryDocuments, MemoryTables
from services.front.app import build
from services.front.settings import FrontSettings
from tests.support.digests import MORNING, OTHER, SETTINGS, UNIT, Town, claims_of, dates, sender

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ID = f"2026-03-02/morning/{UNIT}"


@pytest.fixture
def town() -> Town:
    """One unit with something to do today."""
    town = Town()
    town.unit()
    town.tells(today=dates(2, MORNING + HOUR))
    return town


@pytest.fixture
def mail() -> MemoryMail:
    return MemoryMail()


async def test_at_half_past_seven_a_unit_gets_one_digest_and_no_second_one(town: Town, mail: MemoryMail) -> None:
    async with sender(town, mail, now=MORNING - MINUTE) as front:
        await front.look()
        assert mail.sent == []
        for _ in range(3):
            await front.look(later=MINUTE)

        assert [(each.to, each.subject) for each in mail.sent] == [
            (("motcua@hoangvan.example",), "[Đúng Hẹn] UBND xã Hoàng Vân, 02/03/2026: 2 đến hạn hôm nay")
        ]
        assert front.became() == {"sent": 1}
        assert await front.journal() == [(ID, "đã gửi (1 hộp thư nhận)")]
        assert mail.batches == 1


async def test_services_are_asked_by_a_bearer_of_nobody_for_digests_alone(town: Town, mail: MemoryMail) -> None:
    async with sender(town, mail) as front:
        await front.look()

    for request in town.asked:
        claims = claims_of(request)
        assert (claims["roles"], claims["units"], claims["duty"], claims["reads_only"]) == ([], [], "digests", True)
        assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize("hour", [17, 18])
async def test_a_front_that_was_down_sends_until_five_and_not_after(town: Town, mail: MemoryMail, hour: int) -> None:
    async with sender(town, mail, now=MORNING.replace(hour=16, minute=59)) as front:
        await front.look()
    assert len(mail.sent) == 1
    late = MemoryMail()
    async with sender(town, late, now=MORNING.replace(hour=hour, minute=0)) as front:
        await front.look()
    assert late.sent == []


async def test_on_a_day_off_nothing_is_sent(town: Town, mail: MemoryMail) -> None:
    town.unit(working=False)
    async with sender(town, mail) as front:
        await front.look()

    assert mail.sent == []


async def test_a_quiet_day_sends_nothing_and_is_asked_about_once(town: Town, mail: MemoryMail) -> None:
    town.tells()
    async with sender(town, mail) as front:
        await front.look()
        asked = len(town.asked)
        await front.look(later=MINUTE)

        assert (mail.sent, front.became()) == ([], {"quiet": 1})
        assert len(town.asked) == asked + 1


async def test_a_day_is_not_called_quiet_while_a_service_is_silent(town: Town, mail: MemoryMail) -> None:
    town.tells()
    town.away = {"notifier"}
    town.letters[UNIT] = {"total": 1, "lines": [{"dossier": "H37.12-260212-0007", "sign_by": None}]}
    async with sender(town, mail) as front:
        await front.look()
        assert (mail.sent, front.became()) == ([], {})
        town.away = set()
        await front.look(later=MINUTE)

    assert mail.sent[0].subject.endswith("1 thư chờ ký")


async def test_without_letters_and_held_items_the_dates_go_out_and_say_so(town: Town, mail: MemoryMail) -> None:
    town.away = {"notifier", "intake"}
    async with sender(town, mail) as front:
        await front.look()

    assert "THƯ CHỜ KÝ: chưa lấy được số liệu" in mail.sent[0].text
    assert "DỮ LIỆU ĐƯỢC GIỮ LẠI CHỜ KIỂM TRA: chưa lấy được số liệu" in mail.sent[0].text


async def test_without_dates_there_is_no_digest_until_sla_answers(town: Town, mail: MemoryMail) -> None:
    town.away = {"sla"}
    async with sender(town, mail) as front:
        await front.look()
        assert (mail.sent, front.metric("services_away_total", to="sla")) == ([], 1)
        town.away = set()
        await front.look(later=MINUTE)

    assert len(mail.sent) == 1


async def test_a_unit_without_a_mailbox_is_counted_and_no_error(town: Town, mail: MemoryMail) -> None:
    town.unit(OTHER, mailboxes=[])
    town.tells(OTHER, late=dates(3, MORNING, 2))
    async with sender(town, mail) as front:
        await front.look()

        assert front.metric("digest_units_without_mailbox") == 1
        assert len(mail.sent) == 1


async def test_a_warning_goes_out_once_in_a_session_when_an_hour_of_it_has_passed(town: Town, mail: MemoryMail) -> None:
    session = {"begins": MORNING.replace(hour=13).isoformat(), "ends": MORNING.replace(hour=17, minute=0).isoformat()}
    town.tells(nearing=dates(500, MORNING + timedelta(days=1)))
    town.unit(working=False, session={**session, "begins": MORNING.replace(hour=13, minute=30).isoformat()}, warned=1)
    async with sender(town, mail, now=MORNING.replace(hour=14, minute=29)) as front:
        await front.look()
        assert mail.sent == []
        for _ in range(3):
            await front.look(later=MINUTE)

        assert [each.subject for each in mail.sent] == [
            "[Đúng Hẹn] UBND xã Hoàng Vân, 02/03/2026: 500 hồ sơ còn không quá 4 giờ làm việc"
        ]
        assert "và 450 hồ sơ khác" in mail.sent[0].text
        assert front.became("warning") == {"sent": 1}


async def test_while_no_last_warning_has_come_none_is_sent(town: Town, mail: MemoryMail) -> None:
    session = {"begins": MORNING.isoformat(), "ends": MORNING.replace(hour=11, minute=30).isoformat()}
    town.unit(working=False, session=session, warned=0)
    async with sender(town, mail, now=MORNING.replace(hour=10)) as front:
        await front.look()

    assert mail.sent == []


# --- two fronts, and a store that hesitates -----------------------------------------------------------------------------------


async def test_two_fronts_at_once_send_one(town: Town, mail: MemoryMail) -> None:
    for number in range(20):
        town.unit(f"H37.{20 + number}")
        town.tells(f"H37.{20 + number}", today=dates(1, MORNING))
    tables = MemoryTables()
    async with (
        sender(town, mail, store=MemoryDocuments(tables)) as one,
        sender(town, mail, store=MemoryDocuments(tables)) as two,
    ):
        await asyncio.gather(one.look(), two.look())

        assert len({each.name for each in mail.sent}) == len(mail.sent) == 21
        assert one.became().get("sent", 0) + two.became().get("sent", 0) == 21


async def test_a_front_that_died_with_a_claim_leaves_it_uncertain_and_it_is_not_sent_again(town: Town) -> None:
    class Died(BaseException): ...

    class Dies(MemoryMail):
        async def send(self, mailing: Mailing) -> Answers:
            await super().send(mailing)
            raise Died

    tables, dying, mail = MemoryTables(), Dies(), MemoryMail()
    async with sender(town, dying, store=MemoryDocuments(tables)) as front:
        with pytest.raises(Died):
            await front.look()
    async with sender(town, mail, store=MemoryDocuments(tables)) as other:
        await other.look()
        assert other.became() == {}
        await other.look(later=timedelta(minutes=11))
        await other.look(later=timedelta(minutes=11))

        assert (mail.sent, other.became()) == ([], {"uncertain": 1})
        assert await other.journal() == [(ID, "không rõ đã gửi hay chưa, không gửi lại (1 không rõ)")]


class Hesitates(MemoryDocuments):
    """A store whose next writes of digests are answered by nothing: they landed, or not."""

    def __init__(self) -> None:
        super().__init__(MemoryTables())
        self.faults: Iterator[str] = iter(())

    async def insert_unique(self, collection: str, document: Document) -> bool:
        fault = next(self.faults, "") if collection == "digests" else ""
        if fault != "lost":
            kept = await super().insert_unique(collection, document)
        if fault:
            raise Unavailable("no answer")
        return kept

    async def save_many(self, collection: str, documents: Any) -> set[str]:
        fault = next(self.faults, "") if collection == "digests" else ""
        if fault != "lost":
            lost = await super().save_many(collection, documents)
        if fault:
            raise Unavailable("no answer")
        return lost


@pytest.mark.parametrize("fault", ["lost", "landed"])
async def test_a_claim_that_the_store_did_not_confirm_loses_no_digest_and_doubles_none(
    town: Town, mail: MemoryMail, fault: str
) -> None:
    store = Hesitates()
    async with sender(town, mail, store=store) as front:
        store.faults = iter([fault])
        with pytest.raises(Unavailable):
            await front.look()
        assert mail.sent == []
        for _ in range(3):
            await front.look(later=MINUTE)

        assert (len(mail.sent), front.became()) == (1, {"sent": 1})


@pytest.mark.parametrize("fault", ["lost", "landed"])
async def test_what_became_of_a_digest_is_written_down_once_the_store_answers(town: Town, mail: MemoryMail, fault: str) -> None:
    store = Hesitates()
    async with sender(town, mail, store=store) as front:
        store.faults = iter(["", fault])
        await front.look()
        for _ in range(15):
            await front.look(later=MINUTE)

        assert (len(mail.sent), front.became()) == (1, {"sent": 1})
        assert (await store.get_many("digests", [ID]))[ID]["state"] == "sent"


# --- the mail server ----------------------------------------------------------------------------------------------------------


async def test_while_the_server_is_away_a_digest_waits_with_an_alarm_and_goes_out_then(town: Town, mail: MemoryMail) -> None:
    town.unit(OTHER)
    town.tells(OTHER, today=dates(1, MORNING))
    mail.away = True
    async with sender(town, mail) as front:
        await front.look()
        await front.look(later=MINUTE)
        assert (mail.sent, front.metric("mail_away")) == ([], 1)
        mail.away = False
        for _ in range(10):
            await front.look(later=MINUTE)

        assert sorted(each.name for each in mail.sent) == [f"2026-03-02.morning.{unit}" for unit in (UNIT, OTHER)]
        assert (front.metric("mail_away"), front.metric("digests_waiting")) == (0, 0)


async def test_a_server_that_is_away_all_day_leaves_a_missed_digest_in_the_journal(town: Town, mail: MemoryMail) -> None:
    mail.away = True
    async with sender(town, mail) as front:
        await front.look()
        await front.look(later=10 * HOUR)
        mail.away = False
        await front.look(later=MINUTE)

        assert mail.sent == []
        assert front.became() == {"waiting": 1, "missed": 1}
        assert await front.journal() == [(ID, "không gửi được trong ngày")]


async def test_what_waits_is_told_as_it_is_then_and_only_to_who_did_not_get_it(town: Town, mail: MemoryMail) -> None:
    town.unit(mailboxes=["motcua@hoangvan.example", "vanthu@hoangvan.example", "cu@hoangvan.example"])
    mail.says = {"vanthu@hoangvan.example": "busy", "cu@hoangvan.example": "refused"}
    async with sender(town, mail) as front:
        await front.look()
        mail.says = {}
        town.tells(today=dates(1, MORNING + HOUR))
        await front.look(later=4 * MINUTE)
        assert len(mail.sent) == 1
        await front.look(later=MINUTE)

        again = mail.sent[1]
        assert (again.to, again.name) == (("vanthu@hoangvan.example",), mail.sent[0].name)
        assert "1 đến hạn hôm nay" in again.subject
        assert front.became() == {"waiting": 1, "sent": 1}
        assert front.metric("digest_mailboxes_refused_total") == 1
        assert await front.journal() == [(ID, "đã gửi (2 hộp thư nhận, 1 bị từ chối)")]


async def test_an_answer_that_is_lost_is_seen_and_nothing_is_sent_again(town: Town, mail: MemoryMail) -> None:
    mail.cut = True
    async with sender(town, mail) as front:
        await front.look()
        await front.look(later=HOUR)

        assert (len(mail.sent), front.became()) == (1, {"uncertain": 1})
        assert await front.journal() == [(ID, "không rõ đã gửi hay chưa, không gửi lại (1 không rõ)")]


async def test_a_front_that_stops_finishes_what_it_has_claimed(town: Town) -> None:
    class Slow(MemoryMail):
        async def send(self, mailing: Mailing) -> Answers:
            await asyncio.sleep(0.1)
            return await super().send(mailing)

    mail = Slow()
    async with sender(town, mail) as front:
        looking = asyncio.create_task(front.look())
        await asyncio.sleep(0.05)
        looking.cancel()
        for drain in front.service.drains:
            await drain()

        assert (len(mail.sent), front.became()) == (1, {"sent": 1})


async def test_what_became_of_digests_is_forgotten_after_ninety_days(town: Town, mail: MemoryMail) -> None:
    async with sender(town, mail) as front:
        await front.look()
        forget = next(job for job in front.service.jobs if job.name == "old-digests")
        for days, left in ((89, 1), (2, 0)):
            front.clock.set(front.clock.now() + timedelta(days=days))
            await forget.run()
            assert len(await front.service.parts.store.find("digests", {})) == left


async def test_without_a_mail_server_nothing_is_looked_at() -> None:
    service = build(WithoutLog(store_url="sqlite:////dev/null"), FrontSettings.model_validate(SETTINGS, by_name=True))
    assert [job.name for job in service.jobs] == ["sessions", "old-journal"]
