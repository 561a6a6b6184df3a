"""Lines of a table that are no dossier: numbers of columns, groups, totals, signatures. They are passed over, and said."""

import re
import unicodedata

from services.intake.domain import Fault, office_time
from services.intake.files.rows import Cell, Cells, DateCell

NUMBERING = "dòng số thứ tự cột"
HEADING = "dòng đầu cột lặp lại"
GROUP = "dòng chỉ có một ô, không phải hồ sơ"
TOTAL = "dòng tổng cộng"
SIGNATURE = "dòng ký tên"
MOST_SAID = 300  # characters
MOST_SIGNERS = 4  # cells in a line of signatures
_CODE = re.compile(r"\s*(?:[0-9]{3}\.|[HG][0-9]{2})")
_SUM = re.compile(r"\s*\)?\s*=[\d\s()+*/:-]+$")  # what a column is made of, behind its number
_TOTAL = re.compile(
    r"(?:tổng(?: cộng| số| hồ sơ| *[:(]| *$| *\d)|lũy kế|luỹ kế|total\b|tổng hợp *[:(]|số (?:lượng )?hồ sơ *:"
    r"|bằng chữ *[:(]|ấn định\b|trong đó\b"
    r"|cộng(?: *$| *[:(]| *\d| (?:tháng|quý|năm|trang|dồn|số|chung|ngày|tuần|cuối)\b))"
)
_SIGNATURE = re.compile(
    r"\(?(?:ký|đã ký|ký tên)\b|.*\b(?:ghi rõ họ|đóng dấu|ký tên)\b"
    r"|(?:người|bên) (?:lập|ghi|tổng hợp|báo cáo|kiểm|duyệt|viết|theo dõi|giao|nhận|ký)\b"
    r"|(?:kt|tm|tl|tuq|q)\.|[kt]/[mtl]\b"
    r"|(?:phó )?(?:chủ tịch|giám đốc|trưởng|chánh|thủ trưởng|tổ trưởng)\b"
    r"|đại diện\b|thừa lệnh\b|thay mặt\b|(?:cán bộ|công chức|lãnh đạo|kế toán|bộ phận)\b"
    r"|(?:.*\W)?ngày\W+(?:\d{1,2}\W+)?tháng\W+(?:\d{1,2}\W+)?năm\b"
    r"|.+, ngày\b|(?:trang|page) \d|(?:ngày|người|giờ) in\b|in ngày\b"
    r"|nơi nhận\b|[-+] ?(?:như|lưu)\b|lưu:|xác nhận\b|danh sách (?:này|trên|có)\b|ghi chú\b"
)


def filled(cells: Cells) -> list[Cell]:
    """The cells that hold something."""
    return [cell for cell in cells if cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())]


class Passing:
    """Tells, line by line of one table, what is no dossier: `code` and `moment` are the places of its code and its time."""

    def __init__(self, code: int, moment: int) -> None:
        self._code, self._moment = code, moment
        self._begun = self._signed = False

    def begin_again(self) -> None:
        """Headings stand here once more, perhaps with numbers under them."""
        self._begun = self._signed = False

    def is_dossier(self, cells: Cells) -> bool:
        """Whether the line has a code, which is so of nearly all: nothing else has to be asked of it."""
        code = cells[self._code] if self._code < len(cells) else None
        if isinstance(code, str) and _CODE.match(code):
            self._begun, self._signed = True, False
            return True
        return False

    def why(self, cells: Cells) -> str:
        """What another line is, or nothing if it has to be a dossier. One with a broken code or a time is not passed over."""
        code, moment = (cells[place] if place < len(cells) else None for place in (self._code, self._moment))
        full = filled(cells)
        if not self._begun and _is_numbering(full):
            return NUMBERING
        if _says(moment):
            return ""
        texts = [_plain(cell) for cell in full if isinstance(cell, str)]
        if any(_TOTAL.match(text) for text in texts):
            return TOTAL
        if _says(code):
            return ""
        if isinstance(code, int | float | Fault):
            return "" if len(full) > 1 else GROUP
        return self._end(full, texts)

    def _end(self, full: Cells, texts: list[str]) -> str:
        """What stands under a table, and lines between its parts."""
        if len(full) <= MOST_SIGNERS and (self._signed or any(_SIGNATURE.match(text) for text in texts)):
            self._signed = True
            return SIGNATURE
        return GROUP if len(full) == 1 else ""


def _says(cell: Cell) -> bool:
    """Whether a cell means to be a code or a time, rightly written or not: a broken one is refused, not passed over."""
    if isinstance(cell, DateCell):
        return True
    if not isinstance(cell, str) or not any(letter.isdigit() for letter in cell):
        return False
    text = _plain(cell)
    return _is_moment(text) or not (text.isdigit() or _TOTAL.match(text) or _SIGNATURE.match(text))


def _is_moment(text: str) -> bool:
    """Whether it is a time with its hour, which under a signature nobody writes."""
    try:
        office_time(text)
    except ValueError:
        return False
    return True


def _is_numbering(cells: Cells) -> bool:
    """The row `(1) (2) (3) …` under the headings of an official form, `A B 1 2 3`, or `1 2 3=2-1`."""
    texts = [_SUM.sub("", str(cell)).strip(" ()") for cell in cells]
    numbers = [text for text in texts if text.isdecimal() and len(text) < 4]
    letters = [text for text in texts if len(text) == 1 and text.isalpha()]
    return (
        len(texts) > 3
        and len(numbers) > 1
        and len(numbers) + len(letters) == len(texts)
        and numbers == sorted(numbers, key=int)
    )


def _plain(cell: Cell) -> str:
    """What a line says of itself stands at the beginning of a cell."""
    return " ".join(unicodedata.normalize("NFC", str(cell)[:MOST_SAID]).casefold().split())
