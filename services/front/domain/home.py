"""What the home page offers to whom."""

from dataclasses import dataclass

EVERYBODY_INSIDE = ("officer", "unit-head", "signer", "inspector", "reporter", "supervisor", "operator", "administrator")


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of today and where to go with it. `list_at`: the list of a service's answer that is counted; `most`: as many
    as one answer holds."""

    words: str
    href: str
    roles: tuple[str, ...]
    service: str
    asks: str
    list_at: str
    most: int


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go to."""

    words: str
    href: str
    roles: tuple[str, ...]


LETTERS = ("unit-head", "signer", "inspector", "supervisor", "administrator")
FIGURES = ("unit-head", "inspector", "reporter", "supervisor", "administrator")

TILES = (
    Tile("thư xin lỗi chờ ký", "/letters", LETTERS, "notifier", "/v1/letters?state=drafted", "letters", 200),
    Tile("hồ sơ đang quá hạn", "/figures", EVERYBODY_INSIDE, "sla", "/v1/overdue?limit=1000", "items", 1000),
)
MENU = (
    Link("Trang chính", "/", EVERYBODY_INSIDE),
    Link("Bàn ký thư", "/letters", LETTERS),
    Link("Số liệu", "/figures", FIGURES),
    Link("Chất lượng dữ liệu", "/quality", ("officer", "unit-head", "supervisor", "operator", "administrator")),
    Link("Nhật ký", "/ops/journal", ("inspector", "administrator")),
    Link("Thủ tục công khai", "/thu-tuc", EVERYBODY_INSIDE),
)
