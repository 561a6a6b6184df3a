"""What a survey form has to keep to beyond its fields, each fault with the question and the rule that it breaks."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from services.feedback.domain.forms import Question, SurveyForm

SCORES = (100, 75, 50, 25, 0)  # R33
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}-20\d\d\.[1-9]\d?")
# How an answer begins that says that the question does not apply. Forms in use give it 0 points, and so punish who was in time.
NOT_APPLYING = ("không bị", "không áp dụng", "không liên quan", "không thuộc", "không trễ", "không chậm", "không phát sinh")


class Fault(NamedTuple):
    """One thing wrong. `question`: its id; "": the whole form."""

    question: str
    rule: str

    def __str__(self) -> str:
        return f"câu {self.question}: {self.rule}" if self.question else self.rule


def faults_of(form: "SurveyForm") -> tuple[Fault, ...]:
    """All that is wrong with a form, in its order."""
    faults = [] if NAME.fullmatch(form.id) else [Fault("", f"tên tệp {form.id}: phải là TÊN-NĂM.SỐ, ví dụ tthc-2026.2")]
    earlier: dict[str, Question] = {}
    for question in form.questions:
        if question.id in earlier:
            faults.append(Fault(question.id, "mã câu hỏi này đã dùng ở một câu trước"))
        faults += [Fault(question.id, rule) for rule in (*_answers(question), *_condition(question, earlier))]
        earlier[question.id] = question
    return tuple(faults)


def _answers(question: "Question") -> Iterator[str]:
    words = [text.casefold() for text, _ in question.answers]
    scores = [score for _, score in question.answers if score is not None]
    if len(set(words)) < len(words):
        yield "hai câu trả lời có cùng lời"
    for text, score in question.answers:
        if score is not None and score not in SCORES:
            yield f"«{text}»: điểm {score} không phải 100, 75, 50, 25 hoặc 0 (R33)"
        if score is not None and text.casefold().startswith(NOT_APPLYING):
            yield f"«{text}» nghĩa là không áp dụng: điểm phải là null, không phải {score}, để không tính vào trung bình (R33)"
    if scores != sorted(set(scores), reverse=True):
        yield "điểm phải giảm dần từ trên xuống, mỗi điểm một lần (R33)"
    if len(scores) < 2:
        yield "phải có ít nhất hai câu trả lời có điểm (R33)"
    if len(question.answers) - len(scores) > 1:
        yield "chỉ một câu trả lời được là không áp dụng (R33)"


def _condition(question: "Question", earlier: "dict[str, Question]") -> Iterator[str]:
    condition = question.only_if
    if condition is None:
        return
    asked = earlier.get(condition.question)
    if asked is None:
        yield f"only_if: không có câu {condition.question} đứng trước câu này"
        return
    known = {text for text, _ in asked.answers}
    for text in condition.answers:
        if text not in known:
            yield f"only_if: câu {asked.id} không có câu trả lời «{text}»"
