"""Additions and differences of working time, per second on one core."""

import random
import time

from reference import Timeline, count_due, load_national_calendar
from reference.hours import DEFAULT_HOURS
from reference.timeline import to_instant, to_minute

CASES = 20_000


def run() -> None:
    """Count due dates over 1 to 60 working days, and measure the open time between reception and due date."""
    line = Timeline(load_national_calendar(), DEFAULT_HOURS)
    rng = random.Random(1)
    starts = [to_instant(line.next_open(line.at_position(rng.randint(300_000, 1_200_000)))) for _ in range(CASES)]
    limits = [rng.randint(1, 60) for _ in range(CASES)]
    begin = time.perf_counter()
    dues = [count_due(line, start, (limit, "working_day")).due_at for start, limit in zip(starts, limits, strict=True)]
    middle = time.perf_counter()
    for start, due in zip(starts, dues, strict=True):
        if due is not None:
            line.between(to_minute(start), to_minute(due))
    end = time.perf_counter()
    print(f"worktime: {CASES / (middle - begin):,.0f} due dates/s, {CASES / (end - middle):,.0f} differences/s")
