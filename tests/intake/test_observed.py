"""intake: which of two observations of one fact holds."""

from typing import Any

import pytest

from tests.intake.test_intake import RECEIVED, new, take


@pytest.mark.parametrize(("first", "second", "told"), [("09:30", "09:29", 0), ("09:30", "09:30", 0), ("09:30", "09:31", 1)])
def test_of_two_observations_of_one_moment_the_first_that_was_told_holds(first: str, second: str, told: int) -> None:
    """Only what was observed later than what is known is a correction."""

    def done(at: str, observed: str) -> dict[str, Any]:
        moments = {"at": f"2026-03-02T{at}", "observed_at": f"2026-03-02T{observed}"}
        return {"dossier": RECEIVED["dossier"], "type": "completed", **moments}

    document, _, _ = take(new(), done("09:00", first))
    _, outputs, _ = take(document, done("08:30", second))

    assert len(outputs) == told
