"""Letters that answer petitions travel where those of dossiers do: every reader takes them, and no number is lost."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode
from contracts.catalogue import short_type
from contracts.codes import is_petition_id
from contracts.letters import ANSWER_LETTER_TYPES, AnswerLetter, LetterDraftedV2, LetterRejectedV2, LetterSentV2
from contracts.notices import LetterSent
from dunghen.counting import known_of
from dunghen.sentences import sentence_of
from reference import load_reference
from runtime.log import Record
from services.intake.http.changes import changed_dossier
from services.notifier import recovery as notifier
from services.notifier.domain import Dossier
from services.notifier.store import recall_number
from services.reporting import handlers as reporting
from services.sla import handlers as sla
from tests.support.fleet import register_faults

ROOT = Path(__file__).parents[2]
REFERENCE = load_reference(ROOT / "dunghen/province")
NOW = datetime(2026, 3, 13, 10, tzinfo=UTC)


def example(name: str) -> Event:
    return decode((ROOT / f"contracts/examples/{name}.json").read_bytes(), EVENT_TYPES)


EXAMPLES = [example(short_type(model.TYPE)) for model in ANSWER_LETTER_TYPES]


def short(event: Event) -> str:
    return short_type(event.type)


def record(value: bytes) -> Record:
    return Record("notices.v1", 0, 0, 0, None, value)


def sent(number: int | None, kind: AnswerLetter = "thanks") -> Event:
    year = None if number is None else 2026
    data = LetterSentV2(at=NOW, unit="H37.12", kind=kind, draft=1, number=number, year=year)
    return replace(example("letter.sent.v2"), id=f"sent {number}", data=data)


@pytest.mark.parametrize("event", EXAMPLES, ids=short)
def test_a_letter_that_answers_a_petition_moves_no_promise_and_is_in_no_figure_of_dossiers(event: Event) -> None:
    """R17, R18."""
    assert is_petition_id(event.subject)
    assert not sla.heeds(event)
    assert not reporting.heeds(event)
    known = known_of([event])[event.subject]
    assert (known.letter, known.rejected) == (None, None)
    assert list(known.adds(NOW)) == []


@pytest.mark.parametrize("event", EXAMPLES, ids=short)
def test_a_letter_that_answers_a_petition_is_never_read_back_as_a_dossiers_own(event: Event) -> None:
    """R17."""
    letter = notifier.recall(Dossier(event.subject), event).letter

    assert letter is not None
    assert letter.draft.answers == getattr(event.data, "kind", None)


@pytest.mark.parametrize("event", EXAMPLES, ids=short)
def test_a_sender_of_dossiers_is_not_told_of_letters_that_answer_petitions(event: Event) -> None:
    """R18."""
    path = ROOT / f"contracts/examples/{short(event)}.json"
    own = ROOT / "contracts/examples/letter.sent.json"

    assert changed_dossier(record(path.read_bytes())) is None
    assert changed_dossier(record(own.read_bytes())) is not None


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (example("letter.drafted.v2"), "Dự thảo thư xin lỗi về sai sót (hồ sơ H37.12-260212-0007) chờ ký."),
        (example("letter.approved.v2"), "Đã ký thư xin lỗi về sai sót."),
        (example("letter.rejected.v2"), "Không gửi thư cảm ơn: đã nói trực tiếp."),
        (example("letter.withdrawn.v2"), "Rút dự thảo thư cảm ơn: kết quả xử lý ý kiến đã thay đổi."),
        (example("letter.sent.v2"), "Đã ban hành thư xin lỗi về sai sót số 24."),
        (sent(None), "Đã ban hành thư cảm ơn."),
        (sent(3), "Đã ban hành thư cảm ơn số 03."),
    ],
    ids=["drafted", "approved", "rejected", "withdrawn", "sent", "sent-without-number", "thanks-with-number"],
)
def test_what_became_of_a_letter_that_answers_a_petition_is_said_in_these_words(event: Event, sentence: str) -> None:
    """R18, R20."""
    assert sentence_of(event.data, event.type, REFERENCE) == sentence


def test_numbers_of_both_kinds_of_letters_come_back_into_one_register() -> None:
    answer = example("letter.sent.v2")

    assert notifier.number_of(answer) == "H37.12/2026/24"
    entry = recall_number({"_id": "H37.12/2026/24", "rev": 0}, answer)
    assert entry["series"] == "H37.12/2026"
    assert (entry["number"], entry["year"], entry["dossier"]) == (24, 2026, answer.subject)
    assert notifier.number_of(sent(None)) == ""
    assert {notifier.number_of(event) for event in EXAMPLES if not isinstance(event.data, LetterSentV2)} == {""}


def test_numbers_run_without_a_hole_over_both_kinds_of_letters() -> None:
    own = example("letter.sent")
    first = replace(own, data=LetterSent(at=NOW, unit="H37.12", draft=1, number=1, year=2026))
    second, third, without = sent(2), sent(3, "apology-error"), sent(None)

    def faults(*events: Event) -> list[str]:
        return register_faults({str(place): ("notices.v1", event) for place, event in enumerate(events)})

    assert faults(first, second, third, without) == []
    assert faults(first, third) == ["H37.12/2026"]
    assert faults(first, second, second) == ["H37.12/2026"]


@pytest.mark.parametrize(
    ("kind", "number", "year"),
    [("apology-error", None, None), ("thanks", 5, None), ("thanks", None, 2026), ("thanks", 0, 2026)],
)
def test_an_apology_has_a_number_and_a_number_has_its_year(kind: AnswerLetter, number: int | None, year: int | None) -> None:
    with pytest.raises(ValidationError):
        LetterSentV2(at=NOW, unit="H37.12", kind=kind, draft=1, number=number, year=year)


def test_nothing_of_a_petition_but_its_dossier_stands_in_what_is_said_of_its_letter() -> None:
    """R34."""
    fields = {name for model in ANSWER_LETTER_TYPES for name in model.model_fields}

    assert fields == {"at", "unit", "kind", "draft", "dossier", "reason", "number", "year"}
    assert {"dossier"} == set(LetterDraftedV2.model_fields) - {"at", "unit", "kind", "draft"}
    assert {"reason"} == set(LetterRejectedV2.model_fields) - {"at", "unit", "kind", "draft"}
