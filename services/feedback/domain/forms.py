"""Survey forms as versioned data: questions, answers with scores 100 to 0, what does not apply (R33), who is asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.feedback.domain.form_rules import Fault, faults_of

SHIPPED = Path(__file__).parents[1] / "forms"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class FormError(ValueError):
    """Answers that do not fit the form; `missing` names the questions without a valid answer."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class FormFileError(ValueError):
    """A file that is no form; `faults` says each question and the rule that it breaks."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for fault in faults))
        self.faults = faults


class Condition(BaseModel):
    """A question is asked only of who gave one of these answers to an earlier one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answers: tuple[str, ...] = Field(min_length=1)


class Question(BaseModel):
    """One question; an answer is its words and its score, None where the question does not apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    text: Words
    answers: tuple[tuple[Words, int | None], ...] = Field(min_length=2, max_length=6)
    only_if: Condition | None = None


class SurveyForm(BaseModel):
    """A survey form by name and version, e.g. tthc-2026.2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: Words
    questions: tuple[Question, ...] = Field(min_length=1, max_length=30)

    def scores(self, given: Mapping[str, str]) -> dict[str, int | None]:
        """The score per question for the chosen answers, given by their place in the form. What is not asked of this person
        has none, whatever a hidden field says. Raises FormError."""
        scores: dict[str, int | None] = {}
        chosen: dict[str, str] = {}
        missing = []
        for question in self.questions:
            asked = question.only_if is None or chosen.get(question.only_if.question) in question.only_if.answers
            answers = {str(place): answer for place, answer in enumerate(question.answers)}
            answer = answers.get(given.get(question.id, ""))
            if not asked:
                scores[question.id] = None
            elif answer is None:
                missing.append(question.id)
            else:
                chosen[question.id], scores[question.id] = answer
        if missing:
            raise FormError(tuple(missing))
        return scores

    def places(self, condition: Condition) -> list[tuple[str, int]]:
        """The answers of a condition as pages name them: the question's id and the place."""
        asked = next(question for question in self.questions if question.id == condition.question)
        return [(asked.id, place) for place, (words, _) in enumerate(asked.answers) if words in condition.answers]

    def number(self, name: str) -> int:
        """Which question of the form it is, from 1."""
        return 1 + [question.id for question in self.questions].index(name)


def read_form(file: Path) -> SurveyForm:
    """The form of a file, called as the file is. Raises FormFileError with all that is wrong, OSError."""
    name = file.name.removesuffix(".yaml")
    try:
        raw = yaml.safe_load(file.read_text("utf-8"))
        if not isinstance(raw, dict):
            raise FormFileError(name, (Fault("", "tệp phải là một phiếu: title và questions"),))
        form = SurveyForm.model_validate({**raw, "id": name})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormFileError(name, (Fault("", f"không phải YAML: {' '.join(str(error).split())}"),)) from None
    except ValidationError as error:
        faults = tuple(Fault(_question(raw, each["loc"]), f"{_field(each['loc'])}: {each['msg']}") for each in error.errors())
        raise FormFileError(name, faults) from None
    if faults := faults_of(form):
        raise FormFileError(name, faults)
    return form


def _question(raw: Mapping[str, object], place: tuple[int | str, ...]) -> str:
    """The id of the question that a place of the file lies in, or its number."""
    questions = raw.get("questions")
    if len(place) < 2 or not isinstance(place[1], int) or not isinstance(questions, list):
        return ""
    one = questions[place[1]]
    return str(one["id"]) if isinstance(one, dict) and "id" in one else f"thứ {place[1] + 1}"


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in (place[2:] or place))


def load_forms(folder: Path | None = None) -> dict[str, SurveyForm]:
    """The forms that ship with the service, and those of a folder, by id. Raises FormFileError, also for a form that
    shipped and that the folder has in other words."""
    found = {form.id: form for form in map(read_form, sorted(SHIPPED.glob("*.yaml")))}
    for form in () if folder is None else map(read_form, sorted(folder.glob("*.yaml"))):
        if found.get(form.id, form) != form:
            raise FormFileError(form.id, (Fault("", "phiếu đã công bố không được sửa: đặt phiên bản mới"),))
        found[form.id] = form
    return found
