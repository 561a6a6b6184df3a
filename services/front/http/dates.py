"""The day of a clerk and of a unit's head: what is late, due today, due on the next working day; and one dossier's story."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel

from contracts.codes import check_dossier_code
from runtime.web import Role
from services.front.http.access import logged_in
from services.front.http.asking import Nothing, Silent, ask
from services.front.http.named import NAMES
from services.front.http.pages import page
from services.front.http.room import Room, visit_of
from services.front.http.said import NOT_HERE, away, say

Urgency = Literal["late", "today", "tomorrow", "later"]
UNACCEPTED = "unaccepted"
Group = Urgency | Literal["unaccepted"]
URGENCIES: dict[Urgency, str] = {
    "late": "Đã quá hạn",
    "today": "Hôm nay",
    "tomorrow": "Ngày làm việc tới",
    "later": "Sau đó",
}
ACCEPT_BY: dict[Urgency, str] = {
    "late": "Quá hạn tiếp nhận",
    "today": "Hết hạn hôm nay",
    "tomorrow": "Hết hạn ngày làm việc tới",
    "later": "Còn hạn",
}
WAITS = {
    "supplement": "người nộp bổ sung giấy tờ",
    "fee": "người nộp thực hiện nghĩa vụ tài chính",
    "agency": "cơ quan khác có ý kiến",
    "force_majeure": "hết bất khả kháng",
}
OUTCOMES = {"early": "trước hạn", "on_time": "đúng hạn", "late": "quá hạn"}
ENDS = {7: "công dân rút hồ sơ", 8: "dừng xử lý", 9: "đã xử lý xong", 10: "đã trả kết quả"}
SPENDERS = {"unit": "cơ quan", "citizen": "chờ người nộp", "body": "chờ cơ quan khác", "force_majeure": "bất khả kháng"}
FOLLOWERS = tuple(role for role in Role if role is not Role.ADMINISTRATOR)


class Spent(BaseModel):
    """Who used the time of a late dossier, in open minutes."""

    unit: int
    citizen: int
    body: int
    force_majeure: int
    elapsed: int

    @property
    def words(self) -> str:
        """As people say it: shares of the whole, the largest first."""
        shares = {words: getattr(self, name) for name, words in SPENDERS.items() if getattr(self, name)}
        parts = sorted(shares.items(), key=lambda share: -share[1])
        return ", ".join(f"{words} {round(100 * minutes / self.elapsed)} %" for words, minutes in parts) if self.elapsed else ""


class DueDossier(BaseModel):
    """A line of sla's list."""

    dossier: str
    unit: str
    procedure_name: str
    due_at: datetime
    urgency: Urgency
    reappointed: bool
    step: str
    department: str
    spent: Spent | None

    @property
    def urgency_words(self) -> str:
        """On a page."""
        return "Còn hạn" if self.urgency == "later" else URGENCIES[self.urgency]


class Counts(BaseModel):
    """How many there are of each."""

    late: int
    today: int
    tomorrow: int
    later: int
    unaccepted: int = 0
    unaccepted_late: int = 0

    @property
    def unaccepted_words(self) -> str:
        """On a tile."""
        return f"Chờ tiếp nhận ({self.unaccepted_late} quá hạn)" if self.unaccepted_late else "Chờ tiếp nhận"


class Listed(BaseModel):
    """A page of a list of sla, beside how many there are of each; `after`: where the next page begins."""

    counts: Counts
    after: str | None


class DueList(Listed):
    """A page of sla's list by the date in force."""

    items: list[DueDossier]


class UnacceptedDossier(BaseModel):
    """A line of sla's list of what waits to be accepted."""

    dossier: str
    unit: str
    procedure_name: str
    submitted_at: datetime
    accept_by: datetime
    urgency: Urgency

    @property
    def urgency_words(self) -> str:
        """On a page."""
        return ACCEPT_BY[self.urgency]


class UnacceptedList(Listed):
    """A page of that list."""

    items: list[UnacceptedDossier]


class Why(BaseModel):
    """A step of how a date came about."""

    text: str
    source: str = ""


class Dates(BaseModel):
    """What sla says of one dossier."""

    unit_name: str
    procedure_name: str
    submitted_at: datetime | None = None
    received_at: datetime | None
    stage: Literal["submitted", "open", "waiting", "ended"]
    due_at: datetime | None
    urgency: Urgency | None
    waits_for: str
    waits_since: datetime | None
    outcome: str | None
    end_state: int | None
    ended_at: datetime | None
    step: str
    department: str
    why: list[Why]

    @property
    def waits_words(self) -> str:
        """What it waits for, on a page."""
        return WAITS.get(self.waits_for, self.waits_for)

    @property
    def ended_words(self) -> str:
        """How it ended, on a page."""
        return f"{ENDS.get(self.end_state or 0, '')}, {OUTCOMES.get(self.outcome or '', '')}"


class Message(BaseModel):
    """A message of notifier."""

    notice_name: str
    channel_name: str = "Tin nhắn"
    state_name: str
    why: str = ""
    at: datetime
    text: str


class Letter(BaseModel):
    """A letter of notifier."""

    state_name: str
    sign_by: datetime | None
    new_due_at: datetime | None
    reason_name: str
    symbol: str


class Told(BaseModel):
    """What notifier says of one dossier."""

    reachable: bool
    messages: list[Message]
    letter: Letter | None


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""
    _add_due(app, room)
    _add_dossier(app, room)


def _add_due(app: FastAPI, room: Room) -> None:
    @app.get("/due", dependencies=[logged_in(*FOLLOWERS)])
    async def due(
        request: Request,
        unit: Annotated[str, Query(max_length=40)] = "",
        urgency: Group | None = None,
        after: Annotated[str, Query(max_length=100)] = "",
    ) -> Response:
        session = visit_of(request).somebody()
        waits = urgency == UNACCEPTED  # for somebody to accept it: another list, of another date
        wanted = {name: value for name, value in (("unit", unit), ("urgency", urgency)) if value}
        asking = {name: value for name, value in wanted.items() if not (waits and name == "urgency")}
        given = {**asking, "after": after} if after else asking
        asked, form = ("/v1/due/unaccepted", "unaccepted.html") if waits else ("/v1/due", "due.html")
        answer: type[Listed] = UnacceptedList if waits else DueList
        found = await ask(room, session, "sla", f"{asked}?{urlencode(given)}", answer)
        if isinstance(found, Silent):
            return say(away("sla"), session)
        if isinstance(found, Nothing):
            return say(NOT_HERE, session)
        more = f"/due?{urlencode({**wanted, 'after': found.after})}" if found.after else ""
        values = {
            "found": found,
            "urgencies": [(kind, words, getattr(found.counts, kind)) for kind, words in URGENCIES.items()],
            "urgency": urgency,
            "unit": unit,
            "units": sorted(session.person.units),
            "more": more,
            "first": not after,
            "names": session.person.has(NAMES),
            "file": f"{asked}/csv?{urlencode(asking)}" if asking else f"{asked}/csv",
        }
        return page(form, session, values)


def _add_dossier(app: FastAPI, room: Room) -> None:
    @app.get("/dossiers/{code}", dependencies=[logged_in(*FOLLOWERS)])
    async def dossier(request: Request, code: str) -> Response:
        session = visit_of(request).somebody()
        try:
            check_dossier_code(code)
        except ValueError:
            return say(NOT_HERE, session)
        path = f"/v1/dossiers/{quote(code)}"
        dates, told = await asyncio.gather(ask(room, session, "sla", path, Dates), ask(room, session, "notifier", path, Told))
        values = {
            "code": code,
            "dates": dates if isinstance(dates, Dates) else None,
            "told": told if isinstance(told, Told) else None,
            "silent": [answer.part for answer in (dates, told) if isinstance(answer, Silent)],
            "urgencies": URGENCIES,
            "names": session.person.has(NAMES),
        }
        known = values["dates"] or values["told"] or values["silent"]
        return page("dossier.html", session, values, 200 if known else 404)
