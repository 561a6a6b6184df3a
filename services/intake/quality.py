"""How good what systems send is: counts per system and day, gathered in memory and written down every few seconds.

A crash loses the counts of those seconds; nothing else depends on them.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.parts import Parts
from runtime.store import Documents
from services.intake.store import Counts, add_counts, counts_of_days

# What is counted, in the order of the page: its heading, and what it means.
KINDS = {
    "accepted": ("Nhận", "sự kiện được nhận"),
    "refused": ("Từ chối", "sự kiện không hợp lệ, trả lại hệ thống gửi"),
    "quarantined": ("Giữ lại", "mã đơn vị, thủ tục hoặc trạng thái chưa có trong danh mục, chờ cán bộ xử lý"),
    "unknown_fields": ("Trường dữ liệu ngoài đặc tả", "trường mà đặc tả không có, không được đọc"),
    "cut_words": ("Chữ bị cắt", "chữ tự do quá dài hoặc không phải chữ, đã cắt hoặc bỏ; phần còn lại vẫn được nhận"),
    "other_words": ("Ngoài danh mục", "tên bước, phòng ban, văn bản không có trong danh mục, ghi là “khác”"),
    "steps_over_budget": ("Quá nhiều bước", "bước vượt số bước được ghi của một hồ sơ; trạng thái kèm theo vẫn được nhận"),
    "junk_phones": ("Số điện thoại không hợp lệ", "số không nhắn tin được"),
    "landline_phones": ("Chỉ có số cố định", "không nhắn tin được: gửi thư hoặc báo tại quầy"),
    "missing_contacts": ("Thiếu liên hệ", "tiếp nhận không kèm liên hệ"),
    "corrections": ("Đính chính", "sự kiện thay một sự kiện đã gửi"),
    "late_reports": ("Báo muộn", "gửi muộn hơn 48 giờ"),
    "stragglers": ("Dữ liệu cũ", "dữ liệu cũ gửi đến sau dữ liệu mới"),
    "guessed_times": ("Thiếu giờ", "trạng thái không kèm thời điểm, lấy lúc nhận tin"),
    "contradictions": ("Mâu thuẫn", "hồ sơ kết thúc trước khi được tiếp nhận, được giữ lại"),
    "promise_changes": ("Đổi hẹn", "ngày hẹn trả bị đổi không lý do"),
}


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
        days: dict[tuple[str, str], dict[str, int]] = {}
        for (system, day, kind), count in gathered.items():
            days.setdefault((system, day), {})[kind] = count
        counts = {self._id(system, day): Counts(system, day, own) for (system, day), own in days.items()}
        return await add_counts(self._parts.store, counts)


async def table(store: Documents, first: date, last: date) -> list[tuple[str, dict[str, int]]]:
    """Counts per system over days, both included, of all instances."""
    sums: dict[str, Counter[str]] = {}
    for counted in await counts_of_days(store, first, last):
        sums.setdefault(counted.system, Counter()).update(counted.counts)
    return [(system, {kind: counts[kind] for kind in KINDS}) for system, counts in sorted(sums.items())]
