"""Whole processes on a real Kafka and a real MongoDB: what the embedded parts cannot prove."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import pytest_asyncio
from rich.console import Console

from contracts.deadlines import DeadlineStated
from contracts.metrics import MetricsCell
from dunghen.commands.topics import apply_topics, remove_topics
from dunghen.demo.checks import Result, evaluate
from dunghen.demo.driver import Fleet, get_report
from dunghen.demo.figures import End, Figures
from dunghen.demo.real import Processes, differences, real_fleet, run_real
from dunghen.demo.view import Progress
from dunghen.log import events_of, read_broker
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.kafka_admin import LogRecord, partition_counts
from tests.flow.support import event, received, until
from tests.real import Real, containers
from tests.support.month import month
from tests.town import Town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="session")]


@dataclass(frozen=True)
class Fortnight:
    """Two weeks of a test's own in the system that these tests share. Days are numbered so that the 2nd is the first Monday."""

    town: Town
    monday: date

    def at(self, day: int, moment: str = "09:00") -> datetime:
        """A moment of the two weeks."""
        return datetime.fromisoformat(f"{self.date(day)}T{moment}").replace(tzinfo=OFFICE_TIME)

    def date(self, day: int) -> date:
        """A day of the two weeks."""
        return self.monday + timedelta(days=day - 2)

    def text(self, day: int, moment: str = "09:00") -> str:
        """The same, as senders write it."""
        return f"{self.date(day)}T{moment}"

    def code(self, number: int, unit: str = "H37.12") -> str:
        """A mã hồ sơ of the first Monday."""
        return f"{unit}-{self.monday:%y%m%d}-{number:04}"

    @property
    def system(self) -> Fleet:
        """The services."""
        return self.town.fleet

    @property
    def processes(self) -> Processes:
        """Their processes."""
        return self.town.processes

    async def said(self, dossier: str, topic: str = "deadlines.v1") -> list[str]:
        """Short types of the distinct events of a dossier on a topic."""
        records = await read_broker(self.town.real.kafka, self.town.prefix, [topic], dossier)
        events = {event.id: event for event in events_of(records) if event.subject == dossier}
        return [event.type.split(".")[-2] for event in events.values()]


@pytest_asyncio.fixture(loop_scope="session")
async def weeks(town: Town) -> Fortnight:
    """All services as processes, on the morning of a Monday."""
    return Fortnight(town, await town.new_fortnight())


def environment(processes: Processes, service: str) -> dict[str, str]:
    """What a person at the command line would export to repair a service."""
    return {**os.environ, **processes.environment(service)}


async def dlq(processes: Processes, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`dunghen dlq ...` as a process."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "dunghen", "dlq", *arguments],
        env=environment(processes, "sla") | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_demo_ends_equal_on_real_parts_with_processes_killed(real: Real, tmp_path: Path) -> None:
    embedded = (await asyncio.to_thread(month, tmp_path)).result
    with Progress(Console(file=StringIO())) as progress:
        evidence, kills = await run_real(real.kafka, real.mongo, tmp_path / "real", progress)
    on_real = evaluate(evidence)
    ends = {code: End(*told) for code, told in embedded["dossiers"].items()}

    assert kills == 16
    assert differences(Result(Figures.model_validate(embedded["figures"]), [], ends), on_real) == []
    assert [check for check in on_real.checks if not check.ok] == []


async def test_a_completion_in_the_log_prevents_overdue_and_letter(weeks: Fortnight) -> None:
    system, processes, one, two = weeks.system, weeks.processes, weeks.code(1), weeks.code(2)
    await system.post([received(code, weeks.text(2), procedure="1.001193") for code in (one, two)])
    await system.settle()
    await system.set_clock(weeks.at(2, "16:00"))
    await processes.kill("sla")
    await system.post([event(one, "completed", weeks.text(2, "16:30"))])
    await system.published()
    await system.set_clock(weeks.at(2, "17:30"))
    await processes.start("sla")
    await system.settle()

    assert await weeks.said(one) == ["set", "settled"]
    assert await weeks.said(two) == ["set", "overdue"]
    assert "drafted" not in await weeks.said(one, "notices.v1")
    assert await weeks.said(two, "notices.v1") == ["drafted"]


async def test_a_service_that_starts_again_counts_by_the_calendar_that_changed(weeks: Fortnight) -> None:
    """Hoàng Vân closes on Wednesday for a storm: 5 working days from Monday end a day later."""
    drive, processes, one = weeks.system, weeks.processes, weeks.code(1)
    closure = {"name": "Đóng cửa vì bão", "source": "Công điện 1", "signer": "Chủ tịch Mẫu", "unit": "H37.12"}
    answer = await drive.clients["sla"].post("/v1/calendar/changes", json={**closure, "days": {str(weeks.date(4)): "off"}})
    assert answer.status_code == 201

    async def all_follow() -> bool:
        logged = [line for line in processes.log_lines() if line.get("event") == "calendar changed"]
        return {line["service"] for line in logged} == {"sla", "notifier", "feedback", "reporting"}

    await until(all_follow)
    await processes.kill("sla")
    await drive.post([received(one, weeks.text(2))])
    await processes.start("sla")
    await drive.settle()

    records = await read_broker(weeks.town.real.kafka, weeks.town.prefix, ["deadlines.v1", "calendar.v1"])
    stated = [event.data for event in events_of(records) if event.subject == one]
    assert sum(record.topic == "calendar.v1" for record in records) == 1
    assert [data.due_at for data in stated if isinstance(data, DeadlineStated)] == [weeks.at(10)]
    assert (await drive.clients["sla"].get("/v1/calendar/changes")).json()["items"][0]["signer"] == "Chủ tịch Mẫu"


async def test_corrected_and_retracted_completions_change_the_sheet_send_nothing_new_and_are_rebuilt_from_the_log(
    weeks: Fortnight,
) -> None:
    system, processes, unit = weeks.system, weeks.processes, "H37.13"  # in which no other test has anything
    kafka, prefix, one = weeks.town.real.kafka, weeks.town.prefix, weeks.code(1, unit)

    async def sheet() -> dict[str, int]:
        report = await get_report(system.clients["reporting"], weeks.date(2), weeks.date(15), unit, "json")
        total: dict[str, int] = report["total"]
        return total

    await system.post([received(one, weeks.text(2), receiving_unit=unit)])
    await system.settle()
    for day in (4, 6, 9, 10):
        await system.set_clock(weeks.at(day, "17:30"))
        await system.settle()
    columns = []
    effects = []
    for item in (
        event(one, "completed", weeks.text(10, "08:00")),
        event(one, "completed", weeks.text(9, "08:00")),
        event(one, "retracted", weeks.text(10, "08:00"), fact="completed"),
    ):
        await system.post([item])
        await system.settle()
        total = await sheet()
        columns.append([total[number] for number in ("9", "10", "11", "13")])
        effects.append([kind for kind in await weeks.said(one) if kind not in ("set", "settled")])

    assert columns == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]]
    assert effects[0] == effects[1] == effects[2]
    assert "overdue" in effects[0]
    before = await read_broker(kafka, prefix, ["metrics.v1"])
    assert "stop the service first" in (await rebuild(processes, "--wait", "0")).stderr
    await processes.terminate("reporting")
    assert (await rebuild(processes)).returncode == 0
    await processes.start("reporting")
    await processes.ready("reporting")
    await system.settle()
    known = {(record.partition, record.offset) for record in before}
    records = await read_broker(kafka, prefix, ["metrics.v1"])
    after = [record for record in records if (record.partition, record.offset) not in known]

    # Silent until it had caught up: each cell is said once, as it stands, with the time it had.
    assert len({record.key for record in after}) == len(after)
    assert cells(after) == cells(before)
    assert await sheet() == total


async def rebuild(processes: Processes, *more: str) -> subprocess.CompletedProcess[str]:
    """`dunghen rebuild reporting` as a process."""
    command = [sys.executable, "-m", "dunghen", "rebuild", "reporting", *more]
    given = environment(processes, "reporting")
    return await asyncio.to_thread(subprocess.run, command, env=given, capture_output=True, text=True, check=False)


def cells(records: Sequence[LogRecord]) -> dict[str, tuple[datetime, dict[str, int]]]:
    """Time and counters of each cell that has any, by its highest revision."""
    newest: dict[str, tuple[int, datetime, dict[str, int]]] = {}
    for said in events_of(records):
        cell = said.data
        if isinstance(cell, MetricsCell) and cell.revision > newest.get(said.subject, (0,))[0]:
            counters = {name: number for name, number in cell.counters.model_dump().items() if number}
            newest[said.subject] = cell.revision, said.time, counters
    return {key: (time, counters) for key, (_, time, counters) in newest.items() if counters}


async def test_a_poison_record_marks_its_dossier_and_the_command_line_lifts_it(weeks: Fortnight, tmp_path: Path) -> None:
    system, processes, one, two = weeks.system, weeks.processes, weeks.code(1), weeks.code(2)
    await system.post([received(one, weeks.text(2))])
    await system.settle()
    facts = await read_broker(weeks.town.real.kafka, weeks.town.prefix, ["dossiers.v1"], one)
    raw = json.loads(next(fact.value for fact in facts if fact.key == one.encode()))
    raw["data"] |= {"version": 2, "channel": "quầy"}
    await weeks.town.write("dossiers.v1", one, json.dumps(raw).encode())
    await system.post([received(two, weeks.text(2))])
    await system.settle()
    listed = await dlq(processes, "ls", "sla")
    place = next(word for word in listed.stdout.split() if word.startswith("dossiers.v1/"))
    fixed = tmp_path / "fixed.json"
    fixed.write_text(json.dumps(raw | {"data": raw["data"] | {"channel": 1}}), "utf-8")

    assert "đang chờ" in listed.stdout
    assert (await dlq(processes, "replay", "sla", place)).returncode == 1
    done = await dlq(processes, "replay", "sla", place, "--value", str(fixed))
    assert done.returncode == 0, done.stderr
    assert "đã xử lý" in (await dlq(processes, "ls", "sla")).stdout
    assert await weeks.said(two) == ["set"]
    assert (await dlq(processes, "discard", "sla", "dossiers.v1/0/999")).returncode == 2


async def test_topics_are_made_as_the_catalogue_says_and_only_once(real: Real) -> None:
    prefix = "topicstest."
    try:
        planned = await apply_topics(real.kafka, prefix, replication=1, partitions=3, dry_run=True)
        assert prefix + "dossiers.v1" not in await partition_counts(real.kafka)
        made = await apply_topics(real.kafka, prefix, replication=1, partitions=3)

        async def all_known() -> bool:  # a broker tells of new topics a little later
            return len([name for name in await partition_counts(real.kafka) if name.startswith(prefix)]) == len(made)

        await until(all_known)
        again = await apply_topics(real.kafka, prefix, replication=1, partitions=5)

        assert [line.replace("sẽ tạo", "đã tạo") for line in planned] == made
        assert (await partition_counts(real.kafka))[prefix + "dossiers.v1"] == 3
        assert all(line.startswith("có sẵn") for line in again)
        # The calendar has one partition, whatever the others have.
        assert [line.split()[2] for line in again if "danh mục muốn 5" not in line] == [prefix + "calendar.v1"]
        assert (await partition_counts(real.kafka))[prefix + "calendar.v1"] == 1
    finally:
        await remove_topics(real.kafka, prefix)


async def test_a_stopped_service_leaves_at_once_and_its_log_holds_no_personal_data(weeks: Fortnight) -> None:
    system, processes = weeks.system, weeks.processes
    person = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
    reception = received(weeks.code(1), weeks.text(2), contact=person)
    await system.post([reception, {"dossier": "0912000007", "type": "Nông Thị Mẫu"}])
    await system.settle()
    begin = asyncio.get_running_loop().time()
    status = await processes.terminate("sla")
    took = asyncio.get_running_loop().time() - begin
    await processes.start("sla")

    assert status == 0
    assert took < 10
    logs = processes.log_text()
    assert '"event": "stopping"' in logs
    assert "0912000007" not in logs
    assert "Nông" not in logs


async def test_the_system_runs_on_containers() -> None:
    clock = SteppedClock(datetime(2026, 3, 2, 10, tzinfo=OFFICE_TIME))
    with containers() as parts:
        async with real_fleet(parts.kafka, parts.mongo, clock, partitions=4) as (system, processes, prefix):
            weeks = Fortnight(Town(parts, system, processes, prefix), date(2026, 3, 2))
            await system.post([received(weeks.code(1), weeks.text(2))])
            await system.settle()
            await system.set_clock(weeks.at(3, "10:00"))
            await system.settle()

            assert await weeks.said(weeks.code(1)) == ["set"]
