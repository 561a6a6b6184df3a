"""Every reason that a contract, a store, the log or a service gives is Vietnamese on a page of operations."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts import EVENT_TYPES, decode, hide_inputs
from services.front.domain.operations import about_words, kind_words
from services.front.domain.reasons import reason_words

EXAMPLES = sorted((Path(__file__).parents[2] / "contracts/examples").glob("*.json"))
# Words of which every English sentence of pydantic and of our own has one.
ENGLISH = re.compile(
    r"\b(should|required|permitted|valid|invalid|unable|error|have|has|is|are|not|the|with|for|of|must|only|go|goes|there|input)\b",
    re.IGNORECASE,
)


def spoiled(body: Any) -> Iterator[Any]:
    """An event with one thing wrong at a time: each field missing, of another type, too long, too small; one too many."""
    for name, value in body.items():
        rest = {other: own for other, own in body.items() if other != name}
        yield rest
        wrongs: tuple[Any, ...] = (
            None,
            "",
            "x" * 5000,
            -1,
            1.5,
            True,
            [],
            {},
            "2026-13-40",
            "2026-03-02T09:00:00",
            ["x"] * 300,
        )
        yield from ({**rest, name: wrong} for wrong in wrongs)
        if isinstance(value, dict):
            yield from ({**rest, name: inside} for inside in spoiled(value))
    yield {**body, "one_too_many": 1}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_fault_of_an_event_is_told_in_english(path: Path) -> None:
    told = set()
    for body in spoiled(json.loads(path.read_text("utf-8"))):
        try:
            decode(json.dumps(body).encode(), EVENT_TYPES)
        except ValidationError as error:
            told.add(hide_inputs(error))
    left = {reason for reason in told if ENGLISH.search(_without_names(reason_words(f"not a valid event: {reason}")))}

    assert told
    assert left == set()


def _without_names(words: str) -> str:
    """Without places, patterns and choices: those are names of fields and values."""
    return re.sub(r"[A-Za-z0-9_.\[\]]+: |'[^']*'|không đúng dạng .*?(; |$)", " ", words)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("not a valid event", "không phải sự kiện hợp lệ"),
        ("could not be saved: OverflowError", "kho dữ liệu không nhận: OverflowError"),
        ("too large for deadlines.v1", "quá lớn với topic deadlines.v1"),
        ("the event's subject is not the record's key", "sự kiện nói về hồ sơ khác với khóa của bản ghi"),
        ("the event's subject is not the record's ", "sự kiện nói về hồ sơ khác với khóa của bản ghi"),
        (
            "an output for deadlines.v1 would have 9 bytes, the log takes 8",
            "kết quả gửi vào deadlines.v1 có 9 byte, topic chỉ nhận 8",
        ),
        ("an output for deadlines.v1 would have 90", "kết quả gửi vào deadlines.v1 quá lớn"),
        ("the store refused 2 of the documents: a number", "kho dữ liệu từ chối 2 tài liệu: a number"),
        ("starting", "đang khởi động"),
        (
            "brake: 3 of 10 records failed; see `dunghen brake release sla`",
            "đang phanh: 3 trên 10 bản ghi hỏng; xem `dunghen brake release sla`",
        ),
        ("recovering: 7 records to read", "đang dựng lại kho, còn 7 bản ghi phải đọc"),
        ("dossiers.v1/3: offset 7 is gone", "dossiers.v1/3: không còn bản ghi ở vị trí 7"),
        ("kafka has no topic a, b: run `dunghen topics apply`", "Kafka chưa có topic a, b: hãy chạy `dunghen topics apply`"),
        ("mongodb: AutoReconnect", "kho dữ liệu không trả lời: mongodb, AutoReconnect"),
        ("không trả lời", "không trả lời"),
        ("a sentence that nobody foresaw", "a sentence that nobody foresaw"),
    ],
)
def test_a_reason_that_is_known_is_said_in_vietnamese_and_any_other_is_shown_as_it_is(told: str, words: str) -> None:
    assert reason_words(told) == words


def test_what_an_act_was_about_is_said_too() -> None:
    assert about_words("dossiers.v1: handler failed") == "dossiers.v1: dịch vụ gặp lỗi khi xử lý"
    assert (
        about_words("9 of 10 records failed: handler failed: KeyError")
        == "9 trên 10 bản ghi hỏng: dịch vụ gặp lỗi khi xử lý: KeyError"
    )
    assert (about_words("dossiers.v1/0/7"), about_words(""), kind_words("")) == ("dossiers.v1/0/7", "", "không ghi lý do")
