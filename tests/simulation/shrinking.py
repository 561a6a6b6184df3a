"""From a failing world to the few faults that make it fail: delta debugging over the list of faults that struck."""

from collections.abc import Callable, Sequence

from tests.simulation.faults import Fault

Fails = Callable[[Sequence[Fault]], bool]


def shrink(faults: Sequence[Fault], fails: Fails, tries: int = 200) -> list[Fault]:
    """The smallest list that was found to fail still (ddmin; Zeller and Hildebrandt 2002), in at most about `tries` runs."""
    current, pieces = list(faults), 2
    while len(current) > 1 and tries > 0:
        smaller, used = _without_one_piece(current, min(pieces, len(current)), fails)
        tries -= used
        if smaller is not None:
            current, pieces = smaller, max(pieces - 1, 2)
        elif pieces >= len(current):
            break
        else:
            pieces = min(2 * pieces, len(current))
    return [] if len(current) == 1 and fails([]) else current


def _without_one_piece(current: Sequence[Fault], pieces: int, fails: Fails) -> tuple[list[Fault] | None, int]:
    size = -(-len(current) // pieces)
    used = 0
    for start in range(0, len(current), size):
        rest = [*current[:start], *current[start + size :]]
        used += 1
        if rest and fails(rest):
            return rest, used
    return None, used
