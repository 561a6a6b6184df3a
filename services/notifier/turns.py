"""Whose turn it is: urgent messages before invitations, and among equals one unit after the other, however much one queued."""

from collections import deque
from collections.abc import Callable

from contracts.facts import epoch_ms
from runtime.parts import Parts
from services.notifier.domain import Dossier
from services.notifier.store import Place, due_lanes, find_due

PAGE = 100
LOOK_SECONDS = 1.0  # so often it is seen who else has something due


class _Lane:
    """What is due in one lane, page by page."""

    def __init__(self, name: str) -> None:
        self.name, self.urgency = name, name[:1]
        self.served = 0  # when it last had its turn
        self.read: deque[Dossier] = deque()
        self.after: Place | None = None
        self.ended = False


class Turns:
    """One pass over what is due. A dossier that is due again later in the pass comes again."""

    def __init__(self, parts: Parts, owns: Callable[[str], bool]) -> None:
        """`owns`: whether a dossier is this instance's."""
        self._parts, self._owns = parts, owns
        self._lanes: dict[str, _Lane] = {}
        self._look_at = 0.0
        self._until, self._turn = 0, 0

    async def next(self, count: int) -> list[Dossier]:
        """The next few dossiers; none if nothing more is due. Raises Unavailable."""
        await self._look()
        taken: list[Dossier] = []
        waiting = list(self._lanes.values())
        while waiting and len(taken) < count:
            lane = min(waiting, key=lambda lane: (lane.urgency, lane.served))
            dossier = await self._read(lane)
            if dossier is None:
                waiting.remove(lane)
                continue
            taken.append(dossier)
            self._turn += 1
            lane.served = self._turn
        return taken

    async def _look(self) -> None:
        """See which lanes there are, at most once in a while. A lane that was at its end is read from its beginning."""
        now = self._parts.machine.monotonic()
        if now < self._look_at:
            return
        self._look_at, self._until = now + LOOK_SECONDS, epoch_ms(self._parts.clock.now())
        names = await due_lanes(self._parts.store, self._until)
        self._lanes = {name: self._lanes.get(name) or _Lane(name) for name in names}
        for lane in self._lanes.values():
            if lane.ended and not lane.read:
                lane.after, lane.ended = None, False

    async def _read(self, lane: _Lane) -> Dossier | None:
        """The next dossier of a lane; None if it has no more."""
        while not lane.read and not lane.ended:
            found, lane.after = await find_due(self._parts.store, lane.name, self._until, PAGE, lane.after)
            lane.ended = lane.after is None
            lane.read.extend(dossier for dossier in found if self._owns(dossier.code))
        return lane.read.popleft() if lane.read else None
