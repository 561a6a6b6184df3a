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


LETTERS = ("officer", "unit-head", "signer", "supervisor")
DATES = tuple(role for role in EVERYBODY_INSIDE if role != "administrator")

TILES = (
    Tile("thư xin lỗi chờ ký", "/letters", LETTERS, "notifier", "/v1/letters?state=drafted", "letters", 200),
    Tile("hồ sơ đang quá hạn", "/figures", DATES, "sla", "/v1/overdue?limit=1000", "items", 1000),
)
MENU = (
    Link("Trang chủ", "/", EVERYBODY_INSIDE),
    Link("Thư xin lỗi", "/letters", LETTERS),
    Link("Số liệu", "/figures", EVERYBODY_INSIDE),
    Link("Dữ liệu nhận vào", "/quality", ("officer", "unit-head", "supervisor", "operator")),
    Link("Nhật ký", "/ops/journal", ("inspector", "administrator")),
    Link("Thủ tục công khai", "/thu-tuc", EVERYBODY_INSIDE),
)
