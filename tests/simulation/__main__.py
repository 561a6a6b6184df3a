"""`./dev simulate`: seeds of one service in virtual time; one that fails is told with the few faults that make it fail."""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.simulation.faults import Fault, Listed
from tests.simulation.feedback import Feedback
from tests.simulation.notifier import Notifier
from tests.simulation.planted import FOUND_BY, PLANTS, Plant, planted
from tests.simulation.shrinking import shrink
from tests.simulation.sla import Sla
from tests.simulation.toy import Toy
from tests.simulation.world import BROKEN, Outcome, Scenario, run_world

SCENARIOS: dict[str, Callable[[], Scenario]] = {"toy": Toy, "sla": Sla, "notifier": Notifier, "feedback": Feedback}
TOLD_LINES = 60
HASH_SEED = "0"  # sets of text are walked in an order that depends on it


def say(line: str) -> None:
    """One line on stdout."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def with_fixed_hashes() -> None:
    """Start this command anew if Python's hashes are random: a seed must play the same everywhere."""
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        environment = {**os.environ, "PYTHONHASHSEED": HASH_SEED}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], environment)  # noqa: S606 - itself


def play(seed: str, faults: Sequence[Fault] | None = None, *, digest: bool = False) -> Outcome:
    """One world; the seed's name begins with its scenario's: toy-17."""
    scenario = SCENARIOS[seed.partition("-")[0]]()
    return run_world(scenario, seed, Listed(faults) if faults is not None else None, digest=digest)


def tell(outcome: Outcome, *, told: bool) -> None:
    """A failing world: what is broken, and the few faults that are enough."""
    say(f"{outcome.seed} fails, {len(outcome.struck)} faults struck:")
    broken = {name for name in BROKEN if getattr(outcome.verdict, name)}
    few = shrink(outcome.struck, lambda faults: any(getattr(play(outcome.seed, faults).verdict, name) for name in broken))
    again = play(outcome.seed, few)
    for line in again.verdict.lines():
        say(f"  {line}")
    say(f"  {len(few)} faults are enough:")
    for fault in again.struck:
        say(f"    {fault}")
    for line in again.told[:TOLD_LINES] if told else ():
        say(f"    | {line}")


def run(service: str, first: int, seeds: int, plant: Plant | None, *, stop: int, told: bool) -> int:
    """Play seeds one after the other; returns how many failed. Stops after `stop` failures."""
    started, faults, broken, failed, played = time.process_time(), Counter[str](), Counter[str](), 0, 0
    with planted(plant):
        for number in range(first, first + seeds):
            outcome = play(f"{service}-{number}")
            played += 1
            faults.update(fault.kind for fault in outcome.struck)
            broken.update({name: len(getattr(outcome.verdict, name)) for name in BROKEN})
            if not outcome.verdict.good:
                failed += 1
                tell(outcome, told=told)
            if failed >= stop:
                break
    seconds = time.process_time() - started
    say(f"{service}: {played} seeds from {first}, {failed} failed, {played / seconds:.0f} seeds per CPU second")
    say("faults: " + ", ".join(f"{count} {kind}" for kind, count in sorted(faults.items())))
    say(", ".join(f"{name} {broken[name]}" for name in BROKEN))
    return failed


def replay_planted() -> int:
    """Each recorded seed: red with its planted fault, green without; returns how many are not so."""
    wrong, recorded = 0, json.loads(FOUND_BY.read_text())
    for plant in PLANTS:
        seed = recorded.get(plant.name, f"{plant.service}-0")
        with planted(plant):
            red = play(seed).verdict
        green = play(seed).verdict
        bites = not red.good and green.good
        wrong += not bites
        what = "; ".join(red.lines()[:1]) or "not found: `./dev simulate --record`"
        say(f"{'ok ' if bites else 'BAD'} {plant.name:38} {seed:10} {what}{'' if green.good else '; fails without it too'}")
    return wrong


def record_planted() -> int:
    """Find every planted fault anew and write down by which seed; returns how many were not found within their bounds."""
    found = {plant.name: seed for plant in PLANTS if (seed := _found_by(plant)) is not None}
    FOUND_BY.write_text(json.dumps(found, indent=2) + "\n")
    return len(PLANTS) - len(found)


def _found_by(plant: Plant) -> str | None:
    for number in range(plant.within):
        seed = f"{plant.service}-{number}"
        with planted(plant):
            red = not play(seed).verdict.good
        if red and play(seed).verdict.good:
            say(f"{plant.name:38} {number + 1:5} of {plant.within} seeds")
            return seed
    say(f"{plant.name:38} not within {plant.within} seeds")
    return None


def plant_of(text: str) -> Plant:
    """The planted fault whose name begins so."""
    wanted = text.lower()
    found = [plant for plant in PLANTS if plant.name.startswith(wanted) or plant.name.partition("-")[0] == wanted]
    exact = [plant for plant in found if wanted in (plant.name, plant.name.partition("-")[0])]
    if len(exact or found) != 1:
        raise argparse.ArgumentTypeError("one of " + ", ".join(plant.name for plant in PLANTS))
    return (exact or found)[0]


def main() -> int:
    """The command; its exit code is 0 if every promise was kept, or the planted fault was found."""
    parser = argparse.ArgumentParser(prog="./dev simulate", description=__doc__)
    parser.add_argument("--service", choices=sorted(SCENARIOS), default="toy")
    parser.add_argument("--seeds", type=int, default=500, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    parser.add_argument("--plant", type=plant_of, help="bring back a known fault and find it: k1, or the begin of another name")
    parser.add_argument("--planted", action="store_true", help="replay the recorded seed of every planted fault")
    parser.add_argument("--record", action="store_true", help="find them all anew and write planted.json")
    parser.add_argument("--digest", metavar="SEED", help="print what one seed comes to, as toy-17, in one number")
    parser.add_argument("--stop", type=int, default=3, help="stop after so many failing seeds")
    parser.add_argument("--told", action="store_true", help="with what the service logged")
    arguments = parser.parse_args()
    if arguments.digest:
        say(play(arguments.digest, digest=True).digest)
        return 0
    if arguments.planted:
        return int(replay_planted() > 0)
    if arguments.record:
        return int(record_planted() > 0)
    plant: Plant | None = arguments.plant
    stop = 1 if plant is not None else arguments.stop
    failed = run(arguments.service, arguments.first, arguments.seeds, plant, stop=stop, told=arguments.told)
    return int((failed > 0) is (plant is None))


if __name__ == "__main__":
    with_fixed_hashes()
    sys.exit(main())
