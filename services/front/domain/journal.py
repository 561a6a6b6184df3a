"""The journal: who logged in and out, which changes were passed on, and which were refused. It is added to and never changed,
but for the status that a service gave to a change that was noted before it was passed on; a line goes when it was kept long
enough."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """Kinds of entries."""

    LOGIN = "login"
    LOGOUT = "logout"
    CHANGE = "change"
    REFUSED = "refused"
    NAMES = "names"
    DIGEST = "digest"


WORDS = {
    What.LOGIN: "Đăng nhập",
    What.LOGOUT: "Đăng xuất",
    What.CHANGE: "Thay đổi",
    What.REFUSED: "Bị từ chối",
    What.NAMES: "Xem tên người nộp",
    What.DIGEST: "Thư tổng hợp",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `who` is the subject at the issuer, empty where nobody was logged in; `status` 0: the service's answer is not
    known; `why`: of a refusal, what names were opened for, or what became of a digest."""

    id: str
    at: datetime
    what: What
    who: str
    name: str
    method: str = ""
    path: str = ""
    status: int = 0
    why: str = ""
