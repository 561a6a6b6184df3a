"""When answers that belong to nobody are said: five and more together, or after their month (R40)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from contracts.feedback import FeedbackRatedV2
from services.changes import Once
from services.feedback.domain.responses import Response, due, say
from tests.support.dossiers import at


def response(number: int, day: int, month: int = 3) -> Response:
    when = date(2026, month, day)
    return Response(f"PH-{number:032x}", "H37.12", "1.000894", "f", f"{when:%Y-%m}", {}, when.isoformat())


@pytest.mark.parametrize(
    ("days", "today", "said"),
    [
        ([], 9, 0),
        ([2, 2, 3, 3], 9, 0),
        ([2, 2, 3, 3, 4], 9, 5),
        ([2, 2, 3, 3, 4], 4, 0),  # of today none yet
        ([2, 2, 3, 3, 4], 5, 5),
        ([2] * 5 + [3], 9, 5),  # the sixth waits for four more
        ([2] * 4 + [3] * 3, 9, 7),
        ([2] * 4 + [3] * 3 + [4] * 4, 9, 7),
        ([2] * 5 + [4] * 5, 9, 10),
    ],
)
def test_answers_are_said_five_and_more_at_a_time(days: list[int], today: int, said: int) -> None:
    """R40."""
    waiting = [response(number, day) for number, day in enumerate(days)]

    assert len(due(waiting, date(2026, 3, today))) == said


def test_it_is_the_same_whether_it_is_asked_every_day_or_once() -> None:
    waiting = [response(number, 2 + number * number % 17) for number in range(40)]
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(33)]
    for last in range(1, 33):
        left, said = list(waiting), list[str]()
        for today in days[:last]:
            now = due(left, today)
            said += now
            left = [one for one in left if one.id not in now]
        assert sorted(said) == due(waiting, days[last - 1]), last
    assert all(early <= late for early, late in pairwise([len(due(waiting, today)) for today in days]))


def test_what_was_said_is_not_said_again() -> None:
    said = say(response(1, 2))
    rated = FeedbackRatedV2(at=at(1, "00:00"), unit="H37.12", procedure="1.000894", form="f", month="2026-03", scores={})

    assert said.said == [Once(rated)]
    assert say(said.after).said == ()
