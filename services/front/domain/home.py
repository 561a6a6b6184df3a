"""What the home page offers to whom."""

from dataclasses import dataclass

from services.front.domain.people import ROLES


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of today and where to go with it. `at`: the count of a service's answer, or its list that is counted; `most`:
    as many as one list holds."""

    words: str
    href: str
    roles: tuple[str, ...]
    service: str
    asks: str
    at: str
    most: int = 0


LETTERS = ("officer", "unit-head", "signer", "supervisor")
PAPER = ("officer", "unit-head", "supervisor")  # who prints letters, and who sees to it
DATES = tuple(role for role in ROLES if role != "administrator")

DUE = "/v1/due?limit=1"
ON_PAPER = "/v1/letters-on-paper/counts"
TILES = (
    Tile("thư chờ ký", "/letters", LETTERS, "notifier", "/v1/letters?state=drafted", "letters", 200),
    Tile("hồ sơ đã quá hạn", "/due?urgency=late", DATES, "sla", DUE, "late"),
    Tile("hồ sơ đến hạn hôm nay", "/due?urgency=today", DATES, "sla", DUE, "today"),
    Tile("hồ sơ chờ tiếp nhận", "/due?urgency=unaccepted", DATES, "sla", DUE, "unaccepted"),
    Tile("hồ sơ đến hạn ngày làm việc tới", "/due?urgency=tomorrow", DATES, "sla", DUE, "tomorrow"),
    Tile("thư phải in để gửi", "/letters/on-paper", PAPER, "notifier", ON_PAPER, "wanted"),
    Tile("thư đã in lâu, chưa ghi kết quả", "/letters/on-paper?state=printed", PAPER, "notifier", ON_PAPER, "unsaid"),
)
