"""A unit's posted procedures as people look for them: by field, by words of their name, a page at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reference import Unit, word_key
from services.intake.posting import Posted

PAGE = 20  # procedures; a page of them stays small on a phone


@dataclass(frozen=True, slots=True)
class Contents:
    """Fields with how many procedures each has; of what was looked for `total`, and one page of it."""

    fields: Mapping[str, int]
    total: int
    page: int
    pages: int
    entries: Sequence[Posted]


def look_through(posted: Iterable[tuple[str, str, list[Posted]]], wanted: str, field: str, page: int) -> Contents:
    """Procedures of one field ("": of all) that have all `wanted` words. A page behind the last one is the last one."""
    listed = [entry for _, _, entries in posted for entry in entries]
    found = [
        entry
        for entry in listed
        if field in ("", entry.procedure.field) and has_words(f"{entry.procedure.name} {entry.procedure.code}", wanted)
    ]
    pages = max(1, -(-len(found) // PAGE))
    place = min(page, pages)
    entries = found[(place - 1) * PAGE : place * PAGE]
    return Contents(Counter(entry.procedure.field for entry in listed), len(found), place, pages, entries)


def units_named(units: Iterable[Unit], wanted: str) -> list[Unit]:
    """Units whose name or code has all `wanted` words."""
    return [unit for unit in units if has_words(f"{unit.name} {unit.code}", wanted)]


def has_words(text: str, wanted: str) -> bool:
    """Whether a text has all words looked for, however they are accented and capitalised, whole or as beginnings."""
    parts = word_key(wanted).split()
    return not parts or all(any(word.startswith(part) for word in _words(text)) for part in parts)


@lru_cache(maxsize=8192)  # a province has so many names, and strangers look through them
def _words(text: str) -> tuple[str, ...]:
    return tuple(word_key(text).split())
