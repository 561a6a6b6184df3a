"""The units' own texts as this process last read them: few, and wanted for every message."""

from runtime.parts import Parts
from services.notifier.domain.unit_texts import Texts
from services.notifier.store import newest_texts

FRESH_SECONDS = 10.0  # a new text holds for what any instance hands over so long after


class Shelf:
    """What was read, and when."""

    def __init__(self) -> None:
        self.texts: Texts = {}
        self._read_at: float | None = None

    async def refresh(self, parts: Parts) -> None:
        """Read them again if that was long ago. Raises Unavailable: nothing goes out in words that were never read."""
        now = parts.machine.monotonic()
        if self._read_at is None or now - self._read_at >= FRESH_SECONDS:
            self.texts, self._read_at = await newest_texts(parts.store), now

    def is_old(self) -> None:
        """They were just changed here."""
        self._read_at = None
