"""What faults of gateways come to, at every moment at which notifier may die, stop or lose its store: a table."""

import sys

from runtime.logs import configure_logs
from tests.support.gateway_faults import Outcome, Run, all_runs, table


async def run() -> bool:
    """Play all runs and print their table; False if anybody was told twice, forgotten or harmed."""
    configure_logs("critical")  # what services say of planted faults is of no use here
    outcomes: list[Outcome] = []
    for number, (fault, way, moment) in enumerate(all_runs(), 1):
        outcomes.append(await Run(fault, way, moment).play())
        if number % 100 == 0:
            print(f"{number} runs", file=sys.stderr)
    print(table(outcomes))
    wrong = [outcome for outcome in outcomes if outcome.twice or outcome.never or outcome.harmed]
    for outcome in wrong:
        print(outcome)
    return not wrong
