"""API keys: one or more per sending system, shown once, with the units they may speak of. Times in ms since 1970."""

import re
from dataclasses import dataclass
from typing import Literal

from services.intake.domain.answers import Mode, Sender

SYSTEM = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
Role = Literal["send", "operate"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key is for. `units` empty: every unit. `numbers`: digests, for a pilot."""

    system: str
    units: tuple[str, ...] = ()
    mode: Mode = "live"
    role: Role = "send"
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: its secret as a hash. `until`: it holds so long; None: until it is ended."""

    id: str
    of: Wanted
    hash: str
    created_at: int
    until: int | None = None
    used_at: int | None = None

    def holds(self, now: int) -> bool:
        """Whether it is taken now."""
        return self.until is None or self.until > now

    @property
    def sender(self) -> Sender:
        """The system behind it, and what that may do."""
        return Sender(self.of.system, frozenset(self.of.units) or None, self.of.mode, frozenset(self.of.numbers))
