"""What an officer sees of what a citizen was told: the text as it was sent, and neither a number nor anybody's own link."""

from contracts.facts import epoch_ms
from contracts.notices import Notice
from services.notifier.domain import Dossier, Ground
from services.notifier.domain.letter import Draft, Drafted, Sent
from services.notifier.domain.locked import Locked
from services.notifier.domain.notice import APOLOGY, RESULT, SURVEY, Accepted, Message, Queued, Skipped
from services.notifier.domain.told import ToldMessage, messages_of
from services.notifier.http.told import SmsTold
from tests.support.dossiers import DOSSIER, at, received
from tests.support.notifier import REFERENCE

GROUND = Ground(at(9), REFERENCE)
OWN = Draft(1, "H37.13", epoch_ms(at(6)), epoch_ms(at(5)))
SENT = Sent(OWN, None, epoch_ms(at(16)), 5, 2026, 1)


def dossier(**messages: Message) -> Dossier:
    """A dossier of xã Hoàng Vân with messages."""
    names: dict[str, Notice] = {"result": RESULT, "apology": APOLOGY, "survey": SURVEY}
    return (
        Dossier(DOSSIER)
        .told(received(return_method="counter"))
        ._replace(messages={names[name]: message for name, message in messages.items()})
    )


def test_messages_come_in_the_order_of_their_causes_with_their_texts() -> None:
    result, survey = Queued(20, 30), Accepted(10)

    assert messages_of(dossier(result=result, survey=survey), GROUND) == [
        ToldMessage(SURVEY, survey, 10, f"Moi Ong/Ba danh gia viec giai quyet ho so {DOSSIER} (1 phut): (liên kết riêng)"),
        ToldMessage(
            RESULT,
            result,
            20,
            f"Ho so {DOSSIER} (Dang ky ket hon) da co ket qua. Moi Ong/Ba den nhan tai UBND xa Hoang Van.",
        ),
    ]


def test_an_officer_sees_that_a_message_waits_for_a_key() -> None:
    waiting = ToldMessage(RESULT, Queued(20, 30, locked=Locked(2, "no-key")), 20, "x")
    usual = ToldMessage(RESULT, Queued(20, 30), 20, "x")

    assert [(one.state, one.state_name) for one in map(SmsTold.of, (waiting, usual))] == [
        ("queued", "Chờ khóa mở thông tin liên hệ, người vận hành xử lý"),
        ("queued", "Chờ gửi"),
    ]


def test_an_apology_speaks_for_the_unit_that_apologises() -> None:
    [told] = messages_of(dossier(apology=Accepted(10))._replace(letter=SENT), GROUND)

    assert told.text.startswith("UBND phuong Ky Lam xin loi vi tra ket qua ho so")
    assert "Hen lai: 09:00 ngay 16/03/2026." in told.text


def test_what_was_not_sent_has_no_text() -> None:
    skipped = dossier(result=Skipped(10))
    unsigned = dossier(apology=Queued(10, 20))._replace(letter=Drafted(OWN))

    assert [told.text for known in (skipped, unsigned) for told in messages_of(known, GROUND)] == ["", ""]


def test_a_dossier_belongs_to_the_units_that_take_it_handle_it_and_apologise() -> None:
    assert Dossier(DOSSIER).units == ()
    assert dossier().units == ("H37.12", "H37.12")
    assert dossier()._replace(letter=SENT).units == ("H37.12", "H37.12", "H37.13")
