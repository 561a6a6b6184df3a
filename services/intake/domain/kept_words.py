"""Words of senders that no list knows, kept sealed until an officer adds them: how often, since when, in which dossiers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reference import WordKind

MOST_OF_UNIT = 200  # different words
MOST_DOSSIERS = 20


@dataclass(frozen=True, slots=True)
class KeptWords:
    """One wording of one unit. `first`, `last`: when it was met (ms since 1970).

    `dossiers`: where, up to `MOST_DOSSIERS`; empty once there were more: then it is the language of the office and of nobody's
    dossier.
    """

    id: str
    unit: str
    kind: WordKind
    locked: str
    count: int
    first: int
    last: int
    dossiers: tuple[str, ...]

    def met_again(self, other: "KeptWords") -> "KeptWords":
        """With what was met of the same words since."""
        both = self.dossiers and other.dossiers
        dossiers = tuple(dict.fromkeys((*self.dossiers, *other.dossiers))) if both else ()
        return replace(
            self,
            count=self.count + other.count,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            dossiers=dossiers if len(dossiers) <= MOST_DOSSIERS else (),
        )


def surplus(kept: Iterable[KeptWords]) -> list[KeptWords]:
    """What a unit has too many of: the rarest go, of equally rare ones those that were not met for longest."""
    in_order = sorted(kept, key=lambda words: (words.count, words.last, words.id), reverse=True)
    return in_order[MOST_OF_UNIT:]
