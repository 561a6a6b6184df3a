"""What feedback keeps locked of petitions, with a key of its own (R34), and the codes that open a petition to its person.

A look-up code stands in no store: its digest does. It is made, like the id, from the form's own number and what was written, so
that a form that is sent twice is one petition with one code.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.lookup import LENGTH, LETTERS
from runtime.sealing import Locker

SHORTEST = 32  # characters of a key
_ID_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Vault:
    """Keys of petitions: the first locks, all of them open."""

    keys: tuple[bytes, ...]
    locker: Locker

    @classmethod
    def of(cls, text: str) -> "Vault":
        """From keys with blanks between. Raises ValueError, without the text, for none and for a short one."""
        keys = tuple(part.encode() for part in text.split())
        if not keys or any(len(key) < SHORTEST for key in keys):
            raise ValueError(f"FEEDBACK_PETITION_KEY: keys of at least {SHORTEST} characters, the new one first")
        return cls(keys, Locker.from_secrets(keys, b"petitions"))

    def lock(self, text: str) -> str:
        """Something written."""
        return self.locker.lock({"text": text})

    def read(self, locked: str) -> str:
        """It again; "" of what was erased. Raises ValueError if it was locked with another key."""
        return str(self.locker.unlock(locked)["text"]) if locked else ""

    def lock_file(self, content: bytes) -> bytes:
        """A file that was handed in."""
        return self.locker.lock_bytes(content)

    def read_file(self, locked: bytes) -> bytes:
        """It again. Raises ValueError if it was locked with another key, or altered."""
        return self.locker.unlock_bytes(locked)

    def lock_who(self, who: Mapping[str, str]) -> str:
        """Name and ways to reach a person."""
        return self.locker.lock(who)

    def read_who(self, locked: str | None) -> Mapping[str, str]:
        """They again; nothing of who is not known."""
        return {} if locked is None else self.locker.unlock(locked)

    def name(self, once: str, text: str) -> tuple[str, str]:
        """The letters of an id, and the look-up code, of a form that is sent with this number and these words."""
        made = hashlib.sha256(f"{once}\0{text}".encode()).digest()
        return _letters(self.keys[0], b"id/" + made, _ID_LETTERS), _letters(self.keys[0], b"code/" + made, LENGTH)

    def digests(self, code: str) -> tuple[str, ...]:
        """What a look-up code is found by, the newest key's first: those of older keys open too."""
        made = (hmac.digest(key, b"found/" + code.encode(), "sha256") for key in self.keys)
        return tuple(base64.b64encode(digest).decode() for digest in made)


def _letters(key: bytes, of: bytes, number: int) -> str:
    return "".join(LETTERS[byte & 31] for byte in hmac.digest(key, of, "sha256")[:number])
