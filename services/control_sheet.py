"""The control sheet (Mẫu 06) as PDF/A-2b: sla says what stands in it, without names; the front fills in whom it is of."""

from importlib.resources import files

from pydantic import BaseModel

from runtime.typeset import typeset

BLANK = "........................................................"
_LAYOUT = files("services").joinpath("templates/control.typ").read_bytes()


class SheetLine(BaseModel):
    """Một dòng: cơ quan, thời gian giao nhận, kết quả giải quyết, ghi chú."""

    place: str
    at: str
    result: str
    what: str


class SheetWords(BaseModel):
    """Phiếu kiểm soát quá trình giải quyết hồ sơ, không có tên người. `dated`: the day it was made."""

    code: str
    body: str
    procedure: str
    received: str
    due: str
    made: str
    dated: tuple[int, int, int]
    hands: list[SheetLine]


def render(words: SheetWords, applicant: str = "", phone: str = "") -> bytes:
    """The sheet as one document, with room to write where nothing is given; equal ones give equal bytes."""
    return typeset(_LAYOUT, sheet={**words.model_dump(), "applicant": applicant or BLANK, "phone": phone or BLANK})
