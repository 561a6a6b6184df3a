"""The facts of a dossier as a service sees them: merged from events, read as frozen objects of the service's own classes.

How facts are merged and kept is `contracts.facts`; only this wrapper looks into what is kept. What a service does not read, and
what a newer sender said beside it, is kept as it came.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from operator import itemgetter
from typing import Any, ClassVar, TypeVar, get_type_hints

from contracts import Event
from contracts.dossiers import Fact
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


Kept = Mapping[str, Any]
_READERS: dict[type[Part], Callable[[Kept], Any]] = {}


def _read(kind: type[PartT], kept: Kept) -> PartT:
    reader = _READERS.get(kind)
    if reader is None:
        reader = _READERS[kind] = _reader(kind)
    read: PartT = reader(kept)
    return read


def _reader(kind: type[Part]) -> Callable[[Kept], Any]:
    """How objects of a class are made of what is kept: its fields by place, parts of parts, defaults of what is absent."""
    hints = get_type_hints(kind)
    needed = [each.name for each in fields(kind) if each.default is MISSING]
    others = [(each.name, each.default) for each in fields(kind) if each.default is not MISSING]
    parts = [(place, _reader(hints[name])) for place, name in enumerate(needed) if _is_part(hints[name])]
    take = itemgetter(*needed)  # of one name, what is kept there; of more, a tuple of it

    def read(kept: Kept) -> Part:
        values = [take(kept)] if len(needed) == 1 else [*take(kept)]
        for place, part in parts:
            values[place] = part(values[place])
        for name, default in others:
            values.append(kept.get(name, default))
        return kind(*values)

    return read


def _is_part(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Part)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds of facts a service keeps, and what of each. `timed`: when each was recorded, too (`t`, ms)."""

    fields: Mapping[str, tuple[str, ...]]
    timed: bool = False

    @classmethod
    def of(cls, kinds: Iterable[type[Slim]], *, timed: bool = False) -> "Kinds":
        """From the classes a service reads them with."""
        own = {kind: ("at", *kind.OWN) for kind in kinds}
        return cls({kind.KIND: tuple(each.name for each in fields(kind) if each.name not in own[kind]) for kind in own}, timed)

    def concerns(self, event: Event) -> bool:
        """Whether an event can add to them. A fact of another kind cannot; what is no fact is for others to say."""
        data = event.data
        return not isinstance(data, Fact) or data.series in self.fields


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """All facts of a dossier. Equal facts are equal objects; nothing changes one."""

    _kept: Mapping[str, Mapping[str, Mapping[str, Any]]]
    _seen: dict[type[Slim], Any] = field(default_factory=dict, compare=False, repr=False)  # what was read of them already

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "KnownFacts":
        """As `dump` wrote them."""
        return cls(kept)

    def dump(self) -> dict[str, Any]:
        """As they are kept: type -> occasion -> version, time, fields (contracts.facts)."""
        return dict(self._kept)

    def merged(self, event: Event, kinds: Kinds) -> "KnownFacts":
        """With one event; these facts themselves if it says nothing new."""
        kept = merge_fact(self._kept, event, kinds.fields, with_time=kinds.timed)
        return self if kept is None else KnownFacts(kept)

    def noted(self, fact: Slim, occasion: str) -> "KnownFacts":
        """With a fact that the service itself decided, in its first version."""
        default = {each.name: each.default for each in fields(fact)}
        noted = {name: value for name in default if (value := getattr(fact, name)) != default[name]}
        own = self._kept.get(fact.KIND, NONE)
        return KnownFacts({**self._kept, fact.KIND: {**own, occasion: {"v": 1, **noted}}})

    def without(self, kind: type[Slim]) -> "KnownFacts":
        """As if no fact of a kind had been told."""
        return KnownFacts({name: own for name, own in self._kept.items() if name != kind.KIND})

    def first(self, kind: type[SlimT]) -> SlimT | None:
        """The fact of a kind that happens once, if it holds; of several occasions, the earliest."""
        if kind.KIND not in self._kept:
            return None
        if kind not in self._seen:
            found = first_standing(self._kept, kind.KIND)
            self._seen[kind] = None if found is None else _read(kind, found)
        seen: SlimT | None = self._seen[kind]
        return seen

    def version(self, kind: type[Slim], occasion: str) -> int | None:
        """The version of an occasion of a kind that is known, whether it holds or was retracted."""
        known = self._kept.get(kind.KIND, NONE).get(occasion)
        return None if known is None else int(known["v"])

    def standing(self, kind: type[SlimT]) -> dict[str, SlimT]:
        """The facts of a kind that hold, by occasion: what was retracted is not among them."""
        if kind.KIND not in self._kept:
            return {}
        return {occasion: _read(kind, kept) for occasion, kept in standing(self._kept, kind.KIND).items()}

    def recorded(self) -> int:
        """When the newest of them was recorded (ms), those that were retracted too; 0: none was kept with its time."""
        return max((fact.get("t", 0) for own in self._kept.values() for fact in own.values()), default=0)

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self._kept)


NO_FACTS = KnownFacts({})
