"""The brake: a bad release must stop, not drain a topic into the dead letters."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BrakePolicy:
    """Stop when more than `share` of the last `window` records failed, once `window` records were seen."""

    share: float
    window: int


@dataclass(slots=True)
class BrakeState:
    """The last outcomes, True for a failure."""

    outcomes: deque[bool] = field(default_factory=deque)


def engaged(policy: BrakePolicy, state: BrakeState, failed: int, handled: int) -> bool:
    """Whether a batch with so many failures would engage the brake. Does not change the state."""
    recent = [*state.outcomes, *[True] * failed, *[False] * (handled - failed)][-policy.window :]
    return len(recent) >= policy.window and sum(recent) > policy.share * len(recent)


def remember(policy: BrakePolicy, state: BrakeState, failed: int, handled: int) -> None:
    """Take a handled batch into account."""
    state.outcomes.extend([True] * failed + [False] * (handled - failed))
    while len(state.outcomes) > policy.window:
        state.outcomes.popleft()
