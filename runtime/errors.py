"""The reactions a failure can ask for. Nothing else crosses the edge of a handler or a port."""

from collections.abc import Iterable


class Invalid(Exception):  # noqa: N818 - the three reactions read as adjectives
    """Never try again: the record goes to the dead letters. The message must not repeat the input."""


class InvalidDocuments(Invalid):
    """A store refused these documents, each for what it is itself: no retry, no other batch and no other server cures it.

    `ids`: the refused ones, never empty. Others of the same call may or may not have been saved.
    """

    def __init__(self, ids: Iterable[str], why: str) -> None:
        """`why` says the kind of refusal, never the content."""
        self.ids: tuple[str, ...] = tuple(ids)
        super().__init__(f"the store refused {len(self.ids)} of the documents: {why}")


class Unavailable(Exception):  # noqa: N818
    """Try again later: a broker, store or peer does not answer. Nothing is committed."""


class CannotStartError(Exception):
    """Going on with what is there would be wrong; the message says what to do."""


class SettingsError(Exception):
    """Settings are missing or wrong: a line for each, naming the environment variable, never its value."""


CANNOT_START = 78  # exit status, EX_CONFIG of sysexits.h: a person has to do something first
