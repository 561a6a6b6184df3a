"""Anybody's own texts and numbers, as the notifier would send them: one JSON object per line in, one answer per line out."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from reference.phones import Why, read
from services.notifier.domain.alphabet import Encoding, size_of, unaccented

ENCODINGS: dict[Encoding, Literal["GSM-7", "UCS-2"]] = {"gsm7": "GSM-7", "ucs2": "UCS-2"}


@dataclass(frozen=True, slots=True)
class OfText:
    """What a text is charged as, and what it is and costs without accents."""

    id: object
    encoding: Literal["GSM-7", "UCS-2"]
    parts: int
    unaccented: str
    unaccented_parts: int


@dataclass(frozen=True, slots=True)
class OfPhone:
    """The mobile number of a cell, or why there is none."""

    id: object
    e164: str | None
    reason: Why | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be answered: its number, from 1, the field that is wrong, and how."""

    id: object
    error: str
    line: int
    field: str


Said = OfText | OfPhone | Broken


def answers(lines: Iterable[bytes]) -> Iterator[Said]:
    """An answer per line that is not empty."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield answer(line, number)


def answer(line: bytes, number: int) -> Said:
    """The answer to one line."""
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Broken(None, f"dòng {number}: không phải UTF-8", number, "line")
    except (ValueError, RecursionError):
        return Broken(None, f"dòng {number}: không phải JSON", number, "line")
    if not isinstance(given, dict):
        return Broken(None, f"dòng {number}: phải là một đối tượng JSON", number, "line")
    return _answer(given, number)


def _answer(given: dict[str, object], number: int) -> Said:
    identity, asked = given.get("id"), [name for name in ("text", "phone") if name in given]
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        return Broken(None, f"dòng {number}: id: cần một chuỗi hoặc số nguyên", number, "id")
    if len(asked) != 1:
        what = "chỉ được có một trong hai" if asked else "cần có một trong hai"
        return Broken(identity, f"dòng {number}: text, phone: {what}", number, "text, phone")
    [name] = asked
    value = given[name]
    if not isinstance(value, str):
        return Broken(identity, f"dòng {number}: {name}: phải là một chuỗi", number, name)
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        return Broken(identity, f"dòng {number}: {name}: có nửa ký tự (surrogate) đứng riêng", number, name)
    return _of_text(identity, value) if name == "text" else _of_phone(identity, value)


def _of_text(identity: object, text: str) -> OfText:
    size, plain = size_of(text), unaccented(text)
    return OfText(identity, ENCODINGS[size.encoding], size.parts, plain, size_of(plain).parts)


def _of_phone(identity: object, cell: str) -> OfPhone:
    phones = read(cell)
    return OfPhone(identity, phones.first, phones.reason)


def as_json(said: Said) -> str:
    """An answer as a line."""
    return json.dumps(asdict(said), ensure_ascii=False)
