"""CPU time of deciding alone: the events of a month, in their order, through the rules of each service. No Kafka, no store.

The month is the log of a run of the demo (`./dev demo --out FOLDER`). Per service and type: how often, and microseconds each.
"""

import base64
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from nacl.public import PrivateKey

from contracts import EVENT_TYPES, Event, decode, load_catalogue
from dunghen import PROVINCE
from dunghen.log import read_folder
from reference import ReferenceData, load_reference
from runtime.clock import Clock, SteppedClock
from runtime.outputs import Decision
from runtime.sealing import Sealer
from runtime.store import Document
from services.feedback import app as feedback
from services.feedback.domain import load_forms
from services.feedback.handlers import Context as FeedbackContext
from services.feedback.settings import FeedbackSettings
from services.notifier import app as notifier
from services.notifier.handlers import Context as NotifierContext
from services.reporting import app as reporting
from services.reporting.handlers import Context as ReportingContext
from services.sla import app as sla
from services.sla.handlers import Context as SlaContext
from services.sla.settings import SlaSettings

Handle = Callable[[Document, Event], Decision]
Make = Callable[[ReferenceData, Clock], Handle]


def run(folder: Path, rounds: int) -> None:
    """Print a table; of several rounds the fastest counts. Raises FileNotFoundError where there is no log."""
    records = sorted(read_folder(folder), key=lambda record: (record.timestamp, record.topic, record.partition, record.offset))
    events = [(record.topic, decode(record.value, EVENT_TYPES)) for record in records if record.value]
    reference = load_reference(PROVINCE)
    for service, make in SERVICES.items():
        topics = load_catalogue().read_by(service)
        own = [event for topic, event in events if topic in topics]
        best = min((_time(own, make, reference) for _ in range(rounds)), key=Counter.total)
        counts = Counter(event.type for event in own)
        print(f"{service:9} {len(own):6} events {best.total() / len(own) / 1000:7.1f} us")
        for kind, count in counts.most_common(12):
            print(f"          {count:6} {kind.removeprefix('vn.dunghen.'):32} {best[kind] / count / 1000:7.1f} us")


def _sla(reference: ReferenceData, clock: Clock) -> Handle:
    return sla.rules_of(SlaContext.of(reference, SlaSettings(reference_dir=PROVINCE), clock)).handle


def _notifier(reference: ReferenceData, clock: Clock) -> Handle:
    return notifier.rules_of(NotifierContext(reference, clock)).handle


def _feedback(reference: ReferenceData, clock: Clock) -> Handle:
    key = "1:" + base64.b64encode(bytes(PrivateKey.generate().public_key)).decode()
    given = {"reference_dir": PROVINCE, "contacts_public_key": key, "public_url": "http://localhost"}
    settings = FeedbackSettings.model_validate({**given, "token_key": "k" * 32, "petition_key": "p" * 32}, by_name=True)
    return feedback.rules_of(FeedbackContext(reference, clock, settings, Sealer.parse(key), load_forms())).handle


def _reporting(reference: ReferenceData, clock: Clock) -> Handle:
    return reporting.rules_of(ReportingContext(clock, reference)).handle


SERVICES: dict[str, Make] = {"sla": _sla, "notifier": _notifier, "feedback": _feedback, "reporting": _reporting}


def _time(events: list[Event], make: Make, reference: ReferenceData) -> Counter[str]:
    """Nanoseconds of CPU by type."""
    clock = SteppedClock(min(event.time for event in events))
    handle = make(reference, clock)
    documents: dict[str, Document] = {}
    spent = Counter[str]()
    for event in events:
        clock.set(max(clock.now(), event.time))
        document = documents.get(event.subject) or {"_id": event.subject, "rev": 0}
        begin = time.process_time_ns()
        decision = handle(document, event)
        spent[event.type] += time.process_time_ns() - begin
        documents[event.subject] = decision.document
    return spent
