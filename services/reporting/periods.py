"""Frozen periods: a sheet that stays as it was, and a restatement for each later difference, with its reason."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from contracts import statement_id, to_wire
from reference import OFFICE_TIME, ReferenceData
from runtime.documents import Document
from runtime.intents import Intents
from runtime.outputs import Decision, Output
from runtime.parts import Parts
from services.reporting.domain import DEFINITION, Sheet
from services.reporting.reports import ReportRefusedError, ii06a
from services.reporting.store import PERIODS, ROWS

TOPIC, REPORT = "reports.v1", "II.06a"
REASON = "Sự việc được báo hoặc sửa sau khi chốt kỳ"
Lines = dict[str, dict[str, int]]  # "unit|field" -> column -> figure


class CannotFreezeError(Exception):
    """The period cannot be frozen; the message says why, in Vietnamese."""


class Periods:
    """Freezes II.06a of all units over a period, and watches the frozen ones."""

    def __init__(self, parts: Parts, reference: ReferenceData) -> None:
        self._parts, self._reference = parts, reference
        self.intents = Intents(parts, PERIODS, encode)

    async def freeze(self, first: date, last: date) -> Document:
        """Freeze a period that is over; what is frozen stays as it is. Raises CannotFreezeError, and what ii06a raises."""
        now = self._parts.clock.now()
        if last >= now.astimezone(OFFICE_TIME).date():
            raise CannotFreezeError("Kỳ báo cáo chưa kết thúc.")
        if await self._parts.store.count_by(ROWS, {"dirty": 1}):
            raise CannotFreezeError("Số liệu đang được tính lại, xin thử lại sau giây lát.")
        lines = lines_of(await self._sheet(first, last))
        await self.intents.apply([key_of(first, last)], lambda period: publish(period, first, last, lines, now))
        return await self.get(first, last) or {}

    async def get(self, first: date, last: date) -> Document | None:
        """A frozen period: `lines` as frozen, `stated` as last restated, `changes` per version; None if it is not frozen."""
        return (await self._parts.store.get_many(PERIODS, [key_of(first, last)])).get(key_of(first, last))

    async def all(self) -> list[Document]:
        """All frozen periods, the newest end first."""
        found: list[Document] = []
        while page := await self._parts.store.find(PERIODS, {}, after=(found[-1]["_id"],) * 2 if found else None):
            found += page
        return sorted(found, key=lambda period: (period["last"], period["first"]), reverse=True)

    async def restate(self) -> None:
        """State what has become different in frozen periods since they were last stated."""
        for period in await self.all():
            try:
                lines = lines_of(await self._sheet(date.fromisoformat(period["first"]), date.fromisoformat(period["last"])))
            except ReportRefusedError as error:
                self._parts.log.error("a frozen period cannot be restated", period=period["_id"], rules=error.rules)
                continue
            if lines != period["stated"]:
                now = self._parts.clock.now()
                await self.intents.apply([period["_id"]], partial(restate, lines=lines, now=now))

    async def _sheet(self, first: date, last: date) -> Sheet:
        return await ii06a(self._parts.store, self._reference, first=first, last=last, unit="all")


def key_of(first: date, last: date) -> str:
    """Name of a period's report, also its Kafka key."""
    return f"{REPORT}/{first}/{last}"


def lines_of(sheet: Sheet) -> Lines:
    """A sheet as data, comparable."""
    return {f"{row.unit}|{row.field}": {str(number): value for number, value in row.values.items()} for row in sheet.rows}


def place_of(key: str) -> dict[str, str]:
    """Unit and field of a line."""
    unit, _, field = key.partition("|")
    return {"unit": unit, "field": field}


def publish(period: Document, first: date, last: date, lines: Lines, now: datetime) -> Decision:
    """Freeze: version 1."""
    if "lines" in period:
        return Decision(period)
    stamp = {"first": first.isoformat(), "last": last.isoformat(), "version": 1, "frozen_at": now.isoformat()}
    after = {**period, **stamp, "lines": lines, "stated": lines, "changes": []}
    listed = [{**place_of(key), "columns": own} for key, own in lines.items()]
    return Decision(after, [_speak(after, "published", {"lines": listed}, now)])


def restate(period: Document, lines: Lines, now: datetime) -> Decision:
    """State the differences to what was stated last, as the next version."""
    changes = differences(period["stated"], lines)
    if not changes:
        return Decision(period)
    version = period["version"] + 1
    noted = {"version": version, "at": now.isoformat(), "reason": REASON, "changes": changes}
    after = {**period, "version": version, "stated": lines, "changes": [*period["changes"], noted]}
    return Decision(after, [_speak(after, "restated", {"reason": REASON, "changes": changes}, now)])


def differences(before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Each figure that differs, by unit, field and column."""
    changes = []
    for key in sorted({*before, *after}):
        old, new = before.get(key, {}), after.get(key, {})
        changes += [
            {**place_of(key), "column": column, "before": old.get(column, 0), "after": new.get(column, 0)}
            for column in sorted({*old, *new}, key=int)
            if old.get(column, 0) != new.get(column, 0)
        ]
    return changes


def _speak(period: Document, name: str, more: Mapping[str, Any], now: datetime) -> Output:
    stamp = {"report": REPORT, "first": period["first"], "last": period["last"], "version": period["version"]}
    data = {"at": now.isoformat(), **stamp, "definition": DEFINITION, **more}
    body = {"type": f"vn.dunghen.report.{name}.v1", "time": now.isoformat(), "data": data}
    return Output(TOPIC, period["_id"], statement_id("reporting", period["_id"], "report", period["version"]), body)


def encode(output: Output) -> bytes:
    """An output as a record of reports.v1."""
    return to_wire("/reporting", output.key, output.id, output.body)


def default_period(now: datetime) -> tuple[date, date]:
    """The last thirty days up to today."""
    today = now.astimezone(OFFICE_TIME).date()
    return today - timedelta(days=29), today
