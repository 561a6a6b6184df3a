"""The link in an SMS that opens the letter it tells of: `PAGE/TOKEN` (decision 43).

The token is an HMAC of the dossier's code: a batch that is done again after a crash says the same one. Kept is its digest
alone, so that neither the store nor a topic opens a letter.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reference import moment

LENGTH = 16  # letters of 5 bits: 2^80 tokens, in letters that no GSM-7 text pays double for
LASTS = timedelta(days=90)
_TOKEN = re.compile(f"[a-z2-7]{{{LENGTH}}}")


@dataclass(frozen=True, slots=True)
class LetterLinks:
    """Where letters open, and the key that tokens are made from."""

    page: str
    key: bytes = field(repr=False)

    def token(self, dossier: str) -> str:
        """What opens the letter of a dossier: the same each time, until there is another key."""
        digest = hmac.digest(self.key, b"letter/" + dossier.encode(), "sha256")
        return base64.b32encode(digest[: LENGTH * 5 // 8]).decode().lower()

    def mark(self, dossier: str) -> str:
        """What is kept of it."""
        return digest_of(self.token(dossier))


def digest_of(token: str) -> str:
    """By which a letter is found again. No key is needed: of 2^80 tokens nobody tries all."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether this could be one."""
    return _TOKEN.fullmatch(text) is not None


def has_ended(sent_at: int, now: datetime) -> bool:
    """Whether the link of a letter that was sent then (ms) opens it no more."""
    return now - moment(sent_at) > LASTS
