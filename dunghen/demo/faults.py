"""`--break`: one fault per check, planted into a copy of the evidence. Each must turn its own item red, and no other."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from dunghen.demo.evidence import Evidence
from dunghen.demo.phone import Phone
from dunghen.log import event_of
from runtime.kafka_admin import LogRecord


@dataclass(frozen=True, slots=True)
class Fault:
    """What is planted, and which item has to notice."""

    what: str
    notices: str
    plant: Callable[[Evidence], Evidence]


def _of(evidence: Evidence, kind: str) -> list[LogRecord]:
    return [record for record in evidence.records if event_of(record).get("type") == f"vn.dunghen.{kind}.v1"]


def _lose_event(evidence: Evidence) -> Evidence:
    lost = event_of(_of(evidence, "dossier.returned")[0])["id"]
    return evidence.with_records([record for record in evidence.records if event_of(record).get("id") != lost])


def _repeat_sms(evidence: Evidence) -> Evidence:
    again = evidence.phone.arrived[0].model_copy(update={"client_id": "another-client-id"})
    return replace(evidence, phone=Phone(evidence.phone.deduplicates, [*evidence.phone.arrived, again]))


def _change_figure(evidence: Evidence) -> Evidence:
    newest = max(_of(evidence, "metrics.cell"), key=lambda record: event_of(record)["data"]["revision"])
    event = event_of(newest)
    counters = event["data"]["counters"]
    event["data"] |= {"revision": event["data"]["revision"] + 1, "counters": {**counters, "received_post": 1_000}}
    changed = replace(newest, offset=newest.offset + 1, value=json.dumps(event).encode())
    return evidence.with_records([*evidence.records, changed])


def _log_phone(evidence: Evidence) -> Evidence:
    return replace(evidence, logs=f'{evidence.logs}\n{{"event": "sent", "to": "{evidence.phone.arrived[0].to}"}}\n')


def _swallow_restatement(evidence: Evidence) -> Evidence:
    restated = _of(evidence, "report.restated")
    return evidence.with_records([record for record in evidence.records if record not in restated])


FAULTS = (
    Fault("mất một sự kiện trong nhật ký", "mất", _lose_event),
    Fault("gửi một tin nhắn hai lần", "SMS trùng", _repeat_sms),
    Fault("sửa một con số đã công bố", "sổ lệch", _change_figure),
    Fault("ghi một số điện thoại vào log", "tên, số ĐT trong topic, log", _log_phone),
    Fault("nuốt một bản chỉnh", "bản chỉnh", _swallow_restatement),
)
