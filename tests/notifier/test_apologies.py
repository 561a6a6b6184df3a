"""The moves of an apology letter and of a message on its way: exactly what is kept and what is said, on objects."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.facts import epoch_ms
from contracts.notices import (
    FirstNotice,
    LetterApproved,
    LetterDrafted,
    LetterRejected,
    LetterSent,
    LetterWithdrawn,
    Notice,
    NoticeAccepted,
    NoticeFailed,
    NoticeQueued,
    NoticeSkipped,
    NoticeUncertain,
)
from reference import moment
from services.changes import Changed, Once
from services.notifier.domain import Dossier, Ground, Person, Sending, signing
from services.notifier.domain.apologies import (
    CHANGED,
    back_to_desk,
    claim_letter,
    draft,
    is_wanted,
    issue,
    on_deadline,
    put_on_desk,
    withdraw,
)
from services.notifier.domain.contact import Contact, Forgotten, Invitation
from services.notifier.domain.dossier import Call, Promise, Settled
from services.notifier.domain.letter import (
    Approved,
    Back,
    By,
    Draft,
    Drafted,
    Issuing,
    LetterStep,
    Refusal,
    Rejected,
    Sent,
    Signature,
    Withdrawn,
)
from services.notifier.domain.notice import (
    APOLOGY,
    RESULT,
    SURVEY,
    Accepted,
    Claimed,
    Failed,
    Message,
    Queued,
    Skipped,
    Uncertain,
    Way,
    client_id,
)
from services.notifier.domain.outcome import Answer, Sms, Tried, settle_answer
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.sending import claim_due, claim_message
from services.notifier.domain.signing import (
    Approval,
    may_promise,
    may_take_back,
    preview,
    reject,
    take_back,
)
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import REFERENCE
from tests.support.notifier_hears import DUE, promise

NOW = at(6)
OWN = Draft(2, "H37.12", epoch_ms(DUE), epoch_ms(at(5)), epoch_ms(NOW))
SIGNED = Signature("workload", 5, "ask", "note", "x")
DUE_MS, NEW = epoch_ms(DUE), epoch_ms(at(11))


def ground(now: datetime = NOW) -> Ground:
    return Ground(now, REFERENCE)


def dossier(letter: Any = None, **more: Any) -> Dossier:
    known = Dossier(DOSSIER).told(received(contact_sequence=1))
    return known._replace(**{"promise": Promise(1, DUE_MS, "computed"), "letter": letter, **more})


def approve(known: Dossier, approval: Approval, at_: Ground) -> Changed[Dossier]:
    """The signer looks at the letter and signs it."""
    return signing.approve(known, replace(approval, previewed=preview(known, approval, at_).digest), at_)


def step(state: Any, draft: int = 2, by: str | None = None, why: str = "") -> tuple[LetterStep, ...]:
    return (LetterStep(state, draft, epoch_ms(NOW), by, None, why),)


def once(said: Any) -> list[Once]:
    return [Once(said, "2")]


# --- letters --------------------------------------------------------------------------


def test_states_of_a_letter_begin_without_what_was_not_decided() -> None:
    assert Draft(1, "H37.12", 2, 3) == Draft(1, "H37.12", 2, 3, None)
    assert (Drafted(OWN), Rejected(OWN, "in-time", "x"), Withdrawn(OWN)) == (
        Drafted(OWN, Back(None, "", None)),
        Rejected(OWN, "in-time", "x", Back(None, "", None)),
        Withdrawn(OWN, Back(None, "", None)),
    )
    assert Signature("workload", 5, "ask") == Signature("workload", 5, "ask", None, None)
    assert Sent(OWN, None, None, 1, 2026, 3) == Sent(OWN, None, None, 1, 2026, 3, None)
    assert Refusal("R16: x", "y") == Refusal("R16: x", "y", None)
    assert Approval("workload", "x") == Approval("workload", "x", "", None)


@pytest.mark.parametrize(
    ("kind", "letter", "settled", "wanted"),
    [
        ("apology-due", None, None, True),
        ("overdue", None, None, True),
        ("overdue", None, "open", True),
        ("overdue", None, "late", False),
        ("apology-due", Withdrawn(OWN), None, True),
        ("apology-due", Drafted(OWN), None, False),
        ("apology-due", Rejected(OWN, "in-time", "x"), None, False),
        ("overdue", Rejected(OWN, "in-time", "x"), None, True),
        ("overdue", Rejected(OWN, "secrecy", "x"), None, False),
        ("overdue", Drafted(OWN), None, False),
        ("late", None, "late", True),
        ("late", None, "early", False),
        ("late", None, None, False),
        ("late", Withdrawn(OWN), "late", False),
    ],
)
def test_which_calls_make_a_draft(kind: Any, letter: Any, settled: Any, wanted: bool) -> None:
    known = dossier(letter, settled=None if settled is None else Settled(1, settled))

    assert is_wanted(known, Call(kind, DUE, DUE, "H37.12", DUE)) is wanted


def test_a_call_puts_the_next_draft_on_the_desk_and_says_so() -> None:
    call = Call("apology-due", at(5), at(5), "H37.12", DUE, NOW)
    first, next_one = draft(dossier(), call, ground()), draft(dossier(Withdrawn(OWN)), call, ground())
    said = LetterDrafted(at=at(5), unit="H37.12", draft=1, due_at=DUE, sign_by=NOW)

    assert (first.after, first.said) == (
        dossier(Drafted(replace(OWN, number=1)), history=step("drafted", 1)),
        [Once(said, "1")],
    )
    assert (next_one.after.letter, next_one.said) == (
        Drafted(replace(OWN, number=3)),
        [Once(said.model_copy(update={"draft": 3}), "3")],
    )
    without = draft(dossier(), replace(call, sign_by=None), ground())
    assert without.after.letter == Drafted(replace(OWN, number=1, sign_by=None))


def test_what_was_silent_once_stays_so_and_a_call_that_comes_too_late_is_noted_as_such() -> None:
    call = Call("overdue", DUE, DUE + timedelta(hours=49), "H37.12", DUE)
    silent = draft(dossier(), call, ground())
    said = NoticeSkipped(at=DUE, notice=APOLOGY, channel="sms", reason="too-old")

    assert (silent.after, silent.said) == (
        dossier(messages={APOLOGY: Skipped(DUE_MS, reason="too-old")}),
        [Once(said, APOLOGY)],
    )
    assert draft(silent.after, replace(call, recorded=DUE), ground()).after is silent.after


def test_a_draft_that_is_taken_back_keeps_why_it_was_on_the_desk() -> None:
    back = Back(remark="sai tên")
    gone = withdraw(dossier(Drafted(OWN, back)), Drafted(OWN, back), ground())
    assert (gone.after, gone.said) == (
        dossier(Withdrawn(OWN, back), history=step("withdrawn")),
        once(LetterWithdrawn(at=NOW, unit="H37.12", draft=2)),
    )
    refused = reject(dossier(Drafted(OWN, back)), "secrecy", "x", ground())
    said = LetterRejected(at=NOW, unit="H37.12", draft=2, reason="secrecy")
    assert (refused.after, refused.said) == (
        dossier(Rejected(OWN, "secrecy", "x", back), history=step("rejected", by="x", why="secrecy")),
        once(said),
    )


def test_a_signed_letter_that_cannot_go_is_the_next_draft_unless_its_dossier_ended_in_time() -> None:
    back, letter = Back(remark="sai tên"), Issuing(OWN, SIGNED, None, 1)
    again = back_to_desk(dossier(letter), letter, back, ground())
    in_time = dossier(letter, settled=Settled(1, "early"))

    assert again.after == dossier(Drafted(replace(OWN, number=3), back), history=step("drafted", 3))
    assert again.said == put_on_desk(dossier(), Drafted(replace(OWN, number=3), back), ground()).said
    assert back_to_desk(in_time, letter, back, ground()).after.letter == Withdrawn(replace(OWN, number=3), back)


def test_a_signature_is_kept_and_asks_for_its_date_or_has_the_letter_numbered() -> None:
    ask = LetterApproved.event_id("notifier", DOSSIER, "2")
    asking = approve(dossier(Drafted(OWN)), Approval("other", "x", "mưa lũ", at(11)), ground())
    said = LetterApproved(at=NOW, unit="H37.12", draft=2, reason="other", new_due_at=at(11))
    assert isinstance(asking.after.letter, Approved)

    signed = Signature("other", epoch_ms(NOW), ask, "mưa lũ", "x", None, asking.after.letter.signed.previewed)
    assert (asking.after.letter, asking.said) == (Approved(OWN, signed, NEW), once(said))
    assert asking.after.history == step("approved", by="x", why="other")
    late = dossier(Drafted(OWN), settled=Settled(1, "late"))
    at_once = approve(late, Approval("other", "x", "mưa lũ"), ground())
    assert isinstance(at_once.after.letter, Issuing)
    seen = at_once.after.letter.signed.previewed
    assert at_once.after.letter == Issuing(OWN, replace(signed, previewed=seen), None, epoch_ms(NOW))
    assert seen != signed.previewed  # it says no new date
    assert at_once.said == once(LetterApproved(at=NOW, unit="H37.12", draft=2, reason="other", new_due_at=None))


def test_a_date_that_was_granted_before_the_letter_came_back_is_promised_without_another_ask() -> None:
    letter = Drafted(OWN, Back(granted=NEW))
    known = dossier(letter, promise=Promise(2, NEW, "reappointed"))

    for given in (None, at(11)):
        released = approve(known, Approval("workload", "x", "", given), ground()).after.letter
        assert isinstance(released, Issuing)
        assert (released.new_due, released.next_at) == (NEW, epoch_ms(NOW))
    with pytest.raises(NotAllowedError) as error:
        approve(known, Approval("workload", "x", "", at(12)), ground())
    assert error.value.rule == "new_due_at"
    assert error.value.text == "Hồ sơ đã được hẹn lại đến 09:00 thứ Tư 11/03/2026; thư phải ghi ngày đó."
    moved_since = known._replace(promise=Promise(3, DUE_MS, "computed"))
    assert isinstance(approve(moved_since, Approval("workload", "x", "", at(12)), ground()).after.letter, Approved)


@pytest.mark.parametrize(
    ("promised", "new_due", "rule", "text"),
    [
        (None, at(11), "paused", "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại."),
        (None, None, "paused", "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại."),
        (
            DUE_MS,
            DUE,
            "new_due_at",
            "Ngày hẹn lại phải sau lúc ký thư và sau ngày hẹn đang có hiệu lực. Gần nhất có thể hẹn: 09:30 thứ Hai 09/03/2026.",
        ),
        (
            DUE_MS,
            at(14),
            "new_due_at",
            "Ngày hẹn lại phải là ngày làm việc của đơn vị, trong giờ làm việc. Gần nhất có thể hẹn: 17:00 thứ Sáu 13/03/2026.",
        ),
        (DUE_MS, None, "new_due_at", "Thiếu thời gian hẹn trả kết quả lại."),
    ],
)
def test_why_a_date_may_not_be_promised_is_said_in_these_words(
    promised: int | None, new_due: datetime | None, rule: str, text: str
) -> None:
    """R15."""
    with pytest.raises(NotAllowedError) as error:
        approve(
            dossier(Drafted(OWN), promise=Promise(1, promised, "computed")), Approval("workload", "x", "", new_due), ground()
        )
    assert (error.value.rule, error.value.text, str(error.value)) == (rule, text, rule)


def test_a_letter_promises_a_date_unless_its_dossier_has_ended_or_had_its_one_re_promise() -> None:
    """R16."""
    once_already = Back(Refusal("R16: x", "y", "R16"))

    assert may_promise(dossier(), OWN, Back())
    assert may_promise(dossier(), OWN, Back(Refusal("R15: x", "y", "R15")))
    assert may_promise(dossier(promise=Promise(1, None, "computed")), OWN, Back())
    assert not may_promise(dossier(), OWN, once_already)
    assert not may_promise(dossier(settled=Settled(1, "late")), OWN, Back())


def test_a_granted_date_lets_its_letter_go_and_no_other_date_does() -> None:
    waiting = dossier(Approved(OWN, SIGNED, NEW))
    granted = on_deadline(waiting, promise(2, at(11), "reappointed").data, ground())  # type: ignore[arg-type]

    assert (granted.after.letter, [*granted.said]) == (Issuing(OWN, SIGNED, NEW, epoch_ms(NOW)), [])
    for other in (promise(2, at(11)), promise(2, at(12), "reappointed"), promise(1, at(11), "reappointed")):
        assert on_deadline(waiting, other.data, ground()).after.letter is waiting.letter  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("next_at", "answer"),
    [(epoch_ms(NOW), "H37.12"), (epoch_ms(NOW) - 1, "H37.12"), (epoch_ms(NOW) + 1, ""), (None, "")],
)
def test_a_letter_that_is_due_is_claimed_for_the_register_of_its_body(next_at: int | None, answer: str) -> None:
    known = dossier(Issuing(OWN, SIGNED, None, next_at))
    claimed = claim_letter(known, 77, ground())

    assert claimed.answer == answer
    assert claimed.after == (dossier(Issuing(OWN, SIGNED, None, 77, claimed=True)) if answer else known)
    assert claim_letter(dossier(Drafted(OWN)), 77, ground()).answer == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"contact": Contact(2, 1, "y")},  # another name or address
        {"contact": Forgotten(1)},
        {"facts": Dossier(DOSSIER).told(received(contact_sequence=1, at=at(1))).facts},  # received at another time
    ],
)
def test_what_changed_between_looking_and_signing_is_shown_again(changed: dict[str, Any]) -> None:
    known = dossier(Drafted(OWN), contact=Contact(1, 1, "x"))
    approval = Approval("workload", "x", "", at(11))
    seen = replace(approval, previewed=preview(known, approval, ground()).digest)

    assert isinstance(signing.approve(known, seen, ground(at(6, "16:00"))).after.letter, Approved)  # time alone changes nothing
    with pytest.raises(NotAllowedError) as error:
        signing.approve(known._replace(**changed), seen, ground())
    assert (error.value.rule, "đã thay đổi" in error.value.text) == ("preview", True)


@pytest.mark.parametrize(
    "other", [{"reason": "complex"}, {"note": "mưa lũ"}, {"new_due_at": at(12)}, {"previewed": "0" * 64}, {"previewed": ""}]
)
def test_only_what_was_seen_can_be_signed(other: dict[str, Any]) -> None:
    """R15."""
    known, approval = dossier(Drafted(OWN)), Approval("workload", "x", "", at(11))
    seen = replace(approval, previewed=preview(known, approval, ground()).digest)

    with pytest.raises(NotAllowedError, match="preview"):
        signing.approve(known, replace(seen, **other), ground())


def test_once_the_old_date_has_passed_the_letter_says_so_and_is_shown_again() -> None:
    known, approval = dossier(Drafted(OWN)), Approval("workload", "x", "", at(11))
    seen = replace(approval, previewed=preview(known, approval, ground()).digest)

    with pytest.raises(NotAllowedError, match="preview"):
        signing.approve(known, seen, ground(at(9, "09:01")))


def test_a_letter_names_the_old_date_in_force_when_it_was_signed() -> None:
    moved = dossier(Drafted(OWN), promise=Promise(2, epoch_ms(at(10)), "computed"))
    signed = approve(moved, Approval("workload", "x", "", at(12)), ground()).after.letter

    assert isinstance(signed, Approved)
    assert signed.draft == replace(OWN, due=epoch_ms(at(10)))


def test_a_letter_that_would_say_something_else_than_its_signer_saw_is_not_numbered() -> None:
    late = dossier(Drafted(OWN), contact=Contact(1, 1, "x"), settled=Settled(1, "late"))
    signed = approve(late, Approval("workload", "x"), ground()).after
    assert isinstance(signed.letter, Issuing)
    changed = claim_letter(signed._replace(contact=Contact(2, 1, "y")), 77, ground())
    begun = signed._replace(contact=Contact(2, 1, "y"), letter=replace(signed.letter, claimed=True))

    assert claim_letter(signed, 77, ground()).answer == "H37.12"
    assert (changed.answer, changed.after.letter) == ("", Drafted(replace(OWN, number=3), Back(remark=CHANGED)))
    assert [once_.occasion for once_ in changed.said if isinstance(once_, Once)] == ["3"]
    assert claim_letter(begun, 77, ground()).answer == "H37.12"  # it may have its number: no hole


def test_a_granted_date_stays_with_a_letter_that_came_back() -> None:
    """R16."""
    asking = approve(dossier(Drafted(OWN), contact=Contact(1, 1, "x")), Approval("workload", "x", "", at(11)), ground()).after
    granted = on_deadline(asking, promise(2, at(11), "reappointed").data, ground()).after  # type: ignore[arg-type]
    back = claim_letter(granted._replace(contact=Contact(2, 1, "y")), 77, ground()).after
    again = approve(back, Approval("workload", "x"), ground())

    assert back.letter == Drafted(replace(OWN, number=3), Back(remark=CHANGED, granted=NEW))
    assert isinstance(again.after.letter, Issuing)
    assert (again.after.letter.new_due, again.after.letter.draft.due) == (NEW, DUE_MS)


@pytest.mark.parametrize("note", ["", "  ", "...", "\u202e\u200b", "\x00"])
def test_another_reason_needs_words(note: str) -> None:
    with pytest.raises(NotAllowedError, match="note") as error:
        preview(dossier(Drafted(OWN)), Approval("other", "x", note, at(11)), ground())
    assert "phải ghi rõ lý do" in error.value.text


def test_a_note_is_bounded_and_cleaned() -> None:
    """Of controls, of marks of direction and of what is composed otherwise."""
    known = dossier(Drafted(OWN))
    seen = preview(known, Approval("other", "x", "  mu\u031ba\r\n\u202elũ\u0007 ", at(11)), ground())

    assert seen.letter.signed.note == "mưa lũ"
    with pytest.raises(NotAllowedError, match="note"):
        preview(known, Approval("workload", "x", "a" * 501, at(11)), ground())


def test_not_sent_can_be_taken_back_until_the_date() -> None:
    """R19."""
    refused = reject(dossier(Drafted(OWN, Back(remark="r"))), "secrecy", "x", ground()).after
    back = take_back(refused, By("y", "z"), ground(at(9)))

    assert back.after.letter == Drafted(replace(OWN, number=3), Back(remark="r"))
    assert back.after.history[-1] == LetterStep("drafted", 3, DUE_MS, "y", "z")
    assert [once_.occasion for once_ in back.said if isinstance(once_, Once)] == ["3"]
    for closed, now in (
        (refused, at(9, "09:01")),
        (refused._replace(settled=Settled(1, "late")), NOW),
        (dossier(Drafted(OWN)), NOW),
    ):
        assert not may_take_back(closed, ground(now))
        with pytest.raises(NotAllowedError, match="state"):
            take_back(closed, By("y"), ground(now))


def test_a_numbered_letter_keeps_whom_it_went_to_and_the_citizen_is_told() -> None:
    contact = Contact(1, 1, "x")
    issued = issue(dossier(Issuing(OWN, SIGNED, NEW, 1), contact=contact), (5, 2026), ground())

    assert issued.after.letter == Sent(OWN, SIGNED, NEW, 5, 2026, epoch_ms(NOW), contact)
    assert issued.after.messages == {APOLOGY: Queued(epoch_ms(NOW), epoch_ms(NOW))}
    said = LetterSent(at=NOW, unit="H37.12", draft=2, number=5, year=2026, new_due_at=at(11))
    assert [*issued.said] == [*once(said), Once(NoticeQueued(at=NOW, notice=APOLOGY, channel="sms"), APOLOGY)]
    dateless = issue(dossier(Issuing(OWN, SIGNED, None, 1)), (5, 2026), ground())
    assert dateless.after.letter == Sent(OWN, SIGNED, None, 5, 2026, epoch_ms(NOW), None)


# --- messages -------------------------------------------------------------------------

CONTACT, INVITED = Contact(1, 1, "x"), Invitation(1, "y")
CLAIM_FOR, WAIT = timedelta(minutes=2), timedelta(days=1)
AT = epoch_ms(NOW) - 60_000
VIA = Way(via="a")


def sending(
    now: datetime = NOW, *, phone: str = "0912000007", link: str = "https://example.org/x", again: bool = False
) -> Sending:
    opens = (lambda _: Person(phone=phone), lambda _: link)
    gateways = {"a": again, "b": False}
    return Sending(now, REFERENCE, *opens, CLAIM_FOR, WAIT, "https://example.org", gateways, "a", frozenset("ab"))


def due(name: Notice = RESULT, message: Message = Queued(AT, 2), **more: Any) -> Dossier:  # noqa: B008
    done = dossier().told(fact("completed", at(5)))
    return done._replace(**{"contact": CONTACT, "invitation": INVITED, "messages": {name: message}, **more})


def test_a_due_message_is_claimed_for_some_minutes_and_expects_a_receipt() -> None:
    claimed = claim_message(due(), RESULT, sending())

    assert isinstance(claimed.answer, Sms)
    expected = due().expecting(RESULT, Claimed(AT, epoch_ms(NOW + CLAIM_FOR), way=VIA))
    assert claimed.after == expected._replace(texts={RESULT: claimed.answer.text})
    assert (claimed.answer.client_id, claimed.answer.to) == (client_id(DOSSIER, RESULT), "+84912000007")
    kept_waiting = claim_message(due(message=Queued(AT, 2, waits_since=3)), RESULT, sending())
    assert kept_waiting.after.messages[RESULT] == Claimed(AT, epoch_ms(NOW + CLAIM_FOR), waits_since=3, way=VIA)


@pytest.mark.parametrize(
    ("message", "taken"),
    [(Queued(AT, epoch_ms(NOW)), True), (Queued(AT, epoch_ms(NOW) + 1), False), (Accepted(AT), False), (Uncertain(AT), False)],
)
def test_only_a_message_whose_moment_has_come_is_claimed(message: Message, taken: bool) -> None:
    claimed = claim_message(due(message=message), RESULT, sending())

    assert (claimed.answer is not None) is taken
    assert (claimed.after == due(message=message)) is not taken


def test_at_night_a_message_waits_for_the_morning_and_while_a_record_is_held_back_for_a_minute() -> None:
    night = claim_message(due(), RESULT, sending(at(6, "21:00")))
    held_back = claim_message(due(incomplete=True), RESULT, sending())

    assert (night.after, night.answer) == (due(message=Queued(AT, epoch_ms(at(7, "07:00")))), None)
    assert held_back.after == due(message=Queued(AT, epoch_ms(at(6, "09:01"))), incomplete=True)


def test_a_claim_whose_process_died_is_uncertain_or_taken_up_again() -> None:
    stuck = due(message=Claimed(AT, 2))
    uncertain = claim_message(stuck, RESULT, sending())

    said = NoticeUncertain(at=NOW, notice=RESULT, channel="sms")
    assert (uncertain.after, uncertain.said) == (due(message=Uncertain(AT)), [Once(said, RESULT)])
    assert claim_message(stuck, RESULT, sending(again=True)).answer is not None


@pytest.mark.parametrize(
    ("name", "more", "by", "reason"),
    [
        (RESULT, {}, sending(phone="0205 381 2345"), "no-mobile-number"),
        (SURVEY, {}, sending(link=""), "contact-missing"),
        (SURVEY, {"invitation": None}, sending(), "contact-missing"),
        (RESULT, {"contact": Forgotten(1)}, sending(), "contact-missing"),
    ],
)
def test_a_message_with_nobody_to_go_to_is_skipped_for_a_reason(name: FirstNotice, more: Any, by: Sending, reason: Any) -> None:
    skipped = claim_message(due(name, **more), name, by)
    said = NoticeSkipped(at=moment(AT), notice=name, channel="sms", reason=reason)

    assert (skipped.after.messages, skipped.said, skipped.answer) == (
        {name: Skipped(AT, reason=reason)},
        [Once(said, name)],
        None,
    )


def test_a_message_waits_for_its_contact_up_to_the_last_moment() -> None:
    since, cause = epoch_ms(NOW - WAIT), epoch_ms(NOW - 2 * WAIT)
    missed = claim_message(due(message=Queued(cause, 2), contact=None), RESULT, sending())
    waiting = claim_message(due(message=Queued(cause, 2, waits_since=since), contact=None), RESULT, sending())
    given_up = claim_message(due(message=Queued(cause, 2, waits_since=since - 1), contact=None), RESULT, sending())
    again = epoch_ms(at(6, "09:01"))

    assert missed.after.messages == {RESULT: Queued(cause, again, waits_since=epoch_ms(NOW))}
    assert waiting.after.messages == {RESULT: Queued(cause, again, waits_since=since)}
    assert given_up.after.messages == {RESULT: Skipped(cause, reason="contact-missing")}


def test_all_that_is_due_of_a_dossier_is_claimed_together() -> None:
    messages: dict[Notice, Message] = {RESULT: Queued(AT, 2), SURVEY: Queued(AT, 4), APOLOGY: Accepted(AT)}
    claimed = claim_due(due(messages=messages), sending())

    assert {name: (out.sms.client_id, out.via) for name, out in claimed.answer.items()} == {
        name: (client_id(DOSSIER, name), "a") for name in (RESULT, SURVEY)
    }
    until = epoch_ms(NOW + CLAIM_FOR)
    assert claimed.after.messages == {
        RESULT: Claimed(AT, until, way=VIA),
        SURVEY: Claimed(AT, until, way=VIA),
        APOLOGY: Accepted(AT),
    }
    nobody = claim_due(due(messages=messages), sending(phone=""))
    assert ([one.occasion for one in nobody.said if isinstance(one, Once)], nobody.answer) == ([RESULT, SURVEY], {})


def test_a_message_about_a_letter_is_of_the_body_that_issued_it() -> None:
    letter = Sent(replace(OWN, unit="H37.13"), None, NEW, 5, 2026, 1)
    sms = claim_message(due(APOLOGY, letter=letter), APOLOGY, sending()).answer

    assert sms is not None
    assert sms.brand == REFERENCE.units["H37.13"].brand
    assert sms.text.endswith(
        " xin loi vi tra ket qua ho so H37.12-260302-0001 tre hen. Hen lai: 09:00 ngay 11/03/2026. Van ban so 05/PXL."
    )
    dateless = claim_message(due(APOLOGY, letter=replace(letter, new_due=None)), APOLOGY, sending()).answer
    assert dateless is not None
    assert "Hen lai" not in dateless.text
    with pytest.raises(ValueError, match=f"{DOSSIER}: a message about a letter that was not sent"):
        claim_message(due(APOLOGY), APOLOGY, sending())


SMS = Sms("id", "+84912000007", "HOANGVAN", "a" * 161)


@pytest.mark.parametrize(
    ("answer", "again", "becomes", "said"),
    [
        (Answer("taken"), False, Accepted(AT), NoticeAccepted(at=NOW, notice=RESULT, channel="sms", parts=2)),
        (
            Answer("refused", "y" * 81),
            False,
            Failed(AT, kind="permanent", reason="y" * 80, next_at=epoch_ms(NOW)),
            NoticeFailed(at=NOW, notice=RESULT, channel="sms", reason="y" * 80, kind="permanent"),
        ),
        (Answer("uncertain"), False, Uncertain(AT), NoticeUncertain(at=NOW, notice=RESULT, channel="sms")),
        (Answer("uncertain"), True, Claimed(AT, epoch_ms(NOW) + 30_000, True, Way(1, "a", doubt=True)), None),
        (Answer("busy"), False, Queued(AT, epoch_ms(NOW) + 30_000, True, Way(1)), None),
        (Answer("broken"), False, Queued(AT, epoch_ms(NOW) + 30_000, True, Way(1)), None),
        (Answer("odd"), False, Queued(AT, epoch_ms(NOW) + 30_000, True, Way(1)), None),
    ],
)
def test_what_the_gateway_says_is_what_becomes_of_a_claimed_message(
    answer: Answer, again: bool, becomes: Any, said: Any
) -> None:
    claimed = due(message=Claimed(AT, 2, True, VIA, "c"))
    settled = settle_answer(claimed, RESULT, Tried(SMS, answer, "c"), sending(again=again))

    assert (settled.after, [*settled.said]) == (due(message=becomes), [] if said is None else [Once(said, RESULT)])
    ended = due(message=Accepted(AT))
    assert settle_answer(ended, RESULT, Tried(SMS, answer, "c"), sending(again=again)).after is ended
    assert settle_answer(claimed, RESULT, Tried(SMS, answer, "another"), sending(again=again)).after is claimed


@pytest.mark.parametrize(("tries", "minutes"), [(0, 0.5), (1, 1), (2, 2), (4, 10), (7, 60), (50, 60)])
def test_tries_that_were_in_vain_are_spaced_over_hours_by_chance(tries: int, minutes: float) -> None:
    waiting = due(message=Claimed(AT, 2, way=Way(tries, "a")))
    for spread in (0.8, 1.2):
        ground = replace(sending(), spread=spread)
        after = settle_answer(waiting, RESULT, Tried(SMS, Answer("busy")), ground).after.messages[RESULT]
        assert after == Queued(AT, epoch_ms(NOW + timedelta(minutes=minutes * spread)), way=Way(tries + 1))
    at_once = settle_answer(waiting, RESULT, Tried(SMS, Answer("busy"), elsewhere=True), sending()).after.messages[RESULT]
    assert at_once == Queued(AT, epoch_ms(NOW), way=Way(tries + 1))


def test_a_message_that_is_no_news_any_more_is_listed_and_not_sent() -> None:
    old = epoch_ms(NOW - timedelta(days=12)) - 1
    expired = claim_message(due(message=Queued(old, 2)), RESULT, replace(sending(), via="", opened=frozenset()))

    said = NoticeFailed(at=NOW, notice=RESULT, channel="sms", reason="expired", kind="technical")
    assert (expired.after, [*expired.said]) == (
        due(message=Failed(old, kind="technical", reason="expired")),
        [Once(said, RESULT)],
    )
    assert claim_message(due(message=Queued(old + 1, 2)), RESULT, sending()).answer is not None
    survey = claim_message(due(SURVEY, message=Queued(epoch_ms(NOW - timedelta(days=12)) - 1, 2)), SURVEY, sending())
    assert isinstance(survey.after.messages[SURVEY], Failed)
    stuck = claim_message(due(message=Claimed(old, 2, way=VIA)), RESULT, sending(again=True))
    assert stuck.after.messages[RESULT] == Uncertain(old)


def test_nothing_is_claimed_while_no_gateway_is_open() -> None:
    waiting = due()

    assert claim_message(waiting, RESULT, replace(sending(), via="")).after is waiting


def test_what_a_gateway_may_have_goes_to_no_other_gateway() -> None:
    in_doubt = due(message=Claimed(AT, 2, way=Way(1, "a")))
    resting = replace(sending(again=True), via="b", opened=frozenset("b"))

    assert claim_message(in_doubt, RESULT, resting).after is in_doubt
    again = claim_message(in_doubt, RESULT, replace(resting, opened=frozenset("ab"))).after.messages[RESULT]
    assert isinstance(again, Claimed)
    assert again.way.via == "a"
    assert again.way.doubt
    for outcome in ("busy", "broken", "odd"):
        tried = Tried(SMS, Answer(outcome), elsewhere=True)
        settled = settle_answer(due(message=again), RESULT, tried, resting).after.messages[RESULT]
        assert isinstance(settled, Claimed)
        assert (settled.way.via, settled.next_at > epoch_ms(NOW)) == ("a", True)
    gone = claim_message(due(message=Claimed(AT, 2, way=Way(1, "old"))), RESULT, resting).after.messages[RESULT]
    assert gone == Uncertain(AT)


def test_a_claim_that_is_asked_again_because_its_answer_was_lost_is_the_same_claim() -> None:
    mine = replace(sending(), claim="mine")
    first = claim_message(due(), RESULT, mine)
    later = replace(mine, now=NOW + timedelta(minutes=1))
    second = claim_message(first.after, RESULT, later)

    assert first.answer == second.answer
    assert second.after.messages[RESULT] == Claimed(AT, epoch_ms(later.now + CLAIM_FOR), way=VIA, claim="mine")
    assert claim_message(first.after, RESULT, replace(sending(), claim="yours")).answer is None
