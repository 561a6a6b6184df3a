"""What a run leaves behind to be judged by: the log, intake's answers, the phone, reports, what the services logged
and measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from contracts import Event
from dunghen.answers import PetitionShares, SheetAnswer
from dunghen.demo.driver import Answers
from dunghen.demo.phone import Phone
from dunghen.log import event_of
from runtime.kafka_admin import LogRecord

Events = Mapping[str, tuple[str, Event]]  # by id: topic, event


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """Of one finished run. `corrected`: how many corrections were sent after a period was frozen.

    It is not written out: `asyncio.run` does that to a result, for an error that nobody sees, and a month is long.
    """

    records: Sequence[LogRecord]
    answers: Answers
    phone: Phone
    reports: Mapping[str, SheetAnswer]
    petitions: PetitionShares
    logs: str
    metrics: str
    now: datetime
    days: tuple[date, date]
    corrected: int = 1

    def events(self) -> Events:
        """Distinct events. Delivery may repeat a record, never an id with another content."""
        return {event.id: (record.topic, event) for record in self.records if (event := event_of(record)) is not None}

    def with_records(self, records: Sequence[LogRecord]) -> "Evidence":
        """The same run with another log."""
        return replace(self, records=records)
