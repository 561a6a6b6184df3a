"""Report forms as data: columns are sums of counters, rules are equations between columns (R35, R36)."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.definitions import load_definitions

Level = Literal["full", "partial", "none"]
Values = Mapping[int, int]
_RULE = re.compile(r"\d+ = \d+(?: \+ \d+)*")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Entry):
    """A sum of counters and totals of counters.yaml over one stretch: before the period, during it, or through its end."""

    before: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    level: Level | None = Field(default=None, description="Of procedures with this online level alone.")

    @cached_property
    def factors(self) -> tuple[tuple[bool, str, int], ...]:
        """(before the period?, counter, factor)."""
        linear = load_definitions().linear
        return tuple(
            (before, counter, factor)
            for names, stretches in ((self.before, (True,)), (self.during, (False,)), (self.through, (True, False)))
            for counter, factor in linear(names).items()
            for before in stretches
        )


class Column(_Entry):
    """One column: its official number, its heads, and the terms it is the sum of; or why there is no figure for it."""

    number: int = Field(ge=3)
    group: str
    heading: str
    of: tuple[Term, ...] = ()
    missing: str = ""

    @property
    def of_the_period_alone(self) -> bool:
        """Whether nothing before the period counts in it."""
        return not any(before for term in self.of for before, _, _ in term.factors)


class Form(_Entry):
    """One form. Raises ValidationError for a formula or rule that names what does not exist."""

    code: str = Field(pattern=r"^[A-Za-z0-9.]{1,20}$")
    label: str
    title: str
    columns: tuple[Column, ...] = Field(min_length=1)
    rules: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> "Form":
        definitions, given = load_definitions(), {column.number for column in self.columns if not column.missing}
        known = {counter.name for counter in definitions.counters}
        for column in self.columns:
            if not column.missing:
                try:
                    unknown = {counter for term in column.of for _, counter, _ in term.factors} - known
                except RecursionError:
                    unknown = {"a total of itself"}
                if unknown or not column.of:
                    raise ValueError(f"column {column.number}: no such counter: {', '.join(sorted(unknown)) or '-'}")
        for rule in self.rules:
            if not _RULE.fullmatch(rule) or set(_numbers(rule)) - given:
                raise ValueError(f"rule {rule!r}: must be like '3 = 4 + 5' and name columns with figures")
        return self

    @property
    def counters(self) -> tuple[str, ...]:
        """Every counter that the form needs."""
        return tuple(sorted({counter for column in self.columns for term in column.of for _, counter, _ in term.factors}))

    @property
    def groups(self) -> list[tuple[str, int, int]]:
        """The heads over the columns: (words, first column, last column)."""
        found: list[tuple[str, int, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1], column.number)
            else:
                found.append((column.group, column.number, column.number))
        return found

    def broken(self, values: Values) -> list[str]:
        """Which rules these figures break; that no figure is negative is one of every form."""
        found = [rule for rule in self.rules if not _holds(rule, values)]
        return found + ([NOT_NEGATIVE] if min(values.values()) < 0 else [])


FORMS = Path(__file__).parent.parent / "forms"  # those of this version
NOT_NEGATIVE = "no column is negative"


def _numbers(rule: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", rule)]


def _holds(rule: str, values: Values) -> bool:
    whole, *parts = _numbers(rule)
    return values[whole] == sum(values[part] for part in parts)


def load_forms(folder: Path) -> dict[str, Form]:
    """All forms of a folder of YAML files by their code. Raises ValueError naming the file and the rule."""
    forms = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            form = Form.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (yaml.YAMLError, ValueError) as error:
            raise ValueError(f"{path.name}: {error}") from error
        forms[form.code] = form
    return forms
