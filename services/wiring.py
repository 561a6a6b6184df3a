"""What every service's app does the same way: decode events of the contracts, declare its topics for AsyncAPI, take in
changed reference data."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from pathlib import Path

from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode, hide_inputs, load_catalogue
from contracts.calendar import CalendarChanged
from reference import CalendarChange, ReferenceData, ReferenceDataError, Watch, load_reference
from runtime.errors import Invalid
from runtime.jobs import Job
from runtime.log import Record
from runtime.log.kafka import Published
from runtime.log.reader import LogReader, Places
from runtime.parts import Parts

CALENDAR = "calendar.v1"
CALENDAR_SECONDS = 1.0
REFERENCE_SECONDS = 5.0  # between looks at the folder


def decoder() -> Callable[[bytes | None], Event]:
    """Decode one record; what is no valid event is Invalid, by place and rule alone."""

    def decode_record(value: bytes | None) -> Event:
        try:
            return decode(value, EVENT_TYPES)
        except ValidationError as error:
            raise Invalid(f"not a valid event: {hide_inputs(error)}") from None

    return decode_record


def published_by(service: str) -> list[Published]:
    """The topics a service writes, with the payloads they carry."""
    topics = []
    for name, spec in load_catalogue().topics.items():
        if service in spec.writers:
            models = [EVENT_TYPES[full] for full in spec.full_types]
            topics.append(Published(name, reduce(or_, models) if models else bytes, spec.description))
    return topics


def topics_of(service: str) -> tuple[str, ...]:
    """The topics that must be there before a service can run: what it reads, what it writes, the calendar."""
    catalogue = load_catalogue()
    own = (name for name, spec in catalogue.topics.items() if service in spec.writers)
    return tuple(dict.fromkeys((*catalogue.read_by(service), *own, CALENDAR)))


class CalendarFollower:
    """Keeps a service's calendar as calendar.v1 says: all of it before the service takes its first record, then what comes."""

    def __init__(self, reference: ReferenceData, parts: Parts) -> None:
        self._reference, self._parts = reference, parts
        self._reader = LogReader(parts.topics, [CALENDAR])
        self._places: Places = {}

    async def read(self) -> None:
        """Take in everything that is new. Raises Unavailable."""
        more = True
        while more:
            page = await self._reader.read(self._places, 500)
            for record in page.records:
                self._take(record)
            self._places, more = page.places, page.more

    def _take(self, record: Record) -> None:
        """Take in one record; one that is no valid change costs nothing but itself: it is logged, counted and passed over."""
        if record.value is None:
            return
        try:
            event = decode(record.value, EVENT_TYPES)
        except ValidationError as error:
            self._parts.telemetry.count("calendar_records_refused")
            self._parts.log.error("calendar record refused", place=record.place, reason=hide_inputs(error))
            return
        data = event.data
        if isinstance(data, CalendarChanged):
            days = tuple((day.day, day.kind) for day in data.days)
            change = CalendarChange(data.number, event.time, days, data.name, data.source, data.unit, data.confirmed_through)
            self._reference.change_calendar(change)
            self._parts.log.info("calendar changed", number=data.number, days=len(days), scope=data.unit or "province")

    def job(self) -> Job:
        """The job that goes on reading."""
        return Job("calendar", CALENDAR_SECONDS, self.read)


def follow_reference(reference: ReferenceData, folder: Path, parts: Parts) -> Job:
    """The job that takes over changed files without a restart; files that break a rule are named in the log and not used."""
    watch = Watch(folder)

    async def look() -> None:
        if not watch.changed():
            return
        try:
            reference.replace(load_reference(folder))
        except ReferenceDataError as error:
            parts.telemetry.count("job_failures", job="reference")
            parts.log.error("reference data not taken over", faults=str(error).splitlines())
        else:
            parts.log.info("reference data taken over", units=len(reference.units), procedures=len(reference.procedures))

    return Job("reference", REFERENCE_SECONDS, look)
