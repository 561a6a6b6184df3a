"""intake brought back from the log: no version and no sequence is given twice, and a repetition is still nothing new."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from runtime.clock import SteppedClock
from runtime.store import Document
from services.intake.domain import Accepted
from services.intake.handlers import Context
from services.intake.recovery import Told, decode, recovery
from services.speaking import encode
from tests.intake.test_intake import CONTEXT as GROUND
from tests.intake.test_intake import NOW, PERSON, RECEIVED, SEALER, SENDER, SETTINGS, take
from tests.support.intake import recall, take_items

SENDS: list[dict[str, Any]] = [
    {**RECEIVED, "contact": PERSON},
    {**RECEIVED, "contact": PERSON, "promised_at": "2026-03-10T02:00Z"},  # not our own offset
    {"dossier": RECEIVED["dossier"], "type": "supplement-requested", "at": "2026-03-02T09:00+07:00"},
    {"dossier": RECEIVED["dossier"], "type": "supplemented", "at": "2026-03-02T09:30+07:00"},
    {"dossier": RECEIVED["dossier"], "type": "progressed", "at": "2026-03-02T09:40+07:00", "step": "Thẩm định"},
    {"dossier": RECEIVED["dossier"], "type": "completed", "at": "2026-03-02T09:50+07:00", "observed_at": "2026-03-02T02:55Z"},
    {"dossier": RECEIVED["dossier"], "type": "completed", "at": "2026-03-02T09:51+07:00", "observed_at": "2026-03-02T02:56Z"},
    {"dossier": RECEIVED["dossier"], "type": "retracted", "fact": "completed", "at": "2026-03-02T09:52+07:00"},
    {"dossier": RECEIVED["dossier"], "type": "reappointed", "at": "2026-03-02T09:53+07:00", "new_due_at": "2026-03-12T02:00Z"},
]


def life() -> tuple[list[Document], list[Told]]:
    """A dossier's document after each thing that was sent, and all that was published."""
    clock = SteppedClock(NOW)
    context = Context(GROUND.reference, SETTINGS, SEALER, clock)
    document: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    documents, told = [document], list[Told]()
    for raw in SENDS:
        clock.set(clock.now() + timedelta(minutes=1, milliseconds=7))
        took = take_items(document, [raw], context, SENDER)
        assert isinstance(took.answers[0], Accepted)
        document = took.document
        documents.append(document)
        told += [decode(encode(output)) for output in took.outputs]
    return documents, told


def without_contact(document: Document) -> Document:
    """What cannot be read back is the digest of the contact."""
    return {**document, "contact": {**document["contact"], "h": ""}} if "contact" in document else document


def test_a_rebuilt_dossier_equals_the_old_one_but_for_the_digest_of_its_contact() -> None:
    documents, told = life()
    rebuilt: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    for event in told:
        rebuilt = recall(rebuilt, event)

    assert without_contact(rebuilt) == without_contact(documents[-1])


@pytest.mark.parametrize("copy", range(len(SENDS) + 1))
def test_a_copy_from_any_moment_comes_up_to_what_was_said_since(copy: int) -> None:
    documents, told = life()
    restored = documents[copy]
    for event in told:
        restored = recall(restored, event)

    assert without_contact(restored) == without_contact(documents[-1])


def test_what_was_said_is_known_to_a_store_that_lost_nothing() -> None:
    documents, told = life()

    assert all(recall(documents[-1], event) is documents[-1] for event in told)


def test_a_restored_copy_gives_the_next_version_and_the_next_sequence() -> None:
    documents, told = life()
    restored = documents[1]  # only the first reception is in it
    for event in told:
        restored = recall(restored, event)

    again = {"dossier": RECEIVED["dossier"], "type": "completed", "at": "2026-03-02T09:55+07:00"}
    after, outputs, answers = take(restored, again)

    assert isinstance(answers[0], Accepted)
    assert outputs[0].body["data"]["version"] == 4
    assert int(outputs[0].body["sequence"]) > documents[-1]["sequence"]
    assert after["facts"]["completed/1"]["v"] == 4


@pytest.mark.parametrize("number", [2, 3, 4, 8])
def test_what_was_sent_before_is_still_nothing_new_after_a_rebuild(number: int) -> None:
    _, told = life()
    rebuilt: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    for event in told:
        rebuilt = recall(rebuilt, event)

    _, outputs, answers = take(rebuilt, SENDS[number])

    assert outputs == []
    assert isinstance(answers[0], Accepted)


@pytest.mark.parametrize("offset", ["+07:00", "Z", "+00:00", "-03:30"])
def test_times_are_said_with_the_offset_they_were_written_with_and_known_again_after_a_rebuild(offset: str) -> None:
    linked = [{"part": "Đăng ký thường trú", "unit": "H37.12"}]
    sends = [
        {**RECEIVED, "at": f"2026-02-27T01:00{offset}", "promised_at": f"2026-03-09T01:00:00.25{offset}", "linked": linked},
        {
            "dossier": RECEIVED["dossier"],
            "type": "progressed",
            "at": f"2026-02-27T02:00{offset}",
            "step": "Thẩm định",
            "started_at": f"2026-02-27T02:00{offset}",
            "step_due_at": f"2026-03-02T02:00{offset}",
        },
        {
            "dossier": RECEIVED["dossier"],
            "type": "reappointed",
            "at": f"2026-02-27T03:00{offset}",
            "new_due_at": f"2026-03-10T01:00{offset}",
        },
    ]
    document: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    rebuilt = dict(document)
    for send in sends:
        document, outputs, _ = take(document, send)
        for output in outputs:
            rebuilt = recall(rebuilt, decode(encode(output)))

    assert without_contact(rebuilt) == without_contact(document)
    assert [take(rebuilt, send)[1] for send in sends[1:]] == [[], []]


def test_a_contact_that_is_sent_again_after_a_rebuild_gets_a_higher_sequence() -> None:
    documents, told = life()
    rebuilt: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    for event in told:
        rebuilt = recall(rebuilt, event)

    after, _, _ = take(rebuilt, SENDS[1])

    assert after["contact"]["seq"] == documents[-1]["contact"]["seq"] + 1


def test_a_guessed_time_says_on_the_wire_that_it_is_one() -> None:
    snapshot = {"type": "snapshot", "dossier": RECEIVED["dossier"], "state": "9", "procedure": "1.000894"}
    raw = {**snapshot, "receiving_unit": "H37.12", "received_at": "2026-03-02T08:00+07:00"}
    document, outputs, _ = take({"_id": RECEIVED["dossier"], "rev": 0}, raw)
    told = [decode(encode(output)) for output in outputs]
    rebuilt: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    for event in told:
        rebuilt = recall(rebuilt, event)

    assert [event.raw.get("sure") for event in told] == [None, "guessed"]
    assert rebuilt["facts"] == document["facts"]


def test_intake_reads_back_both_topics_it_writes() -> None:
    assert {own.topic for own in recovery().recalls} == {"dossiers.v1", "contacts.v1"}


SUBMITTED = {**SENDS[2], "type": "submitted", "procedure": "1.000894", "receiving_unit": "H37.12", "channel": 2}
ATTEMPTS: list[dict[str, Any]] = [
    {**SUBMITTED, "at": "2026-03-02T07:30+07:00"},
    {**SUBMITTED, "at": "2026-03-02T07:30+07:00", "competent_unit": "H37.13"},
    {"dossier": RECEIVED["dossier"], "type": "refused", "at": "2026-03-02T07:40+07:00"},
    {**SUBMITTED, "at": "2026-03-02T07:50+07:00"},
]


def test_a_rebuilt_submission_is_the_old_one_and_its_repetition_nothing_new() -> None:
    document, rebuilt = [{"_id": RECEIVED["dossier"], "rev": 0}] * 2
    context = Context(GROUND.reference, SETTINGS, SEALER, SteppedClock(NOW))
    for raw in ATTEMPTS:
        took = take_items(document, [raw], context, SENDER)
        document = took.document
        for output in took.outputs:
            rebuilt = recall(rebuilt, decode(encode(output)))
    again = take_items(rebuilt, [ATTEMPTS[-1], ATTEMPTS[2]], context, SENDER)

    assert rebuilt == {name: kept for name, kept in document.items() if name != "seen"}
    assert [type(answer) for answer in again.answers] == [Accepted, Accepted]
    assert again.outputs == []


def step(minute: int, state: int) -> dict[str, Any]:
    """A step with the state after it."""
    at = f"2026-03-02T08:{minute:02}+07:00"
    return {"dossier": RECEIVED["dossier"], "type": "progressed", "at": at, "step": "Xử lý", "state": state}


def lived(*steps: dict[str, Any], rebuilt_after: int | None) -> dict[str, tuple[int, bool]]:
    """When what holds of pauses and ends began, and whether it was taken back, after steps came; with a rebuild in between."""
    context = Context(GROUND.reference, SETTINGS, SEALER, SteppedClock(NOW))
    document: Document = {"_id": RECEIVED["dossier"], "rev": 0}
    told = list[Told]()
    for number, raw in enumerate([RECEIVED, *steps]):
        took = take_items(document, [raw], context, SENDER)
        assert isinstance(took.answers[0], Accepted)
        document = took.document
        told += [decode(encode(output)) for output in took.outputs]
        if number == rebuilt_after:
            document = {"_id": RECEIVED["dossier"], "rev": 0}
            for event in told:
                document = recall(document, event)
    return {key: (fact["at"], "x" in fact) for key, fact in document["facts"].items() if not key.startswith("progressed")}


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ([(3, 5), (6, 4)], [(4, 5)]),
        ([(3, 5), (6, 4)], [(4, 4)]),
        ([(3, 5), (6, 4)], [(2, 5)]),
        ([(3, 6), (6, 4)], [(5, 6), (8, 9)]),
        ([(3, 5), (8, 9)], [(4, 4)]),
        ([(3, 5), (6, 4), (8, 9)], [(2, 6)]),
        ([(8, 9), (9, 10)], [(3, 5)]),
        ([(8, 3)], [(3, 5), (4, 4)]),
        ([(6, 4), (3, 5)], [(5, 4)]),
    ],
)
def test_steps_that_are_told_late_say_after_a_rebuild_what_they_would_have_said(
    before: list[tuple[int, int]], late: list[tuple[int, int]]
) -> None:
    """A pause that comes behind its end stays ended."""
    steps = [step(minute, state) for minute, state in (*before, *late)]

    assert lived(*steps, rebuilt_after=len(before)) == lived(*steps, rebuilt_after=None)


def test_a_rebuild_may_come_at_any_moment_of_steps_that_all_changed_something() -> None:
    steps = [step(minute, state) for minute, state in ((3, 5), (6, 4), (9, 6), (12, 4), (15, 9), (16, 10), (10, 6), (5, 4))]
    whole = lived(*steps, rebuilt_after=None)

    assert [lived(*steps, rebuilt_after=number) == whole for number in range(len(steps) + 1)] == [True] * (len(steps) + 1)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ([(6, 4)], [(4, 5)]),
        ([(3, 4), (6, 2)], [(4, 6)]),
        ([(3, 5), (6, 4), (9, 4)], [(8, 5)]),
        ([(3, 5), (6, 4), (9, 2)], [(7, 6)]),
        ([(6, 4), (9, 4), (12, 4)], [(10, 5), (4, 6)]),
    ],
)
def test_a_step_that_changed_nothing_ends_after_a_rebuild_the_pause_that_is_told_late(
    before: list[tuple[int, int]], late: list[tuple[int, int]]
) -> None:
    steps = [step(minute, state) for minute, state in (*before, *late)]

    assert lived(*steps, rebuilt_after=len(before)) == lived(*steps, rebuilt_after=None)


@pytest.mark.parametrize("seed", range(30))
def test_a_rebuild_may_come_at_any_moment_of_any_steps(seed: int) -> None:
    random = Random(seed)
    order = random.sample(range(3, 40), 8)
    steps = [step(minute, random.choice((2, 4, 4, 5, 6, *([9, 10] if minute > 30 else [])))) for minute in order]
    whole = lived(*steps, rebuilt_after=None)

    assert [lived(*steps, rebuilt_after=number) == whole for number in range(len(steps) + 1)] == [True] * (len(steps) + 1)
