"""`./dev bench [NAME...]`: yardsticks as ratios of one run. Needs KAFKA_BOOTSTRAP_SERVERS and MONGO_URL, except `worktime`."""

import argparse
import asyncio
import os
import sys

from benchmarks import intake, memory, throughput, worktime

NAMES = ("worktime", "memory", "intake", "workbook", "outage", "sla", "reporting")


def main() -> int:
    """Run the named benchmarks, or all that can run here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(NAMES))
    parser.add_argument("--dossiers", type=int, default=10_000, help="dossiers for sla and reporting")
    parser.add_argument("--rounds", type=int, default=2, help="alternating rounds of service and bare loop")
    parser.add_argument("--minutes", type=float, default=5, help="how long Kafka is down in outage")
    options = parser.parse_args()
    kafka, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("MONGO_URL")
    wanted = options.names or ["worktime", "memory", "sla"]
    if "worktime" in wanted:
        worktime.run()
    if set(NAMES[1:]).isdisjoint(wanted):
        return 0
    if not (kafka and mongo):
        print(f"{', '.join(NAMES[1:])} need KAFKA_BOOTSTRAP_SERVERS and MONGO_URL", file=sys.stderr)
        return 2
    if "memory" in wanted:
        asyncio.run(memory.run(kafka, mongo))
    if "intake" in wanted:
        asyncio.run(intake.run_lists(kafka, mongo, options.rounds))
    if "workbook" in wanted:
        asyncio.run(intake.run_workbook(kafka, mongo))
    if "outage" in wanted:
        asyncio.run(intake.run_outage(kafka, mongo, options.minutes))
    for name in ("sla", "reporting"):
        if name in wanted:
            asyncio.run(throughput.run(kafka, mongo, name, options.dossiers, options.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
