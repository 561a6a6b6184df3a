"""Words of others on paper: cleaned of what does not print, and broken into lines between phrases alone."""

import re
import unicodedata
from itertools import pairwise

WIDTH = 22  # capitals of 12.5 points that fit the left column of a letterhead
LONGEST_WORD = 30  # letters; a longer run without a space may break anywhere
_BETWEEN_FIGURES = re.compile(r"(?<=\d) (?=\d)")
_NOT_PRINTED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))  # controls, marks of direction, what is no letter
# A phrase begins with a capital behind a small letter; the name of a place stays with the word for its kind.
_PLACES = (("xã",), ("phường",), ("đặc", "khu"), ("tỉnh",), ("thành", "phố"), ("khu", "vực"), ("thị", "trấn"), ("huyện",))
_JOINING = "và"  # a line may begin with it and never end with it
# What is one phrase even if every word of the name has a capital.
_WHOLE = tuple(
    tuple(phrase.split())
    for phrase in (
        "ủy ban nhân dân",
        "uỷ ban nhân dân",
        "hội đồng nhân dân",
        "phục vụ hành chính công",
        "trung tâm",
        "văn phòng",
    )
)


def cleaned(text: str) -> str:
    """What people wrote, as one line of letters: composed, without controls, marks of direction and doubled spaces."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return " ".join("".join(c for c in composed if unicodedata.category(c) not in _NOT_PRINTED).split())


def breakable(text: str) -> str:
    """With a place to break in every word that is longer than any real one, so that it stays on the page; and none between the
    figures of a phone number."""
    words = (
        "\u200b".join(word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD)) for word in text.split(" ")
    )
    return _BETWEEN_FIGURES.sub("\u00a0", " ".join(words))


def lines_of(name: str, given: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The lines of a letterhead: as given, else as few as fit and about equally long, broken between phrases alone.

    Spaces within a line do not break, except in a phrase that is longer than a line.
    """
    return tuple(line.replace(" ", "\u00a0") if len(line) <= WIDTH + 4 else line for line in given or _filled(_phrases(name)))


def _filled(phrases: list[str]) -> list[str]:
    lines = _greedy(phrases, WIDTH)
    for width in range(WIDTH - 1, 0, -1):
        narrower = _greedy(phrases, width)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def _greedy(phrases: list[str], width: int) -> list[str]:
    lines = [phrases[0]]
    for phrase in phrases[1:]:
        longer = f"{lines[-1]} {phrase}"
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(phrase)
    return lines


def _phrases(name: str) -> list[str]:
    """What a name is made of, in order; joined by spaces it is the name again."""
    words = name.split() or [""]
    folded = [word.casefold() for word in words]
    starts = [place for place in range(len(words)) if place == 0 or _begins(words, folded, place)]
    return [" ".join(words[start:end]) for start, end in pairwise([*starts, len(words)])]


def _begins(words: list[str], folded: list[str], place: int) -> bool:
    """Whether a phrase begins at a word that is not the first."""
    before = folded[place - 1]
    if before == _JOINING or _within(folded, place, (*_WHOLE, *_PLACES)):
        return False
    if folded[place] == _JOINING or any(_stands_at(folded, place, of) for of in (*_WHOLE, *_PLACES)):
        return True
    return words[place][:1].isupper() and not words[place - 1][:1].isupper() and not _names_a_place(folded, place)


def _stands_at(folded: list[str], place: int, phrase: tuple[str, ...]) -> bool:
    return place >= 0 and tuple(folded[place : place + len(phrase)]) == phrase


def _within(folded: list[str], place: int, phrases: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a word stands inside of one of the phrases, behind its first word."""
    return any(_stands_at(folded, place - back, of) for of in phrases for back in range(1, len(of)))


def _names_a_place(folded: list[str], place: int) -> bool:
    """Whether the words right before are the kind of a place (xã Tân Sơn)."""
    return any(_stands_at(folded, place - len(of), of) for of in _PLACES)
