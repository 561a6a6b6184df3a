"""The facts of a dossier as a service sees them: merged from events, read as frozen objects of the service's own classes.

How facts are merged and kept is `contracts.facts`; only this wrapper looks into what is kept. What a service does not read, and
what a newer sender said beside it, is kept as it came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeVar, get_type_hints

from contracts import Event
from contracts.facts import NONE, first_standing, merge_fact, standing


@dataclass(frozen=True, slots=True)
class Part:
    """Base of what a service reads of an object within a fact, e.g. the terms of a reception."""


@dataclass(frozen=True, slots=True)
class Slim(Part):
    """Base of what a service reads of one kind of fact: the time it happened (ms since 1970), and fields of its contract.

    A field is called as in the contract class; one that may be absent has a default. `OWN`: fields that no sender reports;
    the service notes them itself.
    """

    KIND: ClassVar[str]  # short type, e.g. received
    OWN: ClassVar[tuple[str, ...]] = ()

    at: int


PartT = TypeVar("PartT", bound=Part)
SlimT = TypeVar("SlimT", bound=Slim)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a class is read: the names of its fields, and which of them are parts."""

    names: tuple[str, ...]
    parts: Mapping[str, type[Part]]


_READINGS: dict[type[Part], _Reading] = {}


def _reading(kind: type[Part]) -> _Reading:
    if kind not in _READINGS:
        hints = {name: hint for name, hint in get_type_hints(kind).items() if isinstance(hint, type) and issubclass(hint, Part)}
        _READINGS[kind] = _Reading(tuple(each.name for each in fields(kind)), hints)
    return _READINGS[kind]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds of facts a service keeps, and what of each."""

    fields: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, kinds: Iterable[type[Slim]]) -> "Kinds":
        """From the classes a service reads them with."""
        own = {kind: ("at", *kind.OWN) for kind in kinds}
        return cls({kind.KIND: tuple(name for name in _reading(kind).names if name not in own[kind]) for kind in own})


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a dossier. Equal facts are equal objects; nothing changes one."""

    _kept: Mapping[str, Mapping[str, Mapping[str, Any]]]
    _seen: dict[type[Slim], Any] = field(default_factory=dict, compare=False, repr=False)  # what was read of them already

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Facts":
        """As `dump` wrote them."""
        return cls(kept)

    def dump(self) -> dict[str, Any]:
        """As they are kept: type -> occasion -> version, time, fields (contracts.facts)."""
        return dict(self._kept)

    def merged(self, event: Event, kinds: Kinds) -> "Facts":
        """With one event; these facts themselves if it says nothing new."""
        kept = merge_fact(self._kept, event, kinds.fields)
        return self if kept is None else Facts(kept)

    def noted(self, fact: Slim, occasion: str) -> "Facts":
        """With a fact that the service itself decided, in its first version."""
        default = {each.name: each.default for each in fields(fact)}
        noted = {name: value for name in default if (value := getattr(fact, name)) != default[name]}
        own = self._kept.get(fact.KIND, NONE)
        return Facts({**self._kept, fact.KIND: {**own, occasion: {"v": 1, **noted}}})

    def without(self, kind: type[Slim]) -> "Facts":
        """As if no fact of a kind had been told."""
        return Facts({name: own for name, own in self._kept.items() if name != kind.KIND})

    def first(self, kind: type[SlimT]) -> SlimT | None:
        """The fact of a kind that happens once, if it holds; of several occasions, the earliest."""
        if kind.KIND not in self._kept:
            return None
        if kind not in self._seen:
            found = first_standing(self._kept, kind.KIND)
            self._seen[kind] = None if found is None else _read(kind, found)
        seen: SlimT | None = self._seen[kind]
        return seen

    def standing(self, kind: type[SlimT]) -> dict[str, SlimT]:
        """The facts of a kind that hold, by occasion: what was retracted is not among them."""
        if kind.KIND not in self._kept:
            return {}
        return {occasion: _read(kind, kept) for occasion, kept in standing(self._kept, kind.KIND).items()}

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self._kept)


NO_FACTS = Facts({})


def _read(kind: type[PartT], kept: Mapping[str, Any]) -> PartT:
    reading = _reading(kind)
    read = {name: kept[name] for name in reading.names if name in kept}
    for name, part in reading.parts.items():
        read[name] = _read(part, read[name])
    return kind(**read)
