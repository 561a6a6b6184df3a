"""Dead letters: what a document remembers of them, how one is lifted, and how that is said so that it stays lifted.

A record that cannot be handled is parked, untouched, on `<service>.dlq`, and its document notes its place (topic/partition/
offset) under `incomplete`. Lifting a letter (replay through the service's own handler, or discard) moves the place to
`lifted`: a group that is set back meets the record again and passes over it. A *settlement* on the same topic says the same, so
that a store that is made anew from nothing knows it too. Nothing is ever put back on the source topic.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from runtime.errors import Invalid
from runtime.log import Wire
from runtime.outputs import Decision, EventT, Rules
from runtime.store import Document

INCOMPLETE, LIFTED = "incomplete", "lifted"  # fields of a document: places that are missing from it, places that are done
PLACE = ("source-topic", "source-partition", "source-offset")  # headers of a letter and of its settlement
REASON, FIRST_AT, SIZE = "reason", "first-at", "size"  # headers of a letter
SETTLED = "settled"  # header of a settlement
LEFT_OUT, TOO_LARGE = "left-out", "too-large"  # header of a letter that holds no record, only its place and digest
Lifting = Literal["replayed", "discarded"]
LONGEST_KEY = 128


class Changes(Protocol):
    """What changes documents on our own account (runtime.intents)."""

    async def apply(self, ids: Iterable[str], decide: Callable[[Document], Decision]) -> object: ...


# --- what a document remembers -------------------------------------------------------------------------------------------


def mark_incomplete(document: Document, place: str) -> Document:
    """Note on the document which record is missing from it; the document itself if it knows, or if the letter was lifted."""
    if is_parked(document, place) or is_lifted(document, place):
        return document
    return {**document, INCOMPLETE: [*document.get(INCOMPLETE, ()), place]}


def lift(document: Document, place: str) -> Document:
    """The document is whole without this letter; the document itself if that is known."""
    if is_lifted(document, place) and not is_parked(document, place):
        return document
    missing = [other for other in document.get(INCOMPLETE, ()) if other != place]
    after = {key: value for key, value in document.items() if key != INCOMPLETE}
    return {
        **after,
        **({INCOMPLETE: missing} if missing else {}),
        LIFTED: list(dict.fromkeys([*document.get(LIFTED, ()), place])),
    }


def is_parked(document: Document, place: str) -> bool:
    """Whether a letter for this record stands already: no second one is written."""
    return place in document.get(INCOMPLETE, ())


def is_lifted(document: Document, place: str) -> bool:
    """Whether this record was replayed or discarded: whoever meets it again passes over it."""
    return place in document.get(LIFTED, ())


# --- on the topic --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """One parked record as it stands on `<service>.dlq`. `key`: of the record, "" where it can name no document."""

    place: str
    key: str
    raw_key: bytes
    value: bytes
    headers: Mapping[str, str]
    settled: str = ""

    @property
    def reason(self) -> str:
        """Why it was parked, as the service says it; "" of a settlement."""
        return self.headers.get(REASON, "")

    @property
    def kind(self) -> str:
        """Of its reason, as metrics count it: what stands before the first colon."""
        return kind_of(self.reason)

    @property
    def first_at(self) -> datetime | None:
        """When the service met the record first; None of a settlement, and where that is not to be read."""
        try:
            return datetime.fromisoformat(self.headers.get(FIRST_AT, ""))
        except ValueError:
            return None

    @property
    def size(self) -> str:
        """How many bytes the record had that was too large for a letter."""
        return self.headers.get(SIZE, "?")

    @property
    def is_left_out(self) -> bool:
        """Whether the record was too large for a letter: it has to be fetched from its place."""
        return self.headers.get(LEFT_OUT) == TOO_LARGE


def kind_of(reason: str) -> str:
    """What many letters have in common."""
    return reason.partition(":")[0][:40]


def letter_of(key: bytes | None, value: bytes | None, headers: Mapping[str, str]) -> Letter | None:
    """A record of a dead-letter topic; None for one that names no place, so that garbage costs its reader nothing."""
    if any(name not in headers for name in PLACE):
        return None
    place = "/".join(headers[name] for name in PLACE)
    return Letter(place, document_of(key), key or b"", value or b"", headers, headers.get(SETTLED, ""))


def waiting(letters: Iterable[Letter]) -> dict[str, tuple[Letter, bool]]:
    """Letters by place, in the order given, each with whether it still waits: no settlement came after it."""
    found: dict[str, tuple[Letter, bool]] = {}
    for letter in letters:
        known = found.get(letter.place)
        if letter.settled:
            found[letter.place] = (known[0] if known is not None else letter, False)
        elif known is None:
            found[letter.place] = (letter, True)
    return found


def settlement(topic: str, letter: Letter, lifting: Lifting, value: bytes = b"") -> Wire:
    """What says on the topic that a letter was lifted. `value`: what was handled in its place."""
    headers = (*((name, letter.headers[name]) for name in PLACE), (SETTLED, lifting))
    return Wire(topic, "", value, headers, raw_key=letter.raw_key)


def document_of(key: bytes | None) -> str:
    """The document that a record's key names; "" if it can name none."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= LONGEST_KEY else ""


def recalled(
    document: Document, letter: Letter, decode: Callable[[bytes | None], EventT], absorb: Callable[[Document, EventT], Document]
) -> Document:
    """The document with what its dead-letter topic says: missing, or lifted, and then with what was replayed."""
    if not letter.settled:
        return mark_incomplete(document, letter.place)
    if is_lifted(document, letter.place) and not is_parked(document, letter.place):
        return document
    after = lift(document, letter.place)
    if letter.settled != "replayed" or not letter.value:
        return after
    try:
        event = decode(letter.value)
    except Invalid:
        return after
    return absorb(after, event) if event.subject == document["_id"] else after


# --- lifting -------------------------------------------------------------------------------------------------------------


async def replay(rules: Rules[EventT], intents: Changes, letter: Letter, value: bytes) -> None:
    """Handle a letter anew. Raises Invalid if it still is no valid event, or names another document than its key."""
    event = rules.decode(value)
    if event.subject != letter.key:
        raise Invalid("the event's subject is not the record's key")

    def decide(document: Document) -> Decision:
        if is_lifted(document, letter.place) and not is_parked(document, letter.place):
            return Decision(document)
        decision = rules.handle(document, event)
        return Decision(lift(decision.document, letter.place), decision.outputs)

    await intents.apply([letter.key], decide)


async def discard(intents: Changes, letter: Letter) -> None:
    """Give a letter up: the document is whole without it."""
    if letter.key:
        await intents.apply([letter.key], lambda document: Decision(lift(document, letter.place)))
