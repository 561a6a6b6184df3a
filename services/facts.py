"""The facts of a dossier as a service sees them: merged from events, read as frozen objects of the service's own classes.

How facts are merged and kept is `contracts.facts`; only this wrapper looks into what is kept. What a service does not read, and
what a newer sender said beside it, is kept as it came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from contracts import Event
from contracts.facts import first_standing, merge_fact, standing


@dataclass(frozen=True, slots=True)
class Slim:
    """Base of what a service reads of one kind of fact: the time it happened (ms since 1970), and fields of its contract.

    A field is called as in the contract class; one that may be absent has a default.
    """

    KIND: ClassVar[str]  # short type, e.g. received

    at: int


SlimT = TypeVar("SlimT", bound=Slim)


_NAMES: dict[type[Slim], tuple[str, ...]] = {}


def _names(kind: type[Slim]) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind))
    return _NAMES[kind]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds of facts a service keeps, and what of each."""

    fields: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, kinds: Iterable[type[Slim]]) -> "Kinds":
        """From the classes a service reads them with."""
        return cls({kind.KIND: tuple(name for name in _names(kind) if name != "at") for kind in kinds})


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a dossier. Equal facts are equal objects; nothing changes one."""

    _kept: Mapping[str, Mapping[str, Mapping[str, Any]]]

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

    def first(self, kind: type[SlimT]) -> SlimT | None:
        """The fact of a kind that happens once, if it holds; of several occasions, the earliest."""
        found = first_standing(self._kept, kind.KIND)
        return None if found is None else _read(kind, found)

    def standing(self, kind: type[SlimT]) -> dict[str, SlimT]:
        """The facts of a kind that hold, by occasion: what was retracted is not among them."""
        return {occasion: _read(kind, kept) for occasion, kept in standing(self._kept, kind.KIND).items()}

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self._kept)


NO_FACTS = Facts({})


def _read(kind: type[SlimT], kept: Mapping[str, Any]) -> SlimT:
    return kind(**{name: kept[name] for name in _names(kind) if name in kept})
