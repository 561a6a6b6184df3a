"""Why a letter of a body that signs digitally waits though it has been approved, and whose a certificate may be."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from reference import Unit

Obstacle = Literal[
    "no-key",
    "wrong-password",
    "not-valid",
    "other-body",
    "other-signer",
    "untrusted",
    "no-timestamp",
    "not-signed",
    "no-paper",
]
# Each look costs a save; a person has to set things right, and then does not want to wait for long.
LOOK_AGAIN = timedelta(minutes=5)

WORDS: dict[Obstacle, str] = {
    "no-key": "máy chủ chưa có tệp khóa ký số của cơ quan",
    "wrong-password": "không mở được tệp khóa ký số: sai mật khẩu hoặc tệp hỏng",
    "not-valid": "chứng thư số của cơ quan đã hết hạn hoặc chưa đến ngày có hiệu lực",
    "other-body": "chứng thư số đã đặt là của cơ quan khác",
    "other-signer": "chứng thư số mang tên một người, không phải người ký in trong thư",
    "untrusted": "chứng thư số không do tổ chức chứng thực đã khai báo cấp",
    "no-timestamp": "máy chủ cấp dấu thời gian không trả lời",
    "not-signed": "chữ ký số vừa tạo không qua được bước kiểm tra",
    "no-paper": "chưa lập được bản PDF của thư để ký số",
}


def names_of(unit: Unit) -> frozenset[str]:
    """What a certificate of a body may call its holder: the body's name, as in the catalogue or on letters, or its code."""
    head = () if unit.letterhead is None else (unit.letterhead.name,)
    return frozenset(folded(name) for name in (unit.code, unit.name, *head))


def is_of(holder: Iterable[str], names: frozenset[str]) -> bool:
    """Whether a certificate whose subject says this is that of a body with these names."""
    return any(folded(value) in names for value in holder)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate says of its holder: whose name it bears, in which offices, whether it says that this is a person, and
    all of it."""

    name: str
    offices: tuple[str, ...]
    personal: bool
    every: tuple[str, ...]


def person_of(subject: Subject, names: frozenset[str]) -> str:
    """The person whom a certificate of a body with these names was given to; "" if to the body itself. One that names the body
    as the office of its holder is somebody's in it."""
    own = folded(subject.name) in names
    return "" if own or not (subject.personal or is_of(subject.offices, names)) else subject.name


def folded(name: str) -> str:
    """A name as it is compared: in whatever case, with whatever spaces, and the people's committee in full or not."""
    plain = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return plain.replace("uỷ ban nhân dân", "ubnd").replace("ủy ban nhân dân", "ubnd")
