"""What the front asks services for digests, in nobody's name: a bearer that is good for these questions alone."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.parts import Parts
from services.front.domain.digests import Content, Letters, Line, Papers, Part, UnitToday
from services.front.tokens import Bearers

DUTY = "digests"
SECONDS = 10.0  # a service has for an answer


class _Answer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


Answer = TypeVar("Answer", bound=_Answer)


class _Session(_Answer):
    begins: datetime
    ends: datetime


class _Unit(_Answer):
    unit: str
    name: str
    mailboxes: tuple[str, ...]
    working: bool
    session: _Session | None
    warned: int

    def told(self) -> UnitToday:
        session = None if self.session is None else (self.session.begins, self.session.ends)
        return UnitToday(self.unit, self.name, self.mailboxes, self.working, session, self.warned)


class _Units(_Answer):
    warn_hours: int
    units: list[_Unit]


class _Line(_Answer):
    dossier: str
    procedure_name: str
    due_at: datetime
    days_late: int


class _Part(_Answer):
    total: int
    lines: list[_Line]

    def told(self) -> Part:
        lines = (Line(line.dossier, line.procedure_name, line.due_at, line.days_late) for line in self.lines)
        return Part(self.total, tuple(lines))


class _Dates(_Answer):
    late: _Part
    today: _Part
    tomorrow: _Part
    nearing: _Part


class _Letter(_Answer):
    dossier: str
    sign_by: datetime | None


class _Paper(_Answer):
    dossier: str
    printed_on: date


class _Papers(_Answer):
    days: int
    total: int
    lines: list[_Paper]


class _Letters(_Answer):
    total: int
    lines: list[_Letter]
    to_print: int = 0  # an earlier release of notifier says nothing of paper
    unsaid: _Papers = _Papers(days=0, total=0, lines=[])

    def told(self) -> Letters:
        lines = tuple((line.dossier, line.sign_by) for line in self.lines)
        printed = tuple((line.dossier, line.printed_on) for line in self.unsaid.lines)
        return Letters(self.total, lines, self.to_print, Papers(self.unsaid.days, self.unsaid.total, printed))


class _Held(_Answer):
    held: int


class Questions:
    """Asks. `services`: a client of each."""

    def __init__(self, parts: Parts, bearers: Bearers, services: Mapping[str, httpx.AsyncClient]) -> None:
        self._parts, self._bearers, self._services = parts, bearers, services
        self._warn_hours = 0

    async def units(self) -> list[UnitToday] | None:
        """The units and their day; None if sla does not answer."""
        answer = await self._ask("sla", "/v1/digests", _Units)
        if answer is None:
            return None
        self._warn_hours = answer.warn_hours
        return [unit.told() for unit in answer.units]

    async def of(self, unit: str) -> Content | None:
        """What there is to tell a unit; None if sla does not answer: a digest without dates is none."""
        path = f"/v1/digests/{quote(unit)}"
        dates, letters, held = await asyncio.gather(
            self._ask("sla", path, _Dates), self._ask("notifier", path, _Letters), self._ask("intake", path, _Held)
        )
        if dates is None:
            return None
        return Content(
            late=dates.late.told(),
            today=dates.today.told(),
            tomorrow=dates.tomorrow.told(),
            nearing=dates.nearing.told(),
            letters=None if letters is None else letters.told(),
            held=None if held is None else held.held,
            warn_hours=self._warn_hours,
        )

    async def _ask(self, service: str, path: str, model: type[Answer]) -> Answer | None:
        headers = {"authorization": f"Bearer {self._bearers.own(DUTY, self._parts.machine.wall())}"}
        try:
            async with asyncio.timeout(SECONDS):
                got = await self._services[service].get(path, headers=headers)
            return model.model_validate_json(got.raise_for_status().content)
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            self._parts.telemetry.count("services_away", to=service)
            self._parts.log.warning("a service does not answer for digests", to=service, reason=type(error).__name__)
            return None
