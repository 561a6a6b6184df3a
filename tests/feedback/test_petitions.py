"""What may be done with a petition and what is said of it: the rules on objects."""

from collections.abc import Callable

import pytest

from contracts.facts import epoch_ms
from contracts.petitions import (
    ContributionRecorded,
    PetitionAnswered,
    PetitionClassified,
    PetitionerSealed,
    PetitionReceived,
    PetitionStated,
)
from services.changes import Changed, Said
from services.feedback.domain.handling import (
    Contact,
    NotAllowedError,
    Outcome,
    add,
    answer,
    classify,
    conclude,
    erase,
    fire,
    forward,
    publish,
    receive,
    reraise,
    take,
)
from services.feedback.domain.hints import hint
from services.feedback.domain.petition import Gift, Petition
from services.feedback.petitions import CODEC
from tests.support.petitions import CLERK, NEW, OTHER, UNIT, ground, incoming, time

NOW, LATER = ground("2026-03-02 09:00"), ground("2026-03-03 09:00")
EXPLAINED, ERROR = Outcome("explained", "locked"), Outcome("resolved", "locked", upheld=True, error=True)


def received(**more: object) -> Petition:
    return receive(NEW, incoming(**more), NOW).after


def names(said: Changed[Petition] | tuple[Said, ...]) -> list[str]:
    return [type(event).__name__ for event in (said.said if isinstance(said, Changed) else said)]


def test_what_is_sent_twice_is_one() -> None:
    first = receive(NEW, incoming(), NOW)
    again = receive(first.after, incoming(text="other"), LATER)

    assert (first.answer, names(tuple(first.said))) == (True, ["PetitionReceived"])
    assert (again.after is first.after, again.answer, again.said) == (True, False, ())


def test_a_contact_travels_sealed_before_what_it_is_about() -> None:
    taken = receive(NEW, incoming(who="locked", contact=Contact(1, "sealed")), NOW)

    assert names(tuple(taken.said)) == ["PetitionerSealed", "PetitionReceived"]
    assert isinstance(taken.said[0], PetitionerSealed)
    assert isinstance(taken.said[1], PetitionReceived)
    assert (taken.said[0].sealed, taken.said[1].contact_sequence) == ("sealed", 1)


@pytest.mark.parametrize("kind", ["complaint", "denunciation"])
def test_a_complaint_and_a_denunciation_cannot_be_closed_as_a_petition(kind: str) -> None:
    """R30."""
    petition = received(kind=kind)
    for known in (petition, take(petition, CLERK, NOW).after):
        with pytest.raises(NotAllowedError, match="trình tự riêng"):
            answer(known, EXPLAINED, CLERK, LATER)
    with pytest.raises(NotAllowedError, match="chưa thụ lý"):
        conclude(petition, EXPLAINED, CLERK, LATER)
    concluded = conclude(take(petition, CLERK, NOW).after, EXPLAINED, CLERK, LATER)
    assert names(concluded) == ["PetitionAnswered"]
    assert concluded.after.clock is None


def test_a_petition_is_not_ended_by_a_decision_on_complaints() -> None:
    """R30."""
    with pytest.raises(NotAllowedError, match="Chỉ khiếu nại, tố cáo"):
        conclude(received(), EXPLAINED, CLERK, LATER)


def test_a_classification_is_journaled_with_who_did_it_and_starts_the_clock_of_its_kind() -> None:
    """R30."""
    changed = classify(received(), "denunciation", None, CLERK, LATER)

    assert isinstance(changed.said[0], PetitionClassified)
    assert (changed.said[0].before, changed.said[0].kind, changed.said[0].clock) == ("petition", "denunciation", "check")
    assert (changed.after.journal[-1].by, changed.after.journal[-1].note) == (CLERK, "petition>denunciation")
    assert changed.after.clock is not None
    assert changed.after.clock.since == changed.after.received
    assert classify(changed.after, "denunciation", None, CLERK, LATER).after is changed.after


def test_an_error_that_is_upheld_is_said_with_its_dossier_for_the_letter_of_apology() -> None:
    changed = answer(received(dossier="H37.12-260212-0007"), ERROR, CLERK, LATER)
    upheld = changed.said[1]

    assert names(changed) == ["PetitionAnswered", "PetitionUpheld"]
    assert upheld.model_dump()["error"] is True  # type: ignore[union-attr]
    assert upheld.model_dump()["dossier"] == "H37.12-260212-0007"  # type: ignore[union-attr]


def test_a_suggestion_that_is_taken_up_is_said_and_nothing_else_can_be() -> None:
    taken_up = Outcome("resolved", "locked", accepted=True)

    assert names(answer(received(kind="suggestion"), taken_up, CLERK, LATER)) == ["PetitionAnswered", "SuggestionAccepted"]
    with pytest.raises(NotAllowedError, match="góp ý"):
        answer(received(), taken_up, CLERK, LATER)


def test_praise_has_no_clock_and_a_contribution_is_recorded_at_once() -> None:
    assert received(kind="praise").clock is None
    given = receive(NEW, incoming(kind="contribution", channel="counter", gift=Gift("goods", "group")), NOW)

    assert isinstance(given.said[0], ContributionRecorded)
    assert (given.said[0].given, given.said[0].giver, given.after.clock) == ("goods", "group", None)


def test_an_answer_in_the_last_minute_is_in_time_and_one_after_it_is_not() -> None:
    """R32."""
    petition = received()
    for text, right in (("2026-03-23 09:00", True), ("2026-03-23 09:01", False)):
        said = answer(petition, EXPLAINED, CLERK, ground(text)).said[0]
        assert isinstance(said, PetitionAnswered)
        assert said.in_time is right


def test_each_thing_said_of_a_petition_has_the_next_version() -> None:
    life = received(kind="suggestion")
    said = list(forward(life, OTHER, CLERK, LATER).said)
    after = forward(life, OTHER, CLERK, LATER).after
    for changed in (take(after, CLERK, LATER), answer(after, EXPLAINED, CLERK, LATER)):
        after = changed.after if changed.after.answer is not None else after
        said += changed.said
    published = publish(after, "Tóm tắt", CLERK, LATER)
    again = reraise(published.after, "locked", LATER)

    versions = [event.version for event in (*said, *published.said, *again.said) if isinstance(event, PetitionStated)]
    assert versions[0] == 2
    assert again.after.version == versions[-1] == again.after.version
    assert (again.after.round, again.after.answer, len(again.after.earlier)) == (2, None, 1)


def test_what_was_answered_is_not_answered_forwarded_or_added_to_again() -> None:
    done = answer(received(), EXPLAINED, CLERK, LATER).after
    rules: tuple[Callable[[], object], ...] = (
        lambda: answer(done, EXPLAINED, CLERK, LATER),
        lambda: forward(done, OTHER, CLERK, LATER),
        lambda: classify(done, "complaint", None, CLERK, LATER),
        lambda: add(done, "locked", LATER),
        lambda: take(done, CLERK, LATER),
    )
    for rule in rules:
        with pytest.raises(NotAllowedError):
            rule()


@pytest.mark.parametrize(("unit", "why"), [("H99.99", "không có đơn vị"), (UNIT, "chính đơn vị này")], ids=["unknown", "same"])
def test_a_petition_goes_to_a_unit_of_the_list_and_not_to_where_it_is(unit: str, why: str) -> None:
    with pytest.raises(NotAllowedError, match=why):
        forward(received(), unit, CLERK, LATER)


def test_after_thirty_days_an_answer_is_not_raised_again() -> None:
    done = answer(received(), EXPLAINED, CLERK, LATER).after

    assert reraise(done, "locked", ground("2026-04-02 08:00")).after.round == 2
    with pytest.raises(NotAllowedError, match="30 ngày"):
        reraise(done, "locked", ground("2026-04-03 08:00"))


def test_who_is_forgotten_leaves_what_was_counted_and_nothing_that_was_written() -> None:
    """R34."""
    open_one = received(who="locked-who", text="locked-text")
    with pytest.raises(NotAllowedError):
        erase(open_one, CLERK, LATER)
    done = publish(answer(open_one, Outcome("explained", "locked-answer"), CLERK, LATER).after, "Tóm tắt", CLERK, LATER).after
    erased = erase(done, CLERK, LATER).after

    assert "locked-" not in str(CODEC.written(erased, {"_id": erased.id, "rev": 1}))
    assert (erased.kind, erased.answer is not None, erased.codes) == ("petition", True, ())
    assert erase(erased, CLERK, LATER).after is erased


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tôi tố cáo ông A vòi vĩnh", "denunciation"),
        ("Đơn KHIẾU NẠI  quyết định hành chính", "complaint"),
        ("Cảm ơn cô Mẫu rất tận tình", "praise"),
        ("Nên có thêm ghế ngồi chờ", "suggestion"),
        ("Tôi phản ánh việc chậm trễ", "petition"),
        ("abc", None),
    ],
    ids=["denunciation", "complaint", "praise", "suggestion", "petition", "none"],
)
def test_words_are_a_hint_and_change_nothing_by_themselves(text: str, kind: str | None) -> None:
    """R30."""
    found = hint(text)
    assert (None if found is None else found[0]) == kind


def test_a_petition_comes_back_from_its_document_as_it_was() -> None:
    life = received(who="w", contact=Contact(1, "s"), dossier="H37.12-260212-0007")
    again = reraise(publish(answer(life, ERROR, CLERK, LATER).after, "Tóm tắt", CLERK, LATER).after, "more", LATER).after
    for petition in (NEW, life, again, received(kind="contribution", gift=Gift("work", "person"))):
        written = CODEC.written(petition, {"_id": petition.id, "rev": 1})
        assert CODEC.read(written) == petition


@pytest.mark.parametrize(
    ("said_at", "taken_at"), [("08:00", "09:30"), ("09:00", "08:58")], ids=["later", "by a clock that is behind"]
)
def test_what_was_said_at_a_reception_is_taken_once(said_at: str, taken_at: str) -> None:
    """Its clock is the same before and after, so that a second click would say it again."""
    at = epoch_ms(time(f"2026-03-02 {said_at}"))
    received = receive(NEW, incoming(channel="reception", meeting="LD-1", said_at=at), ground("2026-03-02 09:00")).after
    taken = take(received, CLERK, ground(f"2026-03-02 {taken_at}")).after

    with pytest.raises(NotAllowedError):
        take(taken, CLERK, ground("2026-03-02 09:31"))


def test_whose_words_come_back_is_told_again_how_to_be_reached() -> None:
    """The log had what was said of it, and its contact may have been lost with the store: the two go to topics of their own."""
    sent = incoming(who="locked", contact=Contact(1, "sealed"))
    bare = receive(NEW, sent, NOW).after._replace(texts=(), codes=(), who=None)
    again = receive(bare, sent, LATER)

    assert names(tuple(again.said)) == ["PetitionerSealed"]
    assert receive(again.after, sent, LATER).said == ()


def test_what_came_back_from_the_log_gets_its_words_again_from_whoever_was_not_answered() -> None:
    sent = incoming(who="locked")
    bare = receive(NEW, sent, ground("2026-03-02 09:00")).after._replace(texts=(), codes=(), who=None)
    again = receive(bare, sent, ground("2026-03-02 10:00"))

    assert (again.answer, again.said) == (False, ())
    assert [one.locked for one in again.after.texts] == ["locked"]
    assert (again.after.codes, again.after.who, again.after.version) == (("digest",), "locked", bare.version)


def test_a_clock_that_goes_on_under_another_kind_does_not_say_again_what_it_has_said() -> None:
    received = receive(NEW, incoming(), ground("2026-03-02 08:00")).after
    late = fire(received, time("2026-03-06 08:00"), ground("2026-03-06 08:00")).after
    other = classify(late, "suggestion", None, CLERK, ground("2026-03-06 09:00")).after

    assert other.clock == late.clock
    assert fire(other, time("2026-03-06 10:00"), ground("2026-03-06 10:00")).said == ()
