"""Which words for steps, departments and parts of linked dossiers are known, and what each is called in public.

A unit lists its own (units.yaml: `departments`, `steps`), each with a code, a name and the spellings that senders use; what all
units share are the usual words (reference/words.py, province.yaml) and the names of units and procedures.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WordKind = Literal["step", "department", "part"]
# As offices shorten them, without marks; a word that explains nothing is left out.
_SHORT = {
    "p": "phong", "bp": "bo phan", "vp": "van phong", "tt": "trung tam", "cn": "chi nhanh", "bpmc": "bo phan mot cua",
    "vpdk": "van phong dang ky", "hs": "ho so", "kq": "ket qua", "ld": "lanh dao", "va": "",
}  # fmt: skip


class ListedWord(BaseModel):
    """A department or a step of a unit. A sender may write its code, its name or one of the spellings; its name travels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$", description="As systems write it, e.g. TP or B03.")
    name: str = Field(min_length=1, max_length=100, description="As it is said in public.")
    spellings: tuple[str, ...] = Field(default=(), description="Other ways in which senders write it.")

    def written(self) -> Iterator[str]:
        """Every way to write it."""
        yield self.code
        yield self.name
        yield from self.spellings


def fold(name: str) -> str:
    """A name for comparing: one space between words, no capitals, one Unicode form."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def word_key(text: str) -> str:
    """Words for comparing: no marks, capitals or punctuation; usual abbreviations in full, and no `Phòng` at the beginning.

    `P. TƯ PHÁP`, `Phòng Tư pháp` and `tu phap` are one. Empty: nothing but punctuation.
    """
    marked = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in marked if not unicodedata.combining(letter))
    words = " ".join(_SHORT.get(word, word) for word in re.findall(r"[^\W_]+", bare)).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "phong" else words)


def said_twice(words: Sequence[ListedWord]) -> list[str]:
    """Spellings by which two entries of one list could be meant."""
    owner: dict[str, ListedWord] = {}
    return [text for word in words for text in word.written() if owner.setdefault(word_key(text), word) is not word]


class Vocabulary:
    """The words of all lists, to be asked for by what a sender wrote."""

    def __init__(self, shared: Iterable[str], units: Mapping[str, Mapping[WordKind, Sequence[ListedWord]]]) -> None:
        self._exact = {fold(word): word for word in shared}
        self._shared: dict[str, str | None] = {}
        for word in self._exact.values():  # two words that differ in their marks alone are told apart by these alone
            key = word_key(word)
            self._shared[key] = None if key in self._shared else word
        self._of_unit = {
            (unit, kind): {word_key(text): word.name for word in words for text in word.written()}
            for unit, kinds in units.items()
            for kind, words in kinds.items()
            if words
        }

    def said(self, kind: WordKind, text: str, units: Iterable[str] = ()) -> str | None:
        """What is meant, as it may be said in public: by the lists of these units in turn, then by what all share."""
        key = ""
        for unit in units:
            own = self._of_unit.get((unit, kind))
            if own is not None:
                key = key or word_key(text)
                if key in own:
                    return own[key]
        return self._exact.get(fold(text)) or self._shared.get(key or word_key(text))
