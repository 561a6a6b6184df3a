"""The menu of officers' pages: which pages there are, and for whom. What a page shows is the business of its own route."""

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.web.identity import Person, Role


@dataclass(frozen=True, slots=True)
class Item:
    """A page of the menu."""

    path: str
    words: str
    roles: tuple[Role, ...]


_DUE = tuple(role for role in Role if role is not Role.ADMINISTRATOR)
_LETTERS = (Role.OFFICER, Role.UNIT_HEAD, Role.SIGNER, Role.SUPERVISOR)
_TEXTS = (Role.OFFICER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.ADMINISTRATOR)
_QUALITY = (Role.OFFICER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.OPERATOR)
_HELD = (Role.OFFICER, Role.UNIT_HEAD, Role.OPERATOR)
MENU = (
    Item("/", "Trang chủ", tuple(Role)),
    Item("/due", "Đến hạn", _DUE),
    Item("/letters", "Thư xin lỗi, cảm ơn", _LETTERS),
    Item("/messages", "Tin nhắn", _LETTERS),
    Item("/messages/texts", "Mẫu tin nhắn", _TEXTS),
    Item("/petitions", "Ý kiến của dân", (Role.OFFICER, Role.UNIT_HEAD, Role.INSPECTOR)),
    Item("/meetings", "Tiếp dân, đối thoại", (Role.OFFICER, Role.UNIT_HEAD, Role.INSPECTOR)),
    Item("/figures", "Số liệu", tuple(Role)),
    Item("/quality", "Dữ liệu nhận vào", _QUALITY),
    Item("/quarantine", "Chờ kiểm tra", _HELD),
    Item("/ops", "Vận hành", (Role.OPERATOR, Role.ADMINISTRATOR)),
    Item("/ops/journal", "Nhật ký", (Role.INSPECTOR, Role.ADMINISTRATOR)),
)


def menu_of(person: Person | None) -> Sequence[Item]:
    """What of it a person may use; nothing for nobody."""
    return () if person is None else [item for item in MENU if person.may(*item.roles)]
