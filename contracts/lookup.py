"""The look-up code of a dossier, which passes from intake over the citizen's receipt to sla (decision 26).

It is derived: whoever has the key can say it again, nobody else can, and no store and no topic holds it.
"""

import hmac
import re
from dataclasses import dataclass

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32: what is written 0 or 1 was O or I
LENGTH = 10  # letters of 5 bits: 2^50 codes
SHORTEST = 32  # characters of a key
PATTERN = f"^[A-Z2-7]{{{LENGTH}}}$"
_KEY = re.compile(r"([1-9][0-9]{0,5}):(\S+)")


@dataclass(frozen=True, slots=True)
class LookupKeys:
    """The keys that hold, the one of the highest epoch first: it makes new codes, all of them open."""

    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str) -> "LookupKeys":
        """From `EPOCH:KEY`, several with blanks between. Raises ValueError, without the text, for what is no such list."""
        found: dict[int, bytes] = {}
        for part in text.split():
            match = _KEY.fullmatch(part)
            if match is None or len(match.group(2)) < SHORTEST or int(match.group(1)) in found:
                raise ValueError(f"LOOKUP_KEY: must be EPOCH:KEY, keys of at least {SHORTEST} characters, each epoch once")
            found[int(match.group(1))] = match.group(2).encode()
        if not found:
            raise ValueError("LOOKUP_KEY: is empty")
        return cls(tuple(found[epoch] for epoch in sorted(found, reverse=True)))

    def code(self, dossier: str) -> str:
        """For the receipt of a dossier: the same each time, until there is a newer key."""
        return _derived(self.keys[0], dossier)

    def opens(self, dossier: str, code: str) -> bool:
        """Whether a code is this dossier's, by any of the keys. What is wrong with a code makes no difference in time."""
        given, right = code.encode(), False
        for key in self.keys:
            right |= hmac.compare_digest(_derived(key, dossier).encode(), given)
        return right


def _derived(key: bytes, dossier: str) -> str:
    digest = hmac.digest(key, b"lookup/" + dossier.encode(), "sha256")
    return "".join(LETTERS[byte & 31] for byte in digest[:LENGTH])


def typed(text: str) -> str | None:
    """A code as people type it: small letters, blanks and dashes between, 0 for O, 1 for I; None for what is no code."""
    code = re.sub(r"[\s\-.]", "", text).upper().translate({ord("0"): "O", ord("1"): "I"})
    return code if re.fullmatch(PATTERN, code) else None
