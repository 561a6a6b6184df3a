"""/don-vi: what anybody may know of a unit: whom to call, its procedures with limits and fees, how much of its work was in
time this month, when its leaders receive people, how to complain. intake says what is posted, reporting the share, feedback the
days; the page stands while reporting or feedback is away."""

import asyncio
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, Field

from reference import OFFICE_TIME
from runtime.pages import number
from services.front.http.access import EVERYBODY
from services.front.http.asking import Nothing, Question, Silent, ask_openly
from services.front.http.pages import page
from services.front.http.room import Room
from services.front.http.said import NOT_HERE, away, say

ONLINE = {"full": "trực tuyến toàn trình", "partial": "trực tuyến một phần"}
KINDS = {"province": "Tỉnh", "department": "Sở, ban, ngành", "commune": "Xã, phường, đặc khu"}
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
MEETINGS = {"reception": "Tiếp công dân", "dialogue": "Đối thoại với người dân"}
SHARE_SECONDS = 1.5  # a page does not wait longer for a figure
Words = Annotated[str, Query(alias="q", max_length=100)]


class Unit(BaseModel):
    """A unit in the list."""

    code: str
    name: str
    kind: Literal["province", "department", "commune"]


class Units(BaseModel):
    """Units that were found, of all."""

    province: str
    total: int
    items: list[Unit]

    @property
    def by_kind(self) -> list[tuple[str, list[Unit]]]:
        """Kinds that were found, in words, with their units."""
        groups = ((words, [unit for unit in self.items if unit.kind == kind]) for kind, words in KINDS.items())
        return [(words, units) for words, units in groups if units]


class Fee(BaseModel):
    """Phí, lệ phí; `amount` in đồng."""

    name: str
    amount: int

    @property
    def words(self) -> str:
        """On a page."""
        return f"{self.name}: {number(self.amount)} đồng" if self.amount else f"{self.name}: miễn"


class Procedure(BaseModel):
    """A procedure as it is posted."""

    code: str
    name: str
    field: str
    limit: str
    fees: list[Fee]
    online: Literal["full", "partial"] | None

    @property
    def online_words(self) -> str:
        """Whether it can be had without coming."""
        return ONLINE.get(self.online or "", "")


class Phone(BaseModel):
    """A public phone of an office."""

    title: str
    phone: str


class FieldOfWork(BaseModel):
    """A field with how many procedures it has."""

    name: str
    count: int


class Contents(BaseModel):
    """What intake says of a unit."""

    province: str
    province_hotline: str
    code: str
    name: str
    hotline: str
    reception: str
    hours: list[str]
    leaders: list[Phone]
    fields: list[FieldOfWork]
    total: int
    page: int
    pages: int
    items: list[Procedure]

    @property
    def by_field(self) -> list[tuple[str, list[Procedure]]]:
        """The procedures of this page in the order of the list, field by field."""
        return [(name, list(group)) for name, group in groupby(self.items, key=lambda procedure: procedure.field)]


class OnTime(BaseModel):
    """What reporting says of a unit; `share` in percent, None of too few dossiers."""

    first: date = Field(validation_alias="from")
    resolved: int | None
    share: float | None
    counted_at: datetime | None

    @property
    def words(self) -> str:
        """The share as it is printed."""
        return "" if self.share is None else f"{self.share:.2f} %".replace(".", ",")


class Meeting(BaseModel):
    """A day on which a leader receives people, or a dialogue."""

    kind: Literal["reception", "dialogue"]
    begins: datetime
    leader: str
    place: str
    about: str
    cancelled: bool
    why: str

    @property
    def when(self) -> str:
        """The day as people say it, and the hour."""
        at = self.begins.astimezone(OFFICE_TIME)
        return f"{WEEKDAYS[at.weekday()]}, {at:%d/%m/%Y}, {at:%H:%M}"

    @property
    def kind_words(self) -> str:
        """What it is, on the page."""
        return MEETINGS[self.kind]


class Meetings(BaseModel):
    """Those of a unit that come, the earliest first."""

    items: list[Meeting]


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/don-vi", dependencies=[EVERYBODY])
    async def units(wanted: Words = "") -> Response:
        found = await ask_openly(room, "intake", Question(f"/v1/units?{urlencode({'q': wanted})}"), Units)
        if not isinstance(found, Units):
            return say(away("intake"))
        return page("units.html", None, {"found": found, "wanted": wanted})

    @app.get("/don-vi/{code}", dependencies=[EVERYBODY])
    async def unit(
        code: str,
        wanted: Words = "",
        field: Annotated[str, Query(alias="linh-vuc", max_length=200)] = "",
        number: Annotated[int, Query(alias="trang", ge=1, le=1000)] = 1,
    ) -> Response:
        asked = {"q": wanted, "field": field, "page": str(number)}
        path = f"/v1/units/{quote(code, safe='')}"
        found, share, meetings = await asyncio.gather(
            ask_openly(room, "intake", Question(f"{path}?{urlencode(asked)}"), Contents),
            ask_openly(room, "reporting", Question(f"{path}/on-time", seconds=SHARE_SECONDS), OnTime),
            ask_openly(room, "feedback", Question(f"{path}/meetings", seconds=SHARE_SECONDS), Meetings),
        )
        if isinstance(found, Silent):
            return say(away("intake"))
        if isinstance(found, Nothing):
            return say(NOT_HERE)
        return page("unit.html", None, {**_values(found, share, wanted, field), "meetings": _known(meetings)})


def _known(meetings: Meetings | Silent | Nothing) -> list[Meeting] | None:
    """None: nobody said."""
    return meetings.items if isinstance(meetings, Meetings) else None


def _values(found: Contents, share: OnTime | Silent | Nothing, wanted: str, field: str) -> dict[str, object]:
    own = {name: value for name, value in (("q", wanted), ("linh-vuc", field)) if value}

    def at(number: int) -> str:
        return f"/don-vi/{found.code}?{urlencode({**own, 'trang': number})}#thu-tuc"

    return {
        "found": found,
        "share": share if isinstance(share, OnTime) else None,
        "wanted": wanted,
        "field": field,
        "back": at(found.page - 1) if found.page > 1 else "",
        "on": at(found.page + 1) if found.page < found.pages else "",
    }
