"""What operators read of the services: which numbers there are, in which words, and when one needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.front.domain.reasons import reason_words


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
_STEPS = ((86_400, "ngày"), (3600, "giờ"), (60, "phút"), (1, "giây"))


def span(seconds: float) -> str:
    """A time in one unit: `3 giờ`; of less than a second `0 giây`."""
    whole = max(0, round(seconds))
    size, unit = next((step for step in _STEPS if whole >= step[0]), _STEPS[-1])
    return f"{whole // size} {unit}"


def kind_words(kind: str) -> str:
    """A reason or a kind of reasons in words."""
    return reason_words(kind) or "không ghi lý do"


def about_words(about: str) -> str:
    """What an act was about: places, the reason of a brake, or a topic and a kind of reasons."""
    topic, colon, kind = about.partition(": ")
    return f"{topic}: {kind_words(kind)}" if colon and " " not in topic else reason_words(about)
