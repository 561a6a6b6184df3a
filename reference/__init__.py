"""What everybody must agree on: units, procedures, the calendar table, and counting in working time."""

from reference.calendar import CalendarChange, CalendarDay, CalendarTable, load_national_calendar
from reference.catalogue import (
    PORTAL_STATES,
    Letterhead,
    Procedure,
    ProcedureVersion,
    ReferenceData,
    ReferenceDataError,
    State,
    Unit,
)
from reference.derivation import Derivation, Pause, count_due
from reference.folder import Watch, load_reference
from reference.hours import OFFICE_TIME, OpeningHours, Session, moment, moment_or_none
from reference.periods import PeriodKind, kinds_of
from reference.silence import silence
from reference.timeline import Timeline
from reference.vocabulary import WordKind, word_key
from reference.worktime import BeyondCalendarError, LimitError, Readings

__all__ = [
    "OFFICE_TIME",
    "PORTAL_STATES",
    "BeyondCalendarError",
    "CalendarChange",
    "CalendarDay",
    "CalendarTable",
    "Derivation",
    "Letterhead",
    "LimitError",
    "OpeningHours",
    "Pause",
    "PeriodKind",
    "Procedure",
    "ProcedureVersion",
    "Readings",
    "ReferenceData",
    "ReferenceDataError",
    "Session",
    "State",
    "Timeline",
    "Unit",
    "Watch",
    "WordKind",
    "count_due",
    "kinds_of",
    "load_national_calendar",
    "load_reference",
    "moment",
    "moment_or_none",
    "silence",
    "word_key",
]
