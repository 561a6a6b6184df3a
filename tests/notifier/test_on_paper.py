"""Letters that leave on paper: which have to, what becomes of them, and that none is ever forgotten."""

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts import Event
from contracts.notices import NoticeAcceptedV3, NoticeFailedV3
from runtime.store import Document
from services.changes import By, Changed, Once
from services.notifier.domain import Dossier, Sending, apologies
from services.notifier.domain.answers import AnswerApproval, approve_answer, preview_answer
from services.notifier.domain.letter import PaperStep, Sent
from services.notifier.domain.notice import (
    APOLOGY,
    LETTER,
    Accepted,
    Delivered,
    Failed,
    Message,
    Queued,
    Skipped,
    Uncertain,
    Way,
)
from services.notifier.domain.on_paper import (
    HANDED,
    OUTCOMES,
    NotOnPaperError,
    Outcome,
    came_to,
    long_out,
    on_paper,
    print_in,
    printed_at,
)
from services.notifier.domain.worklist import NotListedError, known_after_all, listed, posted, send_again
from services.notifier.store import CODEC, ON_PAPER, PRINTED_AT, load
from services.speaking import encode
from services.wiring import decoder
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import desk, handle, recall, settle, view
from tests.support.notifier_hears import contact
from tests.support.office import heard
from tests.support.petitions_upheld import PETITION, petitioner, upheld

BY = By("Lý Thị Thử", "lan")
DAY = date(2026, 3, 9)
LOST = Failed(1, Way(), "permanent", "400")
NOBODY = Skipped(1, reason="no-mobile-number")
BACK: list[Outcome] = [one for one in OUTCOMES if one not in HANDED]


def ground(day: int = 9) -> Sending:
    return desk(at(day, "10:00")).ground()


def apology(message: Message) -> Dossier:
    """A dossier whose letter was issued on 6 March, and what became of the message about it."""
    return load(sent())._replace(messages={APOLOGY: message})


def sent() -> Document:
    by = desk(at(6, "10:00"))
    return CODEC.decide(heard(contact()), lambda one: apologies.issue(one, (1, 2026), by.ground()), at(6, "10:00")).document


def answer() -> Dossier:
    """A petition with its letter, issued on 6 March."""
    by = desk(at(6, "10:00"))
    document: Document = {"_id": PETITION, "rev": 0}
    for event in (petitioner(), upheld()):
        document = handle(document, event, by.context).document
    approval = AnswerApproval("Hoàng Đức Giả Định", "yêu cầu nộp lại giấy tờ", "đã trả lại")
    seen = preview_answer(load(document), approval, by.ground()).digest
    signed = approve_answer(load(document), replace(approval, previewed=seen), by.ground()).after
    return apologies.issue(signed, (2, 2026), by.ground()).after


def printed(dossier: Dossier, batch: str = "1/2026") -> Dossier:
    return print_in(dossier, batch, BY, ground()).after


@pytest.mark.parametrize(
    ("message", "state"),
    [
        (LOST, "wanted"),
        (NOBODY, "wanted"),
        (Skipped(1, reason="contact-missing"), "wanted"),
        (replace(LOST, next_at=5), None),  # an e-mail is tried next
        (Uncertain(1), None),  # a person has to find out first, on a list of its own
        (Queued(1, 2), None),
        (Accepted(1), None),
        (Delivered(1), None),
        (Accepted(1, Way(channel=LETTER)), None),
    ],
)
def test_a_letter_whose_message_certainly_reached_nobody_has_to_be_printed(message: Message, state: str | None) -> None:
    dossier = apology(message)

    assert on_paper(dossier) == state
    assert CODEC.written(dossier, {"_id": DOSSIER}).get(ON_PAPER) == state


def test_one_that_answers_a_petition_has_to_be_printed_and_a_draft_never_has() -> None:
    assert on_paper(answer()) == "wanted"
    assert on_paper(load(heard(contact()))) is None
    assert print_in(load(heard(contact())), "1/2026", BY, ground()).after.letter == load(heard(contact())).letter


def test_printed_tells_nobody_anything_and_is_kept_with_who_did_it() -> None:
    changed = print_in(apology(LOST), "3/2026", BY, ground())
    letter = changed.after.letter

    assert (on_paper(changed.after), changed.said, listed(changed.after)) == ("printed", (), {APOLOGY: "failed"})
    assert isinstance(letter, Sent)
    assert letter.paper == (PaperStep("printed", ground().now_ms, DAY, "3/2026", BY),)
    assert print_in(changed.after, "4/2026", BY, ground()).after is changed.after  # a second click, or another instance
    assert load(CODEC.written(changed.after, sent())).letter == letter


@pytest.mark.parametrize(("day", "asked"), [(22, False), (23, True), (24, True)])
def test_a_printed_letter_is_asked_after_on_the_fourteenth_day_from_its_first_minute(day: int, asked: bool) -> None:
    at_once = printed_at(printed(apology(LOST)))

    assert at_once == ground().now_ms
    assert (at_once <= long_out(at(day, "00:00"), 14)) == asked
    assert CODEC.written(printed(apology(LOST)), {"_id": DOSSIER})[PRINTED_AT] == at_once


def test_what_is_to_be_printed_or_was_handed_over_or_came_back_is_not_asked_after() -> None:
    out = printed(apology(LOST))
    for dossier in (
        apology(LOST),
        came_to(out, "post", DAY, BY, ground()).after,
        came_to(out, "moved", DAY, BY, ground()).after,
    ):
        assert printed_at(dossier) is None
        assert PRINTED_AT not in CODEC.written(dossier, {"_id": DOSSIER})
    again = print_in(came_to(out, "moved", DAY, BY, ground()).after, "2/2026", BY, ground(20)).after
    assert printed_at(again) == ground(20).now_ms  # it went out anew


@pytest.mark.parametrize("outcome", ["post", "in-person"])
@pytest.mark.parametrize("message", [LOST, NOBODY])
def test_one_that_was_handed_over_is_told_of_by_letter(outcome: Outcome, message: Message) -> None:
    changed = came_to(printed(apology(message)), outcome, DAY, BY, ground())

    assert on_paper(changed.after) is None
    assert changed.after.messages[APOLOGY] == Accepted(1, Way(round=2, by=BY, channel=LETTER))
    said = NoticeAcceptedV3(at=at(9, "10:00"), notice=APOLOGY, channel=LETTER, occasion="1", round=2)
    assert changed.said == [Once(said, "letter/2/apology")]
    assert came_to(changed.after, outcome, DAY, BY, ground()).said == ()  # a second click


def test_one_that_was_never_printed_is_handed_over_at_the_counter() -> None:
    for dossier in (apology(NOBODY), answer()):
        after = came_to(dossier, "in-person", DAY, BY, ground()).after
        assert on_paper(after) is None
        assert listed(after) == {}


@pytest.mark.parametrize("outcome", BACK)
def test_one_that_comes_back_is_wanted_again_with_its_reason_after_it_was_printed_and_after_it_was_handed_over(
    outcome: Outcome,
) -> None:
    waits = came_to(printed(apology(LOST)), outcome, DAY, BY, ground())
    over = came_to(printed(apology(LOST)), "post", DAY, BY, ground()).after
    back = came_to(over, outcome, DAY, BY, ground())
    of_petition = came_to(printed(answer()), outcome, DAY, BY, ground())

    assert [on_paper(one.after) for one in (waits, back, of_petition)] == ["wanted"] * 3
    assert listed(back.after) == {APOLOGY: "failed"}
    said = NoticeFailedV3(
        at=at(9, "10:00"), notice=APOLOGY, channel=LETTER, occasion="1", round=3, reason=outcome, kind="permanent"
    )
    assert back.said == [Once(said, "letter/3/apology")]
    assert on_paper(printed(back.after, "2/2026")) == "printed"
    assert view(CODEC.written(back.after, sent()), desk(at(9)).context).paper == f"{OUTCOMES[outcome]}, 09/03/2026"


def test_a_letter_that_was_posted_from_the_list_of_messages_may_come_back_too() -> None:
    after = posted(apology(LOST), APOLOGY, BY, ground()).after

    assert on_paper(after) is None
    assert on_paper(came_to(after, "moved", DAY, BY, ground()).after) == "wanted"


def test_whoever_was_reached_by_sms_after_all_needs_no_more_paper() -> None:
    back = came_to(printed(apology(LOST)), "absent", DAY, BY, ground()).after
    again = send_again(back, APOLOGY, BY, ground()).after

    assert on_paper(again) is None
    assert on_paper(known_after_all(back, APOLOGY, BY, 1, ground()).after) is None


@pytest.mark.parametrize(
    ("dossier", "outcome", "day", "field"),
    [
        (apology(LOST), "post", date(2026, 3, 5), "on"),  # before the letter
        (apology(LOST), "post", date(2026, 3, 10), "on"),  # tomorrow
        (apology(LOST), "post", date(1, 1, 1), "on"),
        (apology(LOST), "moved", DAY, "outcome"),  # never left
        (apology(Accepted(1)), "post", DAY, "outcome"),  # was told by SMS
        (load(heard(contact())), "post", DAY, "dossier"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(dossier: Dossier, outcome: Outcome, day: date, field: str) -> None:
    with pytest.raises(NotOnPaperError) as refused:
        came_to(dossier, outcome, day, BY, ground())
    assert refused.value.field == field
    assert refused.value.text.endswith(".")


def test_it_does_not_come_back_before_it_went() -> None:
    late = came_to(printed(apology(LOST)), "post", DAY, BY, ground()).after
    with pytest.raises(NotOnPaperError, match="on"):
        came_to(late, "moved", DAY - timedelta(days=1), BY, ground(12))


def test_of_all_lives_a_letter_is_told_of_or_on_a_list_at_each_moment() -> None:
    """Never is neither: whatever clerks, post and gateway say in whichever order."""
    chance, lives = random.Random(18), 0
    starts: list[Message] = [LOST, NOBODY, Skipped(1, reason="no-contact"), replace(LOST, kind="technical", reason="expired")]
    for start, seed in itertools.product(starts, range(150)):
        dossier, told = apology(start), False
        chance.seed(seed)
        for turn in range(12):
            dossier = _some_step(dossier, chance, turn).after
            message = dossier.messages[APOLOGY]
            told = isinstance(message, Accepted | Delivered | Queued)
            on_a_list = bool(listed(dossier)) or on_paper(dossier) is not None
            assert told or on_a_list, (start, seed, turn)
            lives += 1
    assert lives == len(starts) * 150 * 12


def _some_step(dossier: Dossier, chance: random.Random, turn: int) -> Changed[Dossier]:
    outcome = chance.choice(list(OUTCOMES))
    steps = [
        lambda: print_in(dossier, f"{turn}/2026", BY, ground()),
        lambda: came_to(dossier, outcome, DAY, BY, ground()),
        lambda: posted(dossier, APOLOGY, BY, ground()),
        lambda: send_again(dossier, APOLOGY, BY, ground()),
        lambda: known_after_all(dossier, APOLOGY, BY, 1, ground()),
    ]
    try:
        return chance.choice(steps)()
    except (NotOnPaperError, NotListedError):
        return Changed(dossier)


def test_what_was_said_of_it_is_read_back_from_the_log_so_that_a_lost_store_prints_it_again_rather_than_never() -> None:
    by = desk(at(9, "10:00"))
    life: list[Event] = []
    document = CODEC.written(apology(LOST), sent())
    for rule in (
        lambda one: print_in(one, "1/2026", BY, by.ground()),
        lambda one: came_to(one, "post", DAY, BY, by.ground()),
        lambda one: came_to(one, "moved", DAY, BY, by.ground()),
    ):
        decision = CODEC.decide(document, rule, at(9, "10:00"))
        life += [decoder()(encode(output)) for output in decision.outputs]
        document = decision.document
    lost = CODEC.written(apology(LOST), sent())
    for event in life:
        lost = recall(lost, event)
    rebuilt = settle(lost, by.context, deduplicates=False).document

    assert [event.type.split(".")[-2] for event in life] == ["accepted", "failed"]
    assert (on_paper(load(document)), on_paper(load(rebuilt))) == ("wanted", "wanted")
    assert load(rebuilt).messages[APOLOGY] == Failed(1, Way(round=3, channel=LETTER), "permanent", "moved")
