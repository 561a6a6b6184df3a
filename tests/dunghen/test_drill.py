"""What a drill says of a log: cases counted by hand. The drill itself runs in tests/connected."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.drill.judged import Figures, Handled, Phase, figures, handled_by, most_waiting, pauses, percentile
from dunghen.drill.scale import Plan
from runtime.kafka_admin import LogRecord

EXAMPLES = Path(__file__).parents[2] / "contracts/examples"
DOSSIER = "H37.12-260302-0001"
ALL = Phase("all", 0, 10_000)


def record(topic: str, kind: str, moment: int, number: int = 1, **data: object) -> LogRecord:
    """A record about the dossier, after the kind's example; records with different numbers have different ids."""
    body = json.loads((EXAMPLES / f"{kind}.json").read_text("utf-8"))
    body |= {"subject": DOSSIER, "id": f"00000000-0000-5000-8000-{number:012}", "data": {**body["data"], **data}}
    return LogRecord(topic, 3, 0, moment, DOSSIER.encode(), json.dumps(body).encode())


def completed(moment: int) -> LogRecord:
    """The fact that all three services answer."""
    return record("dossiers.v1", "dossier.completed", moment)


def test_a_pause_begins_when_something_waits_and_not_before() -> None:
    quiet = [Handled(0, 1000, 1010), Handled(0, 5000, 5030)]
    busy = [Handled(0, 1000, 1010), Handled(0, 1005, 5030), Handled(0, 1006, 5030)]

    assert list(pauses(quiet)) == [(1000, 1010), (5000, 5030)]
    assert list(pauses(busy)) == [(1000, 1010), (1010, 5030)]


def test_one_partition_that_stands_still_is_seen_behind_another_that_goes_on() -> None:
    going = [Handled(0, moment, moment + 10) for moment in range(0, 3000, 100)]
    (found,) = figures([*going, Handled(1, 0, 2995)], [ALL])

    assert (found.pause_ms, found.partition_pause_ms) == (100, 2995)


def test_a_pause_counts_in_the_phase_in_which_it_begins_and_a_fact_in_the_one_in_which_it_came() -> None:
    handled = [Handled(0, 100, 110), Handled(0, 900, 4000), Handled(0, 1500, 4000)]
    first, second = figures(handled, [Phase("first", 0, 1000), Phase("second", 1000, 5000)])

    assert (first.facts, first.pause_ms) == (2, 3100)
    assert (second.facts, second.pause_ms, second.p95_ms) == (1, 0, 2500)


def test_what_waits_is_what_came_and_was_not_said() -> None:
    handled = [Handled(0, 0, 50), Handled(0, 10, 50), Handled(1, 20, None), Handled(0, 60, 70)]

    assert most_waiting(handled, ALL) == 3
    assert most_waiting(handled, Phase("late", 65, 90)) == 2  # the lost one, and the last


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 5), (0.95, 10), (0.99, 10), (0.1, 1)], ids=["half", "most", "nearly-all", "first"]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(list(range(10, 0, -1)), share) == value
    assert percentile([], share) == 0


def test_an_effect_is_matched_with_its_fact() -> None:
    log = [completed(1000), record("deadlines.v1", "deadline.settled", 1200, 2)]

    assert handled_by("sla", log) == [Handled(3, 1000, 1200, ids=1, times=1)]


def test_a_fact_without_its_effect_is_lost() -> None:
    (found,) = figures(handled_by("sla", [completed(1000)]), [ALL])

    assert (found.facts, found.lost, found.ok) == (1, 1, False)


def test_the_same_id_again_is_repeated_and_another_id_is_doubled() -> None:
    once = record("deadlines.v1", "deadline.settled", 1200, 2)
    again, other = replace(once, timestamp=1300), record("deadlines.v1", "deadline.settled", 1400, 3)
    (repeated,) = figures(handled_by("sla", [completed(1000), once, again]), [ALL])
    (doubled,) = figures(handled_by("sla", [completed(1000), once, other]), [ALL])

    assert (repeated.repeated, repeated.doubled, repeated.ok) == (1, 0, True)
    assert (doubled.repeated, doubled.doubled, doubled.ok) == (0, 1, False)


def test_one_message_of_several_is_told_by_its_name() -> None:
    other = record("notices.v1", "notice.queued.v3", 1100, 2, notice="survey")
    result = record("notices.v1", "notice.queued.v3", 1200, 3, notice="result-ready")

    assert handled_by("notifier", [completed(1000), other, result]) == [Handled(3, 1000, 1200)]
    assert figures(handled_by("notifier", [completed(1000), other]), [ALL])[0].lost == 1


def test_a_drill_that_cannot_be_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("MONGO_URL", raising=False)

    for words, reason in (
        (["intake"], "không diễn tập được 'intake'"),
        (["sla", "--from", "3", "--to", "3"], "--from 3 phải nhỏ hơn --to 3"),
        (["sla"], "cần KAFKA_BOOTSTRAP_SERVERS và MONGO_URL"),
    ):
        done = CliRunner().invoke(make_app("drill"), ["drill", "scale", *words])
        assert done.exit_code == 2
        assert reason in done.stderr


@pytest.mark.parametrize(("lost", "doubled"), [(1, 0), (0, 1)], ids=["lost", "doubled"])
def test_a_drill_in_which_something_was_lost_or_doubled_ends_with_1(
    lost: int, doubled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drilled(*_: object) -> list[Figures]:
        return [Figures("1", 1, 10, 0, 0, 0, 0, 0, lost, doubled, 0)]

    monkeypatch.setattr("dunghen.commands.drill.run_drill", drilled)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere:1")
    monkeypatch.setenv("MONGO_URL", "mongodb://nowhere/")
    done = CliRunner().invoke(make_app("drill"), ["drill", "scale", "sla", "--format", "json"])

    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["lost"] == lost
    assert "mất hoặc được xử lý hai lần" in done.stderr


@pytest.mark.parametrize(("p95_ms", "status"), [(4999, 0), (5000, 1)])
def test_a_rolling_restart_ends_with_1_where_its_p95_is_not_below_the_limit(
    p95_ms: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = list[Plan]()

    async def drilled(_bootstrap: str, _mongo: str, plan: Plan, _say: object) -> list[Figures]:
        plans.append(plan)
        return [Figures("2", 1, 10, 0, 0, 0, 0, 9, 0, 0, 0), Figures("2 restarted", 1, 10, 0, 0, 0, 0, p95_ms, 0, 0, 0)]

    monkeypatch.setattr("dunghen.commands.drill.run_drill", drilled)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere:1")
    monkeypatch.setenv("MONGO_URL", "mongodb://nowhere/")
    done = CliRunner().invoke(make_app("drill"), ["drill", "roll", "sla", "--rate", "50"])

    assert done.exit_code == status
    assert plans == [Plan("sla", 2, 2, 50, 20, 24)]
    assert ("không dưới 5 s" in done.stderr) == bool(status)
