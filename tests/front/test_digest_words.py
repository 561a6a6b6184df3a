"""What a digest says: read as a person does, from a real mail server, and part by part."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.front.domain.digests import Content, Kind, Letters, Line, Papers, Part, UnitToday, slots_of, written
from services.front.domain.mailed import Became, Mailed, State, settled
from tests.support.digests import MORNING, UNIT, Town, dates, sender
from tests.support.mail import smtp_server

GOLDEN = Path(__file__).with_name("digest.txt")
HERE = UnitToday(UNIT, "UBND xã Hoàng Vân", ("motcua@hoangvan.example",), True, None, 0)
EMPTY = Part(0, ())
NOTHING = Content(EMPTY, EMPTY, EMPTY, EMPTY, Letters(0, ()), 0, 4)
ADDRESS = "https://dunghen.example"


def part(total: int, days_late: int = 0) -> Part:
    return Part(
        total, tuple(Line(f"H37.12-260212-{n:04}", "Đăng ký khai sinh", MORNING, days_late) for n in range(min(total, 50)))
    )


async def test_a_day_with_five_hundred_warnings_is_one_message_that_a_clerk_can_read() -> None:
    town = Town()
    town.unit(mailboxes=["motcua@hoangvan.example", "lanhdao@hoangvan.example"])
    town.tells(
        late=dates(3, MORNING - timedelta(days=4), 2),
        today=dates(500, MORNING + timedelta(hours=1), first=100),
        tomorrow=dates(12, MORNING + timedelta(days=1), first=700),
    )
    letters = [{"dossier": f"H37.12-260212-{n:04}", "sign_by": (MORNING + timedelta(hours=9)).isoformat()} for n in (1, 2)]
    printed = [{"dossier": f"H37.12-260112-{n:04}", "printed_on": "2026-02-12"} for n in (1, 2)]
    town.letters[UNIT] = {"total": 2, "lines": letters, "to_print": 3, "unsaid": {"days": 14, "total": 60, "lines": printed}}
    town.held[UNIT] = 4
    async with smtp_server() as place:
        server: dict[str, Any] = {
            "mail_host": "localhost",
            "mail_port": place.port,
            "mail_tls": "none",
            "mail_from": "dunghen@tinh.example",
        }
        async with sender(town, None, **server) as front:
            await front.look()
        read = place.box.letters()

    assert len(read) == 1
    text = f"Từ: {read[0]['from']}\nĐến: {read[0]['to']}\nTiêu đề: {read[0]['subject']}\n\n{read[0].get_content()}".replace(
        "\r\n", "\n"
    )
    assert text == GOLDEN.read_text("utf-8"), text


@pytest.mark.parametrize(("total", "more"), [(50, None), (51, "và 1 hồ sơ khác"), (500, "và 450 hồ sơ khác")])
def test_a_part_names_fifty_and_counts_the_rest(total: int, more: str | None) -> None:
    text = written(Kind.MORNING, HERE, replace(NOTHING, today=part(total)), MORNING, ADDRESS).text

    assert text.count("\n- ") == min(total, 50)
    assert (more in text) if more else ("khác" not in text)


def test_a_part_without_anything_is_left_out() -> None:
    said = written(Kind.MORNING, HERE, replace(NOTHING, late=part(1, 1)), MORNING, ADDRESS)

    assert said.subject == "[Đúng Hẹn] UBND xã Hoàng Vân, 02/03/2026: 1 hồ sơ quá hạn"
    assert (
        "HỒ SƠ ĐÃ QUÁ HẠN: 1\n- H37.12-260212-0000: Đăng ký khai sinh, hẹn trả 07:30 thứ Hai 02/03/2026, quá hạn 1" in said.text
    )
    assert "HÔM NAY" not in said.text
    assert "THƯ" not in said.text
    assert "GIỮ LẠI" not in said.text


@pytest.mark.parametrize(
    ("letters", "gist"),
    [
        (Letters(0, (), 3), "3 thư phải in"),
        (Letters(0, (), 0, Papers(14, 1, (("H37.12-260112-0001", MORNING.date()),))), "1 thư đã in chưa rõ kết quả"),
    ],
)
def test_letters_on_paper_alone_are_worth_a_digest_of_the_morning_and_none_of_warnings(letters: Letters, gist: str) -> None:
    content = replace(NOTHING, letters=letters)

    assert (content.worth(Kind.MORNING), content.worth(Kind.WARNING)) == (True, False)
    assert written(Kind.MORNING, HERE, content, MORNING, ADDRESS).subject.endswith(f": {gist}")


def test_what_passed_since_the_last_working_day_has_no_days_of_lateness_yet() -> None:
    text = written(Kind.MORNING, HERE, replace(NOTHING, late=part(1)), MORNING, ADDRESS).text

    assert "hẹn trả 07:30 thứ Hai 02/03/2026\n" in text


def test_a_name_of_several_lines_makes_no_second_header() -> None:
    odd = replace(HERE, name="UBND xã\nHoàng Vân")

    assert "\n" not in written(Kind.MORNING, odd, replace(NOTHING, late=part(1)), MORNING, ADDRESS).subject


def test_when_a_unit_gets_what() -> None:
    session = (MORNING, MORNING.replace(hour=11, minute=30))
    warned = replace(HERE, session=session, warned=1)

    assert [slot.id for slot in slots_of(warned, MORNING + timedelta(minutes=59))] == [f"2026-03-02/morning/{UNIT}"]
    both = slots_of(warned, MORNING + timedelta(hours=1))
    assert [slot.id for slot in both] == [f"2026-03-02/morning/{UNIT}", f"2026-03-02/warning0730/{UNIT}"]
    assert [slot.over for slot in both] == [MORNING.replace(hour=17, minute=0), session[1]]
    assert slots_of(replace(warned, working=False, warned=0), MORNING + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("one", "two", "state"),
    [
        ("taken", "taken", State.SENT),
        ("taken", "refused", State.SENT),
        ("refused", "refused", State.REFUSED),
        ("taken", "uncertain", State.UNCERTAIN),
        ("taken", "busy", State.WAITING),
        ("uncertain", "away", State.WAITING),
    ],
)
def test_what_becomes_of_a_digest_follows_from_its_mailboxes(one: str, two: str, state: State) -> None:
    mailed = Mailed("id", State.CLAIMED, MORNING, MORNING, "mine", ("a", "b"))
    after = settled(mailed, {"a": Became(one), "b": Became(two)}, MORNING)

    assert (after.state, after.claim) == (state, "")
    assert {*after.pending, *after.taken, *after.refused, *after.uncertain} == {"a", "b"}


def test_a_digest_that_waited_is_uncertain_in_the_end_if_one_mailbox_was() -> None:
    mailed = Mailed("id", State.CLAIMED, MORNING, MORNING, "mine", ("b",), uncertain=("a",))

    assert settled(mailed, {"b": Became.TAKEN}, MORNING).state is State.UNCERTAIN
