"""One dossier's events from all topics as a story in Vietnamese, by time, with reasons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts import Event
from contracts.deadlines import DeadlineStated
from contracts.dossiers import Fact, Refused, Retracted
from contracts.notices import LetterApproved
from dunghen.answers import KeptItem
from dunghen.log import event_of
from dunghen.sentences import sentence_of
from reference import OFFICE_TIME, ReferenceData, moment
from reference.derivation import say_instant
from runtime.deadletters import Letter, letter_of
from runtime.kafka_admin import LogRecord
from services.intake.domain import HELD

_CHAIN = ("intake", "sla", "notifier", "feedback")
LAST = "9"  # sorts behind all sequences
LIFTED = {"replayed": "đã được xử lý lại", "discarded": "đã được bỏ"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event: when it happened, who says it, the sentence, and reasons below it."""

    at: datetime
    recorded: datetime
    source: str
    text: str
    reasons: tuple[str, ...] = ()
    order: tuple[str, int] = ("", 0)  # the sequence of the fact at its root, then how far down the chain it stands


def story_of(dossier: str, records: Iterable[LogRecord], reference: ReferenceData, held: Sequence[KeptItem] = ()) -> list[Line]:
    """What happened to a dossier, in the order in which it happened; a repeated record is told once.

    `held`: what intake keeps of it for a person.
    """
    events: dict[str, Event] = {}
    letters: list[tuple[LogRecord, Letter]] = []
    for record in records:
        if record.topic.endswith(".dlq"):
            letter = letter_of(record.key, record.value, record.headers)
            letters += [(record, letter)] if letter is not None else []
        elif (event := event_of(record)) is not None and event.subject == dossier:
            events.setdefault(event.id, event)
    sequences = {event.id: event.sequence for event in events.values() if event.sequence is not None}
    promised = any(isinstance(event.data, DeadlineStated) for event in events.values())
    lines = [_line(event, reference, sequences, promised=promised) for event in events.values()]
    lines += _dead_letters(dossier, letters)
    lines += [_held(item) for item in held if item.dossier == dossier]
    return sorted(lines, key=lambda line: (line.at, line.recorded, line.order))


def _line(event: Event, reference: ReferenceData, sequences: Mapping[str, int], *, promised: bool) -> Line:
    data, source = event.data, event.source.removeprefix("/")
    at = getattr(data, "at", event.time)  # an event of a newer release may have none
    text, reasons = sentence_of(data, event.type, reference), tuple[str, ...]()
    if isinstance(data, DeadlineStated):
        reasons = tuple(step.text for step in data.derivation)
    elif isinstance(data, Fact):
        text = f"Sửa lại: {text}" if data.version > 1 and not isinstance(data, Retracted) else text
        reasons = _about(data, event.time, promised=promised)
    root = event.sequence if event.sequence is not None else sequences.get(event.correlation or "")
    link = 1 + (_CHAIN.index(source) if source in _CHAIN else len(_CHAIN))
    # What a sender told comes before what follows from it; so does what sla waits for notifier to say.
    order = (LAST if root is None else f"{root:013d}", 0 if isinstance(data, Fact | LetterApproved) else link)
    return Line(at, event.time, source, text, reasons, order)


def _about(fact: Fact, recorded: datetime, *, promised: bool) -> tuple[str, ...]:
    found = []
    if isinstance(fact, Refused) and promised:
        found.append("Hồ sơ không được tiếp nhận: ngày hẹn trả đã ghi không còn hiệu lực.")
    if recorded.astimezone(OFFICE_TIME).date() != fact.at.astimezone(OFFICE_TIME).date():
        found.append(f"Hệ thống nhận được thông tin này lúc {say_instant(recorded)}.")
    return tuple(found)


# --- what waits for a person ----------------------------------------------------------------------------------------------


def _dead_letters(dossier: str, letters: Sequence[tuple[LogRecord, Letter]]) -> list[Line]:
    """Those that concern it, with what became of them; a keyless record is told of where its content names the dossier."""
    places = {letter.place for _, letter in letters if _concerns(letter, dossier)}
    return [_dead_letter(record, letter) for record, letter in letters if letter.place in places]


def _concerns(letter: Letter, dossier: str) -> bool:
    return letter.key == dossier or (not letter.key and dossier.encode() in letter.value)


def _dead_letter(record: LogRecord, letter: Letter) -> Line:
    at, service = moment(record.timestamp), record.topic.removesuffix(".dlq")
    if letter.settled:
        return Line(at, at, service, f"Bản ghi bị giữ lại {letter.place} {LIFTED.get(letter.settled, letter.settled)}.")
    reasons = (f"Lý do kỹ thuật: {letter.reason}", f"Người vận hành xem và xử lý: dunghen dlq ls {service}")
    return Line(at, at, service, f"Một bản ghi không xử lý được, bị giữ lại ở {letter.place}.", reasons)


def _held(item: KeptItem) -> Line:
    at = moment(item.at)
    what = "Đã nhận, chờ cán bộ xử lý" if item.flag else "Chưa nhận, được giữ lại chờ kiểm tra"
    field = f" ({item.field}: {item.value})" if item.field else ""
    reasons = (f"Mục {item.id}; người vận hành xem: dunghen quarantine ls",)
    return Line(at, at, "intake", f"{what}: {HELD.get(item.reason, item.reason)}{field}.", reasons)
