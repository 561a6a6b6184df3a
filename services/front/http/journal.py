"""The journal for whoever inspects: a page and a CSV, one day at a time, so many lines at once."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from reference import OFFICE_TIME
from runtime.guards import csv_text
from runtime.web import Role
from services.front import store
from services.front.domain import WORDS, Entry
from services.front.http.access import logged_in, of_all_units
from services.front.http.pages import page
from services.front.http.room import Room, visit_of
from services.front.http.said import WORDS as REFUSALS

READER = logged_in(Role.INSPECTOR, Role.ADMINISTRATOR)
LINES = 200  # of a page
CSV_LINES = 1000
HEADINGS = ("lúc", "việc", "mã người dùng", "họ tên", "cách gửi", "đường dẫn", "kết quả", "lý do")
After = Annotated[str, Query(max_length=64)]


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    async def listed(day: date, after: str, limit: int) -> tuple[list[Entry], str]:
        """Lines of a day, and the place of the next one; empty if there is none."""
        first = datetime.combine(day, time(), OFFICE_TIME)
        last = first + timedelta(days=1, milliseconds=-1)
        found = await store.entries(room.parts.store, first, last, after, limit + 1)
        return found[:limit], found[limit - 1].id if len(found) > limit else ""

    def today() -> date:
        return room.sessions.now().astimezone(OFFICE_TIME).date()

    @app.get("/ops/journal", dependencies=[READER])
    async def shown(request: Request, day: date | None = None, after: After = "") -> Response:
        session = visit_of(request).somebody()
        of_all_units(session)
        wanted = day or today()
        lines, more = await listed(wanted, after, LINES)
        words = {
            "lines": lines,
            "more": more,
            "after": after,
            "day": wanted,
            "kinds": WORDS,
            "why": why,
            "kept": room.journal.kept.days,
        }
        return page("journal.html", session, words)

    @app.get("/ops/journal.csv", dependencies=[READER])
    async def table(request: Request, day: date | None = None, after: After = "") -> Response:
        of_all_units(visit_of(request).somebody())
        wanted = day or today()
        lines, more = await listed(wanted, after, CSV_LINES)
        headers = {"content-disposition": f'attachment; filename="nhat-ky-{wanted}.csv"'}
        if more:
            headers["link"] = f'</ops/journal.csv?day={wanted}&after={more}>; rel="next"'
        table = csv_text(HEADINGS, map(_row, lines))
        return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


def why(entry: Entry) -> str:
    """Why a change was refused, in words; empty for anything else."""
    return next((words.title for refusal, words in REFUSALS.items() if refusal.value == entry.why), entry.why)


def _row(entry: Entry) -> tuple[str, ...]:
    at = entry.at.astimezone(OFFICE_TIME).isoformat(timespec="milliseconds")
    status = str(entry.status) if entry.status else ""
    return (at, WORDS[entry.what], entry.who, entry.name, entry.method, entry.path, status, why(entry))
