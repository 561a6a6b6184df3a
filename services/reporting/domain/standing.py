"""How old and how final figures are, in the words that every form carries: paper, workbook, CSV and page alike."""

from dataclasses import dataclass
from datetime import datetime

from reference import OFFICE_TIME

NAMED = 10  # units without data that a form names


@dataclass(frozen=True, slots=True)
class Standing:
    """`counted_at`: all that was heard until then is in the figures; None: not known yet. `newest`: when the newest of what
    they follow from was recorded; None: not asked, or nothing was. `frozen_at`: when the period was frozen; None: it is not.
    `signed`: whether these are the figures of then. `restated`: how often others were stated since. `unheard`: units of the
    form that nothing was ever heard of, by their names: their zeros are no figures."""

    counted_at: datetime | None
    newest: datetime | None = None
    frozen_at: datetime | None = None
    signed: bool = False
    restated: int = 0
    unheard: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """In two sentences, or three."""
        return f"Số liệu tính đến {self._until()}. {self.final}.{self._missing()}"

    def _until(self) -> str:
        if self.counted_at is None:
            return "chưa rõ lúc nào, đang được tính lại"
        until = _when(self.counted_at)
        if self.signed or self.newest is None:
            return until
        return f"{until}, sự việc mới nhất được ghi nhận lúc {_when(self.newest)}"

    def _missing(self) -> str:
        if not self.unheard:
            return ""
        more = len(self.unheard) - NAMED
        return f" Chưa nhận được dữ liệu của {', '.join(self.unheard[:NAMED])}{f' và {more} đơn vị khác' if more > 0 else ''}."

    @property
    def final(self) -> str:
        """Whether anything can still change."""
        if self.frozen_at is None:
            return "Kỳ chưa chốt, số liệu còn thay đổi"
        frozen = f"Đã chốt ngày {self.frozen_at.astimezone(OFFICE_TIME):%d/%m/%Y}"
        if not self.signed:
            return f"{frozen}; đây là số liệu hiện thời, có thể khác biểu đã chốt"
        return f"{frozen}, sau đó có {self.restated} bản chỉnh" if self.restated else frozen


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(OFFICE_TIME):%H:%M} ngày {moment.astimezone(OFFICE_TIME):%d/%m/%Y}"
