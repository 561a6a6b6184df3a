"""Survey forms as versioned data: questions, answers with scores 100 to 0, and answers that do not apply (R33)."""

from collections.abc import Mapping
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class FormError(ValueError):
    """Answers that do not fit the form; `missing` names the questions without a valid answer."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class Question(BaseModel):
    """One question; an answer is its words and its score, None where the question does not apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: str
    answers: tuple[tuple[str, int | None], ...] = Field(min_length=2)


class SurveyForm(BaseModel):
    """A survey form by name and version, e.g. tthc-2026.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    questions: tuple[Question, ...] = Field(min_length=1)

    def scores(self, given: Mapping[str, str]) -> dict[str, int | None]:
        """The score per question for the chosen answers, given by their place in the form. Raises FormError."""
        scores: dict[str, int | None] = {}
        missing = []
        for question in self.questions:
            answers = {str(place): score for place, (_, score) in enumerate(question.answers)}
            if given.get(question.id) in answers:
                scores[question.id] = answers[given[question.id]]
            else:
                missing.append(question.id)
        if missing:
            raise FormError(tuple(missing))
        return scores


def load_forms() -> dict[str, SurveyForm]:
    """The forms that ship with the service, by id."""
    found = {}
    for file in files("services.feedback").joinpath("forms").iterdir():
        if file.name.endswith(".yaml"):
            name = file.name.removesuffix(".yaml")
            raw = yaml.safe_load(file.read_text("utf-8"))
            found[name] = SurveyForm.model_validate({"id": name, **raw})
    return found
