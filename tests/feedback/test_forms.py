"""Survey forms as files: what a faulty one is told, and of whom a question is asked."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.feedback.domain import FormError, FormFileError, load_forms, read_form

SCALE = [["Tốt", 100], ["Khá", 75], ["Vừa", 50], ["Kém", 25], ["Rất kém", 0]]
LATE = {"question": "when", "answers": ["Kém", "Rất kém"]}
FORM = load_forms()["tthc-2026.2"]
OTHERS = {"attitude": "0", "waiting": "0", "facilities": "0"}


def write(folder: Path, *questions: dict[str, Any], name: str = "thu-2026.1", **more: Any) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"title": "Phiếu", "questions": list(questions), **more}, allow_unicode=True), "utf-8")
    return file


def question(name: str = "when", answers: Any = SCALE, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": "Thế nào?", "answers": answers, **more}


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        ([question(), question()], "câu when: mã câu hỏi này đã dùng ở một câu trước"),
        ([question(answers=[["Tốt", 100], ["Kém", 30]])], "câu when: «Kém»: điểm 30 không phải 100, 75, 50, 25 hoặc 0 (R33)"),
        ([question(answers=[*SCALE[:4], ["Không bị trễ hẹn", 0]])], "câu when: «Không bị trễ hẹn» nghĩa là không áp dụng"),
        ([question(answers=[["Kém", 0], ["Tốt", 100]])], "câu when: điểm phải giảm dần"),
        ([question(answers=[["Tốt", 100], ["Hay", 100]])], "câu when: điểm phải giảm dần"),
        ([question(answers=[["Tốt", 100], ["tốt", 0]])], "câu when: hai câu trả lời có cùng lời"),
        ([question(answers=[["Tốt", 100], ["Khác", None]])], "câu when: phải có ít nhất hai câu trả lời có điểm"),
        ([question(answers=[*SCALE[:4], ["A", None], ["B", None]])], "câu when: chỉ một câu trả lời được là không áp dụng"),
        ([question("why", only_if=LATE), question()], "câu why: only_if: không có câu when đứng trước câu này"),
        ([question(only_if=LATE)], "câu when: only_if: không có câu when đứng trước"),
        (
            [question(), question("why", only_if={"question": "when", "answers": ["Chậm"]})],
            "câu why: only_if: câu when không có câu trả lời «Chậm»",
        ),
        ([question(answers=[["Tốt", 100]])], "câu when: answers:"),
        ([question(hint="x")], "câu when: hint:"),
        ([question("Câu 1")], "câu Câu 1: id:"),
        ([question(), {"text": "x", "answers": SCALE}], "câu thứ 2: id:"),
        ([], "questions:"),
    ],
)
def test_a_fault_is_told_with_its_question_and_its_rule(tmp_path: Path, questions: Any, told: str) -> None:
    """R33."""
    with pytest.raises(FormFileError) as error:
        read_form(write(tmp_path, *questions))

    assert [fault for fault in map(str, error.value.faults) if fault.startswith(told)], error.value.faults


@pytest.mark.parametrize("content", [b"title: [", b"- a", b"", b"\xff\xfe", b"x: !!python/object:os.system {}"])
def test_a_file_that_is_no_form_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "thu-2026.1.yaml"
    file.write_bytes(content)

    with pytest.raises(FormFileError) as error:
        read_form(file)
    assert len(error.value.faults) == 1
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["thu", "Thu-2026.1", "thu-2026", "thu-26.1", "thu-2026.0"])
def test_a_form_is_called_by_name_year_and_number(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormFileError, match="phải là TÊN-NĂM"):
        read_form(write(tmp_path, question(), name=name))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FormFileError) as error:
        read_form(write(tmp_path, question(answers=[["Tốt", 99], ["Kém", 1]]), question()))
    assert [fault.question for fault in error.value.faults] == ["when", "when", "when"]


@pytest.mark.parametrize(("appointment", "asked"), [("0", False), ("1", False), ("2", True), ("3", True), ("4", True)])
def test_only_those_are_asked_about_an_apology_whose_result_came_late(appointment: str, *, asked: bool) -> None:
    """R33."""
    given = {**OTHERS, "appointment": appointment}

    assert FORM.scores({**given, "apology": "4"})["apology"] == (0 if asked else None)  # a hidden field counts for nothing
    if asked:
        with pytest.raises(FormError) as error:
            FORM.scores(given)
        assert error.value.missing == ("apology",)
    else:
        assert FORM.scores(given)["apology"] is None


def test_a_condition_on_a_question_that_was_not_asked_does_not_hold(tmp_path: Path) -> None:
    why = question("why", only_if=LATE)
    form = read_form(write(tmp_path, question(), why, question("more", only_if={**LATE, "question": "why"})))

    assert form.scores({"when": "0", "why": "4", "more": "4"}) == {"when": 100, "why": None, "more": None}
    assert form.scores({"when": "4", "why": "4", "more": "1"}) == {"when": 0, "why": 0, "more": 75}


def test_a_folder_adds_forms_and_changes_none_that_shipped(tmp_path: Path) -> None:
    write(tmp_path, question())
    assert set(load_forms(tmp_path)) == {*load_forms(), "thu-2026.1"}

    write(tmp_path, question(), name="tthc-2026.1")
    with pytest.raises(FormFileError, match="đã công bố"):
        load_forms(tmp_path)
