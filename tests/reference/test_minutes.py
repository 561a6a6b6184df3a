"""Milliseconds of documents and minutes of the timeline are the same moments."""

from hypothesis import given
from hypothesis import strategies as st

from reference import moment
from reference.timeline import minute_of, ms_of_minute, to_instant, to_minute


@given(st.integers(1_400_000_000_000, 2_100_000_000_000))
def test_milliseconds_have_the_minute_of_their_moment(ms: int) -> None:
    assert minute_of(ms) == to_minute(moment(ms))
    assert moment(ms_of_minute(minute_of(ms))) == to_instant(minute_of(ms))
