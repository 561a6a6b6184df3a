"""How good what systems send is: counts per system and day, gathered in memory and written down every few seconds.

A crash loses the counts of those seconds; nothing else depends on them.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from reference import OFFICE_TIME
from runtime.documents import Document, Documents, Index, Range
from runtime.errors import Unavailable
from runtime.parts import Parts

QUALITY = "quality"
# What is counted, in the order of the page, with what it is called there.
KINDS = {
    "accepted": "Đã nhận",
    "refused": "Từ chối",
    "quarantined": "Giữ lại",
    "unknown_fields": "Trường lạ",
    "junk_phones": "Số điện thoại không nhắn được",
    "missing_contacts": "Thiếu liên hệ",
    "corrections": "Đính chính",
    "late_reports": "Báo muộn trên 48 giờ",
    "stragglers": "Bản cũ đến sau",
    "guessed_times": "Thiếu thời điểm",
    "promise_changes": "Đổi ngày hẹn không lý do",
}


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(QUALITY, [Index("day")])


class Quality:
    """Counts of one instance."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, system: str, kinds: Mapping[str, int]) -> None:
        """Count, for a system, today. Raises KeyError for a kind that is not in the list."""
        day = self._parts.clock.now().astimezone(OFFICE_TIME).date().isoformat()
        for kind, count in kinds.items():
            if kind not in KINDS:
                raise KeyError(kind)
            self._counts[system, day, kind] += count
            self._parts.telemetry.count("quality", count, system=system, kind=kind)

    async def write_down(self) -> None:
        """Add what was counted since the last time to this instance's documents."""
        gathered, self._counts = self._counts, Counter()
        if not gathered:
            return
        try:
            lost = await self._add(gathered)
        except Unavailable:
            self._counts += gathered
            raise
        self._counts += Counter({key: count for key, count in gathered.items() if self._id(*key[:2]) in lost})

    def _id(self, system: str, day: str) -> str:
        return f"{day}/{system}/{self._parts.settings.member_name}"

    async def _add(self, gathered: Counter[tuple[str, str, str]]) -> set[str]:
        ids = {self._id(system, day): (system, day) for system, day, _ in gathered}
        known = await self._parts.store.get_many(QUALITY, ids)
        documents: dict[str, Document] = {}
        for identity, (system, day) in ids.items():
            before = known.get(identity, {"_id": identity, "rev": 0, "system": system, "day": day, "counts": {}})
            documents[identity] = {**before, "counts": dict(before["counts"])}
        for (system, day, kind), count in gathered.items():
            counts = documents[self._id(system, day)]["counts"]
            counts[kind] = counts.get(kind, 0) + count
        return await self._parts.store.save_many(QUALITY, list(documents.values()))


async def table(store: Documents, first: date, last: date) -> list[tuple[str, dict[str, int]]]:
    """Counts per system over days, both included, of all instances."""
    where = {"day": Range(first.isoformat(), last.isoformat())}
    sums: dict[str, Counter[str]] = {}
    after: tuple[Any, str] | None = None
    while True:
        page = await store.find(QUALITY, where, order="day", limit=500, after=after)
        for document in page:
            sums.setdefault(document["system"], Counter()).update(document["counts"])
        if len(page) < 500:
            return [(system, {kind: counts[kind] for kind in KINDS}) for system, counts in sorted(sums.items())]
        after = (page[-1]["day"], page[-1]["_id"])
