"""`--break`: one fault per check, planted into a copy of the evidence. Each must turn its own item red, and no other."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from contracts import Event, EventData, encode
from contracts.dossiers import Returned
from contracts.metrics import MetricsCell
from contracts.petitions import PetitionAnswered
from contracts.reports import ReportRestated
from dunghen.demo.evidence import Evidence
from dunghen.demo.petitioners import DENOUNCER
from dunghen.demo.phone import Phone
from dunghen.log import event_of
from runtime.kafka_admin import LogRecord


@dataclass(frozen=True, slots=True)
class Fault:
    """What is planted, and which item has to notice."""

    what: str
    notices: str
    plant: Callable[[Evidence], Evidence]


def _of(evidence: Evidence, kind: type[EventData]) -> list[tuple[LogRecord, Event]]:
    found = ((record, event_of(record)) for record in evidence.records)
    return [(record, event) for record, event in found if event is not None and isinstance(event.data, kind)]


def _lose_event(evidence: Evidence) -> Evidence:
    (_, lost), *_ = _of(evidence, Returned)
    left = [(record, event_of(record)) for record in evidence.records]
    return evidence.with_records([record for record, event in left if event is None or event.id != lost.id])


def _repeat_sms(evidence: Evidence) -> Evidence:
    again = evidence.phone.arrived[0].model_copy(update={"client_id": "another-client-id"})
    return replace(evidence, phone=Phone(evidence.phone.deduplicates, [*evidence.phone.arrived, again]))


def _change_figure(evidence: Evidence) -> Evidence:
    record, event, cell = max(
        ((record, event, event.data) for record, event in _of(evidence, MetricsCell) if isinstance(event.data, MetricsCell)),
        key=lambda found: found[2].revision,
    )
    counters = cell.counters.model_copy(update={"received_post": 1_000})
    planted = cell.model_copy(update={"revision": cell.revision + 1, "counters": counters})
    changed = replace(record, offset=record.offset + 1, value=encode(replace(event, data=planted)))
    return evidence.with_records([*evidence.records, changed])


def _lose_answer(evidence: Evidence) -> Evidence:
    lost = next(
        event.id
        for _, event in _of(evidence, PetitionAnswered)
        if isinstance(event.data, PetitionAnswered) and event.data.kind == "petition" and event.data.in_time
    )
    left = [(record, event_of(record)) for record in evidence.records]
    return evidence.with_records([record for record, event in left if event is None or event.id != lost])


def _name_denouncer(evidence: Evidence) -> Evidence:
    return replace(evidence, metrics=f'{evidence.metrics}\ndunghen_petitions_total{{who="{DENOUNCER["name"]}"}} 1.0\n')


def _log_phone(evidence: Evidence) -> Evidence:
    return replace(evidence, logs=f'{evidence.logs}\n{{"event": "sent", "to": "{evidence.phone.arrived[0].to}"}}\n')


def _swallow_restatement(evidence: Evidence) -> Evidence:
    restated = [record for record, _ in _of(evidence, ReportRestated)]
    return evidence.with_records([record for record in evidence.records if record not in restated])


FAULTS = (
    Fault("mất một sự kiện trong nhật ký", "mất", _lose_event),
    Fault("gửi một tin nhắn hai lần", "SMS trùng", _repeat_sms),
    Fault("sửa một con số đã công bố", "sổ lệch", _change_figure),
    Fault("ghi một số điện thoại vào log", "tên, số ĐT trong topic, log", _log_phone),
    Fault("nuốt một bản chỉnh", "bản chỉnh", _swallow_restatement),
    Fault("mất một trả lời ý kiến", "ý kiến đúng hạn lệch", _lose_answer),
    Fault("ghi tên người tố cáo vào số đo", "người gửi ý kiến, tố cáo trong topic, log, số đo", _name_denouncer),
)
