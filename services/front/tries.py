"""Who guesses codes and links, or floods the form of opinions, is slowed down, and nobody is locked out (decision 26). All of
it is in this process's memory.

Of codes and links wrong ones alone count: each try is taken off what its address and its dossier have left before it is judged,
so that tries at the same time count too, and given back when it was right. An address that has nothing left waits; a dossier at
which many guess is answered later, to everybody alike, and goes on being answered. Of opinions those count that were taken in.
"""

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from runtime.machine import Machine


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many wrong codes at once, and one more after each `seconds`."""

    most: int
    seconds: float


OF_ADDRESS = Allowance(most=20, seconds=5.0)  # many citizens may share one
OF_DOSSIER = Allowance(most=10, seconds=60.0)
OF_LINKS = Allowance(most=200, seconds=1.0)  # surveys are answered on phones, and a carrier's phones share few addresses
OF_SENDER = Allowance(most=30, seconds=60.0)  # opinions taken in
LATER_SECONDS = 2.0  # the answer of a dossier at which many guess
MOST_KEPT = 100_000  # of addresses, and of dossiers; the one that was longest quiet is forgotten
KEY_SECONDS = 86_400.0  # what is kept of an address is good for no longer


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


class Sending(StrEnum):
    """What somebody whom nobody knows sends or opens, beside a look-up of a dossier."""

    SURVEY = "survey"
    LETTER = "letter"  # a link that opens one
    PETITION = "petition"
    CODE = "code"  # a look-up code of a petition, with or without something to add


@dataclass(frozen=True, slots=True)
class Post:
    """One that may be sent on."""

    sending: Sending
    address: bytes


class Tries:
    """Counts tries. Addresses and dossiers are kept as keyed hashes, under a key that ends with the process or after a day."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._begin_day(machine.monotonic())

    def begin(self, address: str, dossier: str | None) -> Try | TooOften:
        """Before a code is judged. `dossier`: None where no code of one was given."""
        now = self._now()
        by = self._hash(f"address/{address}")
        missing = self.addresses.take(by, now)
        if missing:
            return TooOften(missing)
        at = None if dossier is None else self._hash(f"dossier/{dossier}")
        return Try(by, at, later=at is not None and self.dossiers.take(at, now) > 0)

    def forgive(self, one: Try) -> None:
        """It was no wrong code: right, or not judged at all."""
        now = self._now()
        self.addresses.give_back(one.address, now)
        if one.dossier is not None and not one.later:
            self.dossiers.give_back(one.dossier, now)

    def begin_post(self, address: str, sending: Sending) -> Post | TooOften:
        """Before it is sent on."""
        now = self._now()
        by = self._hash(f"address/{address}")
        missing = self._of(sending).take(by, now)
        return TooOften(missing) if missing else Post(sending, by)

    def end_post(self, one: Post, status: int) -> None:
        """What the service said; 0 if nothing. What does not count is given back."""
        counts = status < 400 if one.sending is Sending.PETITION else status == 404
        if not (counts and status):
            now = self._now()
            self._of(one.sending).give_back(one.address, now)

    def _of(self, sending: Sending) -> Buckets:
        """A wrong code is one, whatever it should have opened."""
        links = {Sending.SURVEY: self.links, Sending.LETTER: self.links}
        return {**links, Sending.PETITION: self.senders, Sending.CODE: self.addresses}[sending]

    def _now(self) -> float:
        """Which is also when a key is given up: who was slowed down begins anew."""
        now = self._machine.monotonic()
        if now >= self._until:
            self._begin_day(now)
        return now

    def _begin_day(self, now: float) -> None:
        self._key, self._until = secrets.token_bytes(32), now + KEY_SECONDS
        self.addresses, self.dossiers = Buckets(OF_ADDRESS), Buckets(OF_DOSSIER)
        self.links, self.senders = Buckets(OF_LINKS), Buckets(OF_SENDER)

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")
