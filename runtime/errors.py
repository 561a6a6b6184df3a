"""The reactions a failure can ask for. Nothing else crosses the edge of a handler or a port."""


class Invalid(Exception):  # noqa: N818 - the three reactions read as adjectives
    """Never try again: the record goes to the dead letters. The message must not repeat the input."""


class Unavailable(Exception):  # noqa: N818
    """Try again later: a broker, store or peer does not answer. Nothing is committed."""


class BrakeEngagedError(Exception):
    """Too large a share of records failed: stop the service rather than drain a topic into the dead letters."""


class CannotStartError(Exception):
    """Going on with what is there would be wrong; the message says what to do."""
