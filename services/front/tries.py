"""Who guesses look-up codes is slowed down, and nobody is locked out (decision 26). All of it is in this process's memory.

Wrong codes alone count: each try is taken off what its address and its dossier have left before it is judged, so that tries
at the same time count too, and given back when it was right. An address that has nothing left waits; a dossier at which
many guess is answered later, to everybody alike, and goes on being answered.
"""

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from runtime.machine import Machine


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many wrong codes at once, and one more after each `seconds`."""

    most: int
    seconds: float


OF_ADDRESS = Allowance(most=20, seconds=5.0)  # many citizens may share one
OF_DOSSIER = Allowance(most=10, seconds=60.0)
LATER_SECONDS = 2.0  # the answer of a dossier at which many guess
MOST_KEPT = 100_000  # of addresses, and of dossiers; the one that was longest quiet is forgotten


class Buckets:
    """What is left to each of many: kept as the moment from which all of it is there again."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._whole_at: OrderedDict[bytes, float] = OrderedDict()

    def take(self, who: bytes, now: float) -> float:
        """Take one; 0 if there was one, else the seconds until there is."""
        whole_at = max(self._whole_at.get(who, now), now) + self._allowance.seconds
        missing = whole_at - now - self._allowance.most * self._allowance.seconds
        if missing > 0:
            return missing
        self._whole_at[who] = whole_at
        self._whole_at.move_to_end(who)
        if len(self) > MOST_KEPT:
            self._whole_at.popitem(last=False)
        return 0.0

    def give_back(self, who: bytes, now: float) -> None:
        """One that was taken for nothing."""
        whole_at = self._whole_at.get(who, now) - self._allowance.seconds
        if whole_at > now:
            self._whole_at[who] = whole_at
        else:
            self._whole_at.pop(who, None)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._whole_at)


@dataclass(frozen=True, slots=True)
class Try:
    """One try that may be made. `later`: its answer has to wait."""

    address: bytes
    dossier: bytes | None
    later: bool


@dataclass(frozen=True, slots=True)
class TooOften:
    """A try that may not be made now."""

    seconds: float


class Tries:
    """Counts tries. Addresses and dossiers are kept as keyed hashes, under a key that ends with the process."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._key = secrets.token_bytes(32)
        self.addresses, self.dossiers = Buckets(OF_ADDRESS), Buckets(OF_DOSSIER)

    def begin(self, address: str, dossier: str | None) -> Try | TooOften:
        """Before a code is judged. `dossier`: None where no code of one was given."""
        now, by = self._machine.monotonic(), self._hash(f"address/{address}")
        missing = self.addresses.take(by, now)
        if missing:
            return TooOften(missing)
        at = None if dossier is None else self._hash(f"dossier/{dossier}")
        return Try(by, at, later=at is not None and self.dossiers.take(at, now) > 0)

    def forgive(self, one: Try) -> None:
        """It was no wrong code: right, or not judged at all."""
        now = self._machine.monotonic()
        self.addresses.give_back(one.address, now)
        if one.dossier is not None and not one.later:
            self.dossiers.give_back(one.dossier, now)

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")
