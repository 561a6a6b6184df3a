"""Keep the province's figures in a DuckDB file: `python examples/keep_figures.py figures.duckdb localhost:9092`.

Reads metrics.v1 and reports.v1 from the beginning to their end, as often as it is started: the highest revision of a cell and
the highest version of a period hold, so that corrections and restatements replace what they correct, nothing is counted twice.
TOPIC_PREFIX is what a province puts before the names of its topics. Needs duckdb, aiokafka and the contracts package.

With `-` instead of a broker it reads messages from standard input and prints what it holds:
`python -m contracts.check_reader python examples/keep_figures.py :memory: -` checks it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import duckdb
from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode, hide_inputs
from contracts.metrics import MetricsCell, PetitionCell
from contracts.reports import ReportChange, ReportPublished, ReportRestated

TOPICS = tuple(os.environ.get("TOPIC_PREFIX", "") + name for name in ("metrics.v1", "reports.v1"))
TABLES = """
create table if not exists cells (
  cell text primary key, role text, unit text, procedure text, day date, revision bigint, as_of timestamptz, definition text
);
create table if not exists figures (cell text, counter text, number bigint, primary key (cell, counter));
create table if not exists petitions (
  cell text primary key, unit text, kind text, channel text, day date, due int, in_time int, answered int, again int,
  published int, revision bigint
);
create table if not exists periods (period text primary key, report text, first date, last date, version int);
create table if not exists lines (
  period text, unit text, field text, "column" int, frozen bigint, stated bigint, primary key (period, unit, field, "column")
);
create or replace view answered_in_time as
  select unit, date_trunc('month', day) as month, sum(in_time) as in_time, sum(due) as due,
    round(100.0 * sum(in_time) / nullif(sum(due), 0), 2) as share
  from petitions group by all;
create or replace view competent as
  select unit, procedure, day, counter, number from cells join figures using (cell) where role = 'competent';
"""
STATED = "insert into lines values (?, ?, ?, ?, 0, ?) on conflict do update set stated = excluded.stated"


class Figures:
    """The tables: `cells` with `figures`, `petitions`, `periods` with `lines` as frozen and as stated last."""

    def __init__(self, path: str) -> None:
        self._db = duckdb.connect(path)
        self._db.execute(TABLES)

    def take(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        """Take in some records, each with its key; all of them, or none if the process dies."""
        self._db.begin()
        for key, value in records:
            if value is None:  # the cell is gone
                self._db.execute("delete from cells where cell = ?", [key])
                self._db.execute("delete from figures where cell = ?", [key])
                self._db.execute("delete from petitions where cell = ?", [key])
                continue
            try:
                event = decode(value, EVENT_TYPES)
            except ValidationError as error:
                sys.stderr.write(f"{key}: not an event, left out: {hide_inputs(error)}\n")
                continue
            if isinstance(event.data, MetricsCell):
                self._take_cell(event, event.data)
            elif isinstance(event.data, PetitionCell):
                self._take_petitions(event.subject, event.data)
            elif isinstance(event.data, ReportPublished | ReportRestated):
                self._take_period(event.subject, event.data)
        self._db.commit()

    def _take_cell(self, event: Event, cell: MetricsCell) -> None:
        known = self._db.execute("select revision from cells where cell = ?", [event.subject]).fetchone()
        if known is not None and known[0] >= cell.revision:
            return
        place = [event.subject, cell.role, cell.unit, cell.procedure, cell.day]
        self._db.execute(
            "insert or replace into cells values (?, ?, ?, ?, ?, ?, ?, ?)", [*place, cell.revision, event.time, cell.definition]
        )
        self._db.execute("delete from figures where cell = ?", [event.subject])
        for name, number in cell.counters.model_dump().items():
            if number:
                self._db.execute("insert into figures values (?, ?, ?)", [event.subject, name, number])

    def _take_petitions(self, key: str, cell: PetitionCell) -> None:
        known = self._db.execute("select revision from petitions where cell = ?", [key]).fetchone()
        if known is not None and known[0] >= cell.revision:
            return
        numbers = [cell.due, cell.in_time, cell.answered, cell.again, cell.published, cell.revision]
        row = [key, cell.unit, cell.kind, cell.channel, cell.day, *numbers]
        self._db.execute("insert or replace into petitions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _take_period(self, period: str, said: ReportPublished | ReportRestated) -> None:
        known = self._db.execute("select version from periods where period = ?", [period]).fetchone()
        if known is not None and known[0] >= said.version:
            return
        stamp = [period, said.report, said.first, said.last, said.version]
        self._db.execute("insert or replace into periods values (?, ?, ?, ?, ?)", stamp)
        if isinstance(said, ReportPublished):
            for line in said.lines:
                for column, number in line.columns.items():
                    place = [period, line.unit, line.field, int(column)]
                    self._db.execute("insert or replace into lines values (?, ?, ?, ?, ?, ?)", [*place, number, number])
            # What is booked here of the period before is in the frozen sheet, and not in the period by its own days.
            self._state(period, [(change, change.before) for change in said.adjustments])
        else:
            self._state(period, [(change, change.after) for change in said.changes])

    def _state(self, period: str, changes: list[tuple[ReportChange, int]]) -> None:
        for change, number in changes:
            place = [period, change.unit, change.field, int(change.column)]
            self._db.execute(
                STATED,
                [*place, number],
            )

    def held(self) -> dict[str, Any]:
        """Everything, as contracts.check_reader wants it."""
        figures: dict[str, dict[str, int]] = {}
        for cell, counter, number in self._db.execute("select cell, counter, number from figures").fetchall():
            figures.setdefault(cell, {})[counter] = number
        sheets: dict[str, Any] = {"frozen": {}, "stated": {}}
        rows = self._db.execute('select period, unit, field, "column", frozen, stated from lines').fetchall()
        for period, unit, field, column, frozen, stated in rows:
            for name, number in (("frozen", frozen), ("stated", stated)):
                sheets[name].setdefault(period, {}).setdefault(f"{unit}|{field}", {})[str(column)] = number
        return {"figures": figures, **sheets}


async def read_to_the_end(figures: Figures, broker: str) -> None:
    """Read both topics from their beginning to where they end now."""
    async with AIOKafkaConsumer(*TOPICS, bootstrap_servers=broker, auto_offset_reset="earliest", group_id=None) as consumer:
        ends: dict[Any, int] = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            batches = await consumer.getmany(timeout_ms=500)
            figures.take((_key(record.key), record.value) for records in batches.values() for record in records)


def _key(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


def _of_line(message: dict[str, Any]) -> tuple[str, bytes | None]:
    value = message["value"]
    return message["key"], None if value is None else json.dumps(value).encode()


def main(path: str, source: str) -> None:
    """Keep the figures of a broker, or of standard input."""
    figures = Figures(path)
    if source != "-":
        asyncio.run(read_to_the_end(figures, source))
        return
    figures.take(_of_line(json.loads(line)) for line in sys.stdin)
    sys.stdout.write(json.dumps(figures.held()))


if __name__ == "__main__":
    main(*sys.argv[1:])
