"""From what was sent to an item: everything that is wrong with it is named; words that only decorate it never refuse it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, TypeAdapter, ValidationError

from reference.phones import read
from services.intake.domain.dossier import Json
from services.intake.domain.items import Contact, Item, LinkedPart, Reappointment, Supplement, TaggedItem
from services.intake.domain.problems import Fault, FaultError, faults_of
from services.intake.domain.words import OTHER, readable

_ITEM: TypeAdapter[Item] = TypeAdapter(TaggedItem)
_INNER: Mapping[str, type[BaseModel]] = {
    "contact": Contact,
    "linked": LinkedPart,
    "supplements": Supplement,
    "reappointed": Reappointment,
}
# Free words and how long they may be: what is longer is cut, what is no text is dropped, and both are counted.
WORDS: Mapping[str, int] = {"step": 200, "department": 200, "decision": 200}
CONTACT_WORDS: Mapping[str, int] = {"name": 200, "address": 500}
CONTACT_CODES: Mapping[str, int] = {"phone": 40, "email": 200}  # half of one is another one: never cut
PART = 200


class Doubled(dict[str, Json]):
    """A JSON object in which a name stands twice, so that nobody knows which value was meant."""

    def __init__(self, values: Mapping[str, Json], names: Iterable[str]) -> None:
        super().__init__(values)
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An item, its fields that nobody knows, and how many of its free words were cut or dropped."""

    item: Item
    unknown: tuple[str, ...] = ()
    cut: int = 0


def parse_item(raw: object) -> Parsed:
    """Check one item, whatever was sent. Raises FaultError naming each field and rule."""
    if not isinstance(raw, Mapping):
        raise FaultError([Fault("item", "object", "phải là một đối tượng JSON")])
    given = _told(raw)
    flat = [name for name in given if isinstance(name, str) and name.startswith("contact_")]
    contact = {name.removeprefix("contact_"): given.pop(name) for name in flat}
    if contact and "contact" not in given:
        given["contact"] = contact
    cut = _cut(given)
    if given.get("type") == "progressed" and "step" not in given and "state" not in given:
        raise FaultError([Fault("step", "missing", "bắt buộc phải có, nếu không có state")])
    try:
        item = _ITEM.validate_python(given)
    except ValidationError as error:
        raise FaultError(faults_of(error)) from None
    return Parsed(item, tuple(_unknown(given, item)), cut)


def _told(raw: Mapping[str, Json]) -> dict[str, Json]:
    """Without what is empty (null, "" and blanks mean that nothing is told) and without blanks around a text.

    Raises FaultError for a name that stands twice.
    """
    if isinstance(raw, Doubled):
        raise FaultError([Fault(name, "twice", "có hai lần trong một đối tượng") for name in raw.names])
    told: dict[str, Json] = {}
    for name, value in raw.items():
        if type(value) is str:
            if text := value.strip():
                told[name] = text if text.isprintable() else readable(text)
        elif isinstance(value, dict):
            told[name] = _told(value)
        elif isinstance(value, list):
            told[name] = [_told(each) if isinstance(each, dict) else each for each in value]
        elif value is not None:
            told[name] = value
    return told


def _cut(given: dict[str, Json]) -> int:
    """Make free words fit, in place; how many had to be."""
    cut = 0
    for name, most in WORDS.items():
        if name in given:
            cut += _fit(given, name, most)
    contact = given.get("contact")
    if isinstance(contact, dict):
        for name, value in list(contact.items()):
            if name in CONTACT_WORDS:
                cut += _fit(contact, name, CONTACT_WORDS[name])
            elif name in CONTACT_CODES and not (type(value) is str and len(value) <= CONTACT_CODES[name]):
                cut += _keep_whole(contact, name, CONTACT_CODES[name])
    elif contact is not None:
        del given["contact"]
        cut += 1
    return cut + _cut_parts(given["linked"]) if "linked" in given else cut


def _cut_parts(linked: Json) -> int:
    cut = 0
    for part in linked if isinstance(linked, list) else ():
        if isinstance(part, dict):
            cut += "part" in part and _fit(part, "part", PART)
            part.setdefault("part", OTHER)
    return cut


def _text(value: Json) -> str | None:
    """As text; a number is one too."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _fit(words: dict[str, Json], name: str, most: int) -> bool:
    value = words[name]
    if type(value) is str and len(value) <= most:
        return False
    text = _text(value)
    if text is None:
        del words[name]
        return True
    words[name] = text[:most]
    return len(text) > most


def _keep_whole(contact: dict[str, Json], name: str, most: int) -> bool:
    text = _text(contact[name])
    if text is not None and len(text) > most:
        text = _numbers(text, most) if name == "phone" else None
    if text is None:
        del contact[name]
        return True
    contact[name] = text
    return False


def _numbers(text: str, most: int) -> str | None:
    """The numbers in it, as many as there is room for; the first is written to."""
    numbers = read(text).mobiles
    while numbers and len("; ".join(numbers)) > most:
        numbers = numbers[:-1]
    return "; ".join(numbers) or None


def _unknown(given: Mapping[str, Json], item: Item) -> Iterable[str]:
    for name in given.keys() - _fields(type(item)):
        yield str(name)
    for name in given.keys() & _INNER.keys():
        value, known = given[name], _fields(_INNER[name])
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and inner.keys() - known:
                yield from (f"{name}.{each}" for each in inner if each not in known)


@cache
def _fields(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(model.model_fields)
