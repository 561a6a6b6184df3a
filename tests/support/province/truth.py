"""What happened to a dossier of the province, and one item of a request that tells of it. Local times without offset."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from tests.support.province.counting import Limit, Wait

FIRST, NOW = datetime(2026, 3, 23, 7, 0), datetime(2026, 6, 19, 10, 0)  # noqa: DTZ001 - local times
TICK, MINUTE = timedelta(minutes=10), timedelta(minutes=1)
UNITS = ("H37.12", "H37.13", "H37.14")
JUNK = ("00010101000000", "1900-01-01T00:00:00", "99991231235959", 1773100000, {"date": None}, "01/01/1970 00:00")
# Answers of the portal's door to one item.
Answer = Literal["taken", "held", "refused"]


@dataclass(frozen=True)
class Procedure:
    """One of the province's procedures; `fee`: whether a wait for a fee is outside of its limit."""

    code: str
    field: str
    limit: Limit
    fee: bool

    @property
    def entry(self) -> str:
        """Its entry of procedures.yaml."""
        value = "" if self.limit.unit == "same_day" else f'value: "{str(self.limit.value).replace(".", ",")}", '
        limit, fee = f"{{{value}unit: {self.limit.unit}}}", str(self.fee).lower()
        return (
            f'- {{code: "{self.code}", name: Thủ tục {self.code}, field: {self.field}, bodies: [commune],\n'
            f"   versions: [{{valid_from: 2015-01-01, limit: {limit}, pause_on_fee: {fee}}}]}}\n"
        )


_LIMITS = (
    ("90", "minute"), ("4", "hour"), ("1.5", "hour"), ("0.5", "working_day"), ("1.5", "working_day"), ("3", "working_day"),
    ("10", "working_day"), ("2.25", "working_day"), ("10", "calendar_day"), ("1", "month"), ("0", "same_day"),
)  # fmt: skip
PROCEDURES = [
    Procedure(f"1.9990{number:02}", f"Lĩnh vực {number % 3 + 1}", Limit(Decimal(value), unit), number % 2 == 0)
    for number, (value, unit) in enumerate(_LIMITS)
]


@dataclass
class Truth:
    """What happened to one dossier, as its field system told it. `dates`: each date that it gave, and when (None: at
    reception). `end`: its state and moment. `counts`: it was accepted, and the product was told so."""

    code: str
    unit: str
    competent: str
    procedure: Procedure
    channel: int
    received: datetime
    dates: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    end: tuple[int, datetime] | None = None
    counts: bool = True


@dataclass(frozen=True)
class Sent:
    """One item of a request, when it arrives, and what becomes of it. `key`: the unit whose system sends it."""

    at: datetime
    service: str
    key: str
    unit: str
    item: Any
    answer: Answer = "taken"


def portal(at: datetime) -> str:
    """A moment as the portal writes it."""
    return f"{at:%Y%m%d%H%M%S}"


def requests(sent: list[Sent]) -> Iterator[list[Sent]]:
    """Items that come one after the other at one moment from one unit to one service are one request."""
    batch: list[Sent] = []
    for each in sent:
        if batch and (len(batch) >= 50 or _call(batch[0]) != _call(each)):
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def _call(sent: Sent) -> tuple[datetime, str, str, str]:
    return sent.at, sent.service, sent.key, sent.unit
