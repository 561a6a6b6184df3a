"""`./dev bench [NAME...]`: yardsticks as ratios of one run. All but `worktime`, `decide`, `import`, `hostile`, `gateways`,
`sending` and `letters` need KAFKA_BOOTSTRAP_SERVERS and MONGO_URL."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from benchmarks import (
    day,
    decide,
    feedback,
    figures,
    gateways,
    history,
    hostile,
    intake,
    letters,
    lives,
    memory,
    sending,
    singles,
    storm,
    throughput,
    worktime,
)

Options = argparse.Namespace
Bench = Callable[[str, str, Options], Awaitable[None]]


async def _storms(kafka: str, mongo: str, options: Options) -> None:
    for kind in options.kinds.split(","):
        await storm.run(kafka, mongo, options.storm, kind)


async def _lives(kafka: str, mongo: str, options: Options) -> None:
    await lives.run(kafka, mongo, [float(rate) for rate in options.rates.split(",")], options.seconds)
    await lives.run_ramp(kafka, mongo, [float(rate) for rate in options.ramp.split(",")], options.seconds / 2)


async def _intake(kafka: str, mongo: str, options: Options) -> None:
    await intake.run_lists(kafka, mongo, options.rounds)
    await singles.run(kafka, mongo, options.rounds)


BENCHES: dict[str, Bench] = {
    "memory": lambda kafka, mongo, _: memory.run(kafka, mongo),
    "intake": _intake,
    "lives": _lives,
    "singles": lambda kafka, mongo, options: singles.run(kafka, mongo, options.rounds),
    "workbook": lambda kafka, mongo, _: intake.run_workbook(kafka, mongo),
    "told": lambda kafka, mongo, options: lives.run_told(kafka, mongo, 20.0, options.seconds),
    "outage": lambda kafka, mongo, options: intake.run_outage(kafka, mongo, options.minutes),
    "storm": _storms,
    "flat": lambda kafka, mongo, options: throughput.run_flat(kafka, mongo, options.dossiers, (10_000, 1_000_000)),
    "sla": lambda kafka, mongo, options: throughput.run(kafka, mongo, "sla", options.dossiers, options.rounds),
    "rebuild": lambda kafka, mongo, options: figures.run_rebuild(kafka, mongo, options.dossiers),
    "day": lambda _, mongo, __: day.run(mongo, 100_000),
    "feedback": lambda _, mongo, options: feedback.run(mongo, options.rounds, options.items),
    "year": lambda _, mongo, __: figures.run_year(mongo, (10_000, 1_000_000)),
    "reporting": lambda kafka, mongo, options: throughput.run(kafka, mongo, "reporting", options.dossiers, options.rounds),
}
ALONE = ("worktime", "decide", "import", "hostile", "gateways", "sending", "letters")  # need neither Kafka nor MongoDB
USUAL = ("worktime", "memory", "sla")


def main() -> int:
    """Run the named benchmarks, or the usual ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=USUAL, help=", ".join((*ALONE, *BENCHES)))
    parser.add_argument("--dossiers", type=int, default=10_000, help="dossiers for sla and reporting")
    parser.add_argument("--rounds", type=int, default=2, help="alternating rounds of service and bare loop")
    parser.add_argument("--items", type=int, default=100_000, help="petitions in feedback's worklist and in reporting's share")
    parser.add_argument("--minutes", type=float, default=5, help="how long Kafka is down in outage")
    parser.add_argument("--storm", type=int, default=100_000, help="dossiers due at one moment in storm")
    parser.add_argument("--rates", default="5,50", help="lives a second in lives")
    parser.add_argument("--ramp", default="10,20,30,40,60,80", help="lives a second in the ramp of lives, one after the other")
    parser.add_argument("--seconds", type=float, default=40, help="how long each rate of lives lasts")
    parser.add_argument("--log", type=Path, help="log of a demo (./dev demo --out FOLDER), for decide")
    parser.add_argument("--kinds", default="plain,killed,partitions", help="which storms")
    parser.add_argument("--write", action="store_true", help="put the table of hostile into docs/integration/hostile.md")
    options = parser.parse_args()
    if "worktime" in options.names:
        worktime.run()
    if "decide" in options.names:
        if options.log is None:
            parser.error("decide wants --log FOLDER")
        decide.run(options.log, options.rounds)
    if "import" in options.names:
        history.run()
    broken = hostile.run(write=options.write) if "hostile" in options.names else 0
    broken = _about_messages(options.names) or broken
    wanted = [name for name in options.names if name not in ALONE]
    if not wanted:
        return broken
    kafka, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("MONGO_URL")
    if not (kafka and mongo) or any(name not in BENCHES for name in wanted):
        print(f"{', '.join(BENCHES)} need KAFKA_BOOTSTRAP_SERVERS and MONGO_URL; there is no other bench", file=sys.stderr)
        return 2
    for name in wanted:
        asyncio.run(_run(BENCHES[name], kafka, mongo, options))
    return broken


def _about_messages(names: Sequence[str]) -> int:
    """Gateways, letters and how fast messages leave; 1 if something is not as it must be."""
    broken = 0
    if "gateways" in names and not asyncio.run(gateways.run()):
        broken = 1
    if "letters" in names and letters.run():
        broken = 1
    if "sending" in names:
        asyncio.run(sending.run())
    return broken


async def _run(bench: Bench, kafka: str, mongo: str, options: Options) -> None:
    await bench(kafka, mongo, options)


if __name__ == "__main__":
    sys.exit(main())
