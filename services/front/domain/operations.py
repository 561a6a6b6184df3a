"""What operators read of the services: which numbers there are, in which words, and when one needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a service counts beside what all count. `most`: above it somebody has to look; `seconds`: it is a time."""

    words: str
    most: int
    href: str = ""
    seconds: bool = False


NUMBERS: Mapping[str, Number] = {
    "held": Number("mục chờ kiểm tra", 0, "/quarantine"),
    "uncertain": Number("hồ sơ có tin nhắn chưa rõ đã gửi hay chưa", 0, "/messages"),
    "figures_seconds": Number("số liệu được tính cách đây", 600, "/figures", seconds=True),
}
DEEDS: Mapping[str, str] = {"replayed": "Xử lý lại", "discarded": "Bỏ", "released": "Nhả phanh"}
# Kinds of reasons that services give, for people; any other is shown as it is.
KINDS: Mapping[str, str] = {
    "not a valid event": "không phải sự kiện hợp lệ",
    "handler failed": "dịch vụ gặp lỗi khi xử lý",
    "could not be saved": "kho dữ liệu không nhận",
}
_STEPS = ((86_400, "ngày"), (3600, "giờ"), (60, "phút"), (1, "giây"))


def span(seconds: float) -> str:
    """A time in one unit: `3 giờ`; of less than a second `0 giây`."""
    whole = max(0, round(seconds))
    size, unit = next((step for step in _STEPS if whole >= step[0]), _STEPS[-1])
    return f"{whole // size} {unit}"


def kind_words(kind: str) -> str:
    """A kind of reasons in words."""
    return KINDS.get(kind, kind) or "không ghi lý do"
