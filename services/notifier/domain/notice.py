"""A message to the person of a dossier as a state machine, and the hours at which one may be sent.

    Queued -> Claimed -> Accepted -> Delivered, Failed        the gateway took it; a receipt says what became of it
    Claimed -> Queued                                         it certainly was not taken
    Claimed -> Uncertain -> Delivered, Failed                 nobody knows whether it was taken
    Claimed, Queued -> Failed                                 refused for good; no news any more
    Failed -> Delivered                                       a receipt that came late
    Failed, Accepted -> Queued                                by e-mail: it failed for certain, or its receipt is missing
    Uncertain, Failed -> Queued, Accepted                     a person decided: the next round
    Uncertain, Failed, Skipped -> Accepted                    a person posted it as a letter
    Queued -> Skipped                                         not sent, for a reason

All times are milliseconds since 1970. `at` is the time of the cause.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal, TypedDict

from contracts import effect_id
from contracts.notices import Channel, FailKind, Notice, SkipReason
from reference import OFFICE_TIME
from services.changes import By
from services.notifier.domain.locked import Locked

RESULT: Literal["result-ready"] = "result-ready"
APOLOGY: Literal["apology"] = "apology"
SURVEY: Literal["survey"] = "survey"
SMS: Literal["sms"] = "sms"
EMAIL: Literal["email"] = "email"
LETTER: Literal["letter"] = "letter"
RECEIVED: Literal["received"] = "received"
SUPPLEMENT: Literal["supplement-wanted"] = "supplement-wanted"
FEE: Literal["fee-due"] = "fee-due"
REFUSED: Literal["refused"] = "refused"
STOPPED: Literal["stopped"] = "stopped"
BULK: frozenset[Notice] = frozenset((RECEIVED, SURVEY))  # may come in thousands, and nobody waits for them
QUIET_UNTIL, QUIET_FROM = time(7, 0), time(21, 0)
WRITER = "notifier"


class Round(TypedDict, total=False):
    """The field of an event that says which round it is of."""

    round: int


@dataclass(frozen=True, slots=True)
class Way:
    """How far the sending of a message has come. `tries`: how many were in vain; `via`: the gateway it was handed to last.

    `doubt`: that gateway may have it from an earlier try, so that it goes to no other one, whatever a later try comes to.
    `round`: more than 1 after a person decided about it (`by`); `serial`: which of its client ids holds, a new one where the
    gateway may no longer take the one before. `channel`: on which rung of the ladder it is. `corrected`: a person told its
    reader since that it is not so after all. `text_version`: of its unit's own words, in which it was handed over; 0: the
    standard ones.
    """

    tries: int = 0
    via: str = ""
    round: int = 1
    serial: int = 1
    by: By | None = None
    doubt: bool = False
    channel: Channel = SMS
    corrected: bool = False
    text_version: int = 0

    @property
    def over(self) -> "Way":
        """What is kept of it once it has ended."""
        return replace(self, tries=0, via="", doubt=False)

    def said(self) -> Round:
        """The round as events say it: not at all in the first one."""
        return {"round": self.round} if self.round > 1 else {}


START = Way()


@dataclass(frozen=True, slots=True)
class Queued:
    """Due from `next_at` on. `waits_since`: when it was first its turn and the contact was not here (0: it
    was), it is due when that comes; `locked`: it waits for a key."""

    at: int
    next_at: int
    waits_since: int = 0
    way: Way = START
    locked: Locked | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """One process is handing it to the gateway; at `next_at` that process counts as dead. `claim`: which claim it is."""

    at: int
    next_at: int
    waits_since: int = 0
    way: Way = START
    claim: str = ""
    locked: Locked | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took it; taken is not delivered. Or a person says that its reader knows.

    `next_at`: when it is looked whether its receipt has come; `last`: after that a person has to look.
    """

    at: int
    way: Way = START
    next_at: int | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """It reached the phone. `claim`: of a try whose answer has not come yet: its receipt was faster."""

    at: int
    way: Way = START
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not go out, or did not arrive, and is listed for a person. `kind`: temporary: the phone could not be reached in
    time; permanent: because of the recipient; technical: nothing that the recipient could do about; "" was not kept.
    `next_at`: when the next channel is tried, if there is one."""

    at: int
    way: Way = START
    kind: FailKind | Literal[""] = ""
    reason: str = ""
    next_at: int | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Nobody knows whether it was taken: never sent again by itself, listed for a person."""

    at: int
    way: Way = START


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not sent, for a reason; "" was not kept."""

    at: int
    way: Way = START
    reason: SkipReason | Literal[""] = ""


Open = Queued | Claimed
Ended = Accepted | Delivered | Failed | Uncertain | Skipped
Message = Open | Ended


def claim(message: Open, until: int, way: Way | None = None, name: str = "") -> Claimed:
    """Taken by a process, which counts as dead at `until`. `name`: of the claim."""
    return Claimed(message.at, until, message.waits_since, way or message.way, name)


def due_at(message: Message) -> int | None:
    """When something of it is due (ms); None if nothing is."""
    return None if isinstance(message, Delivered | Uncertain | Skipped) else message.next_at


def put_back(message: Claimed, next_at: int) -> Open:
    """This try was certainly in vain: in the queue for any gateway again, or for the one that may have an earlier try."""
    way = replace(message.way, tries=message.way.tries + 1)
    if way.doubt:
        return claim(message, next_at, way)
    return Queued(message.at, next_at, message.waits_since, replace(way, via=""))


def next_window(now: datetime) -> datetime:
    """`now` if messages may be sent, else the next 07:00 (R24)."""
    local = now.astimezone(OFFICE_TIME)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, OFFICE_TIME)


def client_id(dossier: str, name: Notice, serial: int = 1, channel: Channel = SMS) -> str:
    """The id a message keeps at the gateway, over all tries."""
    return effect_id(WRITER, dossier, channel, _counted(name, serial))


def round_of(name: Notice, way: Way) -> str:
    """What names the events of a message: a state is said once in each round on each channel."""
    counted = _counted(name, way.round)
    return counted if way.channel == SMS else f"{way.channel}/{counted}"


def _counted(name: Notice, count: int) -> str:
    """A name with a count in front: behind it, it would be taken for an occasion, which may be any text."""
    return name if count == 1 else f"{count}/{name}"
