"""What became of a digest. It is claimed before it is sent, so that two fronts send one, and a lost answer leaves a trace.

Ages are by the machine's own clock; until when a digest is worth sending is by that of business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.front.domain.digests import Slot

AGAIN = timedelta(minutes=5)  # between tries
STUCK = timedelta(minutes=10)  # a claim is older: the front that made it has died, and nobody knows what it sent


class State(StrEnum):
    """Where a digest is."""

    CLAIMED = "claimed"  # on its way
    WAITING = "waiting"  # to be tried again
    SENT = "sent"  # the server took it for all that are not refused
    QUIET = "quiet"  # there was nothing to tell
    REFUSED = "refused"  # no mailbox takes it
    UNCERTAIN = "uncertain"  # it may have gone out: it is not sent again
    MISSED = "missed"  # the server was away until nobody needed it any more


class Became(StrEnum):
    """What became of a message for one mailbox, as `runtime.mail` says it."""

    TAKEN = "taken"
    REFUSED = "refused"
    BUSY = "busy"
    AWAY = "away"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Mailed:
    """One digest. `at`: of its last change; `claim`: whose it is; `over`: it is not sent after that."""

    id: str
    state: State
    at: datetime
    over: datetime
    claim: str = ""
    pending: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    def due(self, wall: datetime) -> bool:
        """Whether it is to be tried again."""
        return self.state is State.WAITING and wall - self.at >= AGAIN

    def ended(self, now: datetime, wall: datetime) -> "Mailed":
        """As it is once nobody can finish it any more; itself otherwise."""
        if self.state is State.CLAIMED and wall - self.at >= STUCK:
            return replace(self, state=State.UNCERTAIN, at=wall, pending=(), uncertain=(*self.uncertain, *self.pending))
        if self.state is State.WAITING and now > self.over:
            return replace(self, state=State.MISSED, at=wall)
        return self


def quiet(slot: Slot, wall: datetime) -> Mailed:
    """A digest that has nothing to tell."""
    return Mailed(slot.id, State.QUIET, wall, slot.over)


def claimed(slot: Slot, before: Mailed | None, boxes: tuple[str, ...], claim: str, wall: datetime) -> Mailed:
    """Taken by one front: for all mailboxes, or for those that did not take it yet."""
    if before is None:
        return Mailed(slot.id, State.CLAIMED, wall, slot.over, claim, boxes)
    return replace(before, state=State.CLAIMED, at=wall, claim=claim)


def settled(mailed: Mailed, became: Mapping[str, Became], wall: datetime) -> Mailed:
    """What the server said of each mailbox that it was sent to."""

    def those(*outcomes: Became) -> tuple[str, ...]:
        return tuple(box for box in mailed.pending if became.get(box, Became.AWAY) in outcomes)

    after = replace(
        mailed,
        at=wall,
        claim="",
        pending=those(Became.BUSY, Became.AWAY),
        taken=(*mailed.taken, *those(Became.TAKEN)),
        refused=(*mailed.refused, *those(Became.REFUSED)),
        uncertain=(*mailed.uncertain, *those(Became.UNCERTAIN)),
    )
    return replace(after, state=_state(after))


def _state(mailed: Mailed) -> State:
    if mailed.pending:
        return State.WAITING
    if mailed.uncertain:
        return State.UNCERTAIN
    return State.SENT if mailed.taken else State.REFUSED
