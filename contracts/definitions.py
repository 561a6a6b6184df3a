"""What reporting's counters and rates mean, as versioned data (counters.yaml): words, formula, source."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Flows = Mapping[str, int]  # counter -> number


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Version(_Entry):
    """One version of the definitions, and what it changed."""

    version: str
    change: str


class CounterDefinition(_Entry):
    """One counter: its name on the wire, its Vietnamese words, when a dossier adds to it, where it comes from."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    words: str
    when: str
    source: str


class RateDefinition(_Entry):
    """`of` among `among`, times `per`: a share in percent where `per` is 100."""

    name: str
    words: str
    of: tuple[str, ...]
    among: tuple[str, ...]
    per: int
    source: str

    @property
    def unit(self) -> str:
        """The sign behind the number."""
        return " %" if self.per == 100 else ""


class PercentileDefinition(_Entry):
    """The upper bound of the class of `prefix` counters in which `share` percent of the dossiers are reached."""

    name: str
    words: str
    prefix: str
    share: int = Field(gt=0, lt=100)
    source: str


class Suppression(_Entry):
    """Counters that are shown of nobody while `of` has counted fewer than `least`."""

    of: str
    least: int = Field(gt=1)
    counters: tuple[str, ...]
    source: str


class Definitions(_Entry):
    """All of counters.yaml. Raises ValidationError for a formula that names what does not exist."""

    versions: tuple[Version, ...] = Field(min_length=1)
    counters: tuple[CounterDefinition, ...]
    totals: dict[str, tuple[str, ...]]
    rates: tuple[RateDefinition, ...]
    percentiles: tuple[PercentileDefinition, ...]
    suppressed: tuple[Suppression, ...] = ()

    @property
    def version(self) -> str:
        """The version in force: the first one listed."""
        return self.versions[0].version

    @model_validator(mode="after")
    def _formulas_name_counters(self) -> "Definitions":
        known = {counter.name for counter in self.counters}
        for name, terms in self.totals.items():
            _check(name, terms, known)
            known.add(name)
        for rate in self.rates:
            _check(rate.name, (*rate.of, *rate.among), known)
        for rule in self.suppressed:
            _check("suppressed", (rule.of, *rule.counters), known)
        return self

    def linear(self, terms: Sequence[str]) -> dict[str, int]:
        """A sum of counters and totals, `-` before what is taken away, as one factor per counter."""
        factors: dict[str, int] = {}
        for term in terms:
            sign, name = (-1, term[1:]) if term.startswith("-") else (1, term)
            inner = self.linear(self.totals[name]) if name in self.totals else {name: 1}
            for counter, factor in inner.items():
                factors[counter] = factors.get(counter, 0) + sign * factor
        return factors

    def sum(self, terms: Sequence[str], flows: Flows) -> int:
        """The value of such a sum."""
        return sum(factor * flows.get(counter, 0) for counter, factor in self.linear(terms).items())

    def shown(self, flows: Flows) -> Flows:
        """What of them may leave this service: not what too few people said (R40)."""
        few = [rule for rule in self.suppressed if 0 < flows.get(rule.of, 0) < rule.least]
        hidden = {name for rule in few for name in rule.counters}
        return {name: number for name, number in flows.items() if name not in hidden} if hidden else flows

    def rate(self, name: str, flows: Flows) -> Decimal | None:
        """A rate with two decimals, half up; None where there is nothing to take it of. Raises KeyError."""
        rate = next((rate for rate in self.rates if rate.name == name), None)
        if rate is None:
            raise KeyError(name)
        whole = self.sum(rate.among, flows)
        if not whole:
            return None
        return (Decimal(rate.per * self.sum(rate.of, flows)) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def percentile(self, name: str, flows: Flows) -> int | None:
        """The upper bound of the class that holds the percentile (the last class has none: 0 stands for beyond it).

        None where there are no dossiers. Raises KeyError.
        """
        wanted = next((percentile for percentile in self.percentiles if percentile.name == name), None)
        if wanted is None:
            raise KeyError(name)
        classes = list(self.classes(wanted.prefix))
        whole, reached = sum(flows.get(counter, 0) for counter, _ in classes), 0
        for counter, bound in classes:
            reached += flows.get(counter, 0)
            if whole and 100 * reached >= wanted.share * whole:
                return BEYOND if bound is None else bound
        return None

    def classes(self, prefix: str) -> Iterator[tuple[str, int | None]]:
        """The counters of a prefix with their upper bounds, in rising order; None: everything above."""
        for counter in self.counters:
            if counter.name.startswith(prefix):
                bound = counter.name.removeprefix(prefix)
                yield counter.name, int(bound) if bound.isdigit() else None


BEYOND = 0  # of a percentile: in the last class, which is open


def _check(name: str, terms: Sequence[str], known: set[str]) -> None:
    unknown = [term for term in terms if term.removeprefix("-") not in known]
    if unknown:
        raise ValueError(f"{name}: there is no counter or total {', '.join(unknown)}")


@cache
def load_definitions() -> Definitions:
    """The definitions that come with this package."""
    return Definitions.model_validate(yaml.safe_load(files("contracts").joinpath("counters.yaml").read_text("utf-8")))


@cache
def _used_classes() -> tuple[tuple[str, int | None], ...]:
    return tuple(load_definitions().classes("used_"))


def used_class(used: int, limit: int) -> str:
    """The counter of a dossier that used so many minutes of so many."""
    return next(counter for counter, bound in _used_classes() if bound is None or used * 100 <= bound * limit)
