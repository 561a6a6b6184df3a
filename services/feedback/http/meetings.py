"""/meetings: reception days and dialogues. The head's office enters them and calls them off, officers write down what was said;
/v1/units/UNIT/meetings: what comes, for the page that everybody may see (decision 44)."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from runtime.pages import Pages
from runtime.web import Person, Problem, ProblemError, Role, also, by_role, open_to_all, problem_answers
from services.feedback import meetings
from services.feedback.domain.meetings import LONGEST, MOST_WEEKS, Meeting, MeetingKind, Note, Planned, meeting_of, plan
from services.feedback.http.file_views import shown_files
from services.feedback.http.petition_desk import by_of, may_see, seen_meeting
from services.feedback.http.petition_views import row_of, units_of
from services.feedback.http.public import FORM, fields_of
from services.feedback.petition_room import PetitionRoom
from services.feedback.petitions import find_said_at

PAGES = Pages("services.feedback")
KINDS: Mapping[MeetingKind, str] = {"reception": "Tiếp công dân", "dialogue": "Đối thoại"}
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
BEFORE, MOST_LISTED, MOST_POSTED = timedelta(days=60), 200, 20
FAR = 9_999_999_999_999  # ms
Reader = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.INSPECTOR)]
Head = Annotated[Person, by_role(Role.UNIT_HEAD)]
CHANGED = also(also(problem_answers(400, 403, 404, 413, 422, 503), 422, "text/html"), 303, "text/html")


class PostedMeeting(BaseModel):
    """Một buổi tiếp công dân hoặc đối thoại."""

    kind: MeetingKind
    begins: datetime
    leader: str = Field(description="Chức vụ của người tiếp, người đối thoại; no name of a person.")
    place: str
    about: str = Field(description="Nội dung; có thể trống.")
    cancelled: bool
    why: str = Field(description="Lý do hủy; trống nếu không hủy.")


class PostedMeetings(BaseModel):
    """Các buổi từ hôm nay của một đơn vị, sớm nhất trước."""

    unit: str
    items: list[PostedMeeting]


def add_meetings(app: FastAPI, room: PetitionRoom) -> None:
    """The routes of meetings."""
    _add_posted(app, room)
    _add_list(app, room)
    _add_one(app, room)


def _add_posted(app: FastAPI, room: PetitionRoom) -> None:
    @app.get(
        "/v1/units/{unit}/meetings",
        summary="Lịch tiếp công dân, đối thoại của lãnh đạo một đơn vị, công khai",
        response_model=PostedMeetings,
        dependencies=[open_to_all()],
        responses=problem_answers(404, 422, 503),
    )
    async def posted(unit: str) -> PostedMeetings:
        if unit not in room.context.reference.units:
            raise ProblemError(Problem("no-unit", "Không có đơn vị này", 404))
        found = await meetings.between(room.parts.store, [unit], _today(room), FAR, MOST_POSTED)
        return PostedMeetings(unit=unit, items=[_posted(meeting) for meeting in found])


def _add_list(app: FastAPI, room: PetitionRoom) -> None:
    @app.get(
        "/meetings",
        response_class=HTMLResponse,
        summary="Trang: lịch tiếp công dân, đối thoại",
        responses=problem_answers(403, 422, 503),
    )
    async def calendar(person: Reader, unit: Annotated[str, Query(max_length=64)] = "") -> Response:
        return await _listing(room, person, unit, {})

    @app.post(
        "/meetings",
        response_class=HTMLResponse,
        summary="Trang: thêm một buổi, hoặc một chuỗi hằng tuần",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED,
    )
    async def add_to_calendar(person: Head, request: Request) -> Response:
        given = await fields_of(request)
        planned = Planned(
            unit=given.get("unit", ""),
            kind="dialogue" if given.get("kind") == "dialogue" else "reception",
            day=given.get("day", ""),
            begins=given.get("begins", ""),
            leader=given.get("leader", ""),
            place=given.get("place", ""),
            about=given.get("about", ""),
            weeks=given.get("weeks", "1"),
        )
        now = room.ground().now
        begins, faults = plan(planned, room.context.reference, now)
        if "unit" not in faults and not person.sees(planned.unit):
            faults = {**faults, "unit": "Bạn không được giao đơn vị này"}
        if faults:
            return await _listing(room, person, "", given, faults)
        entered, once = Note(epoch_ms(now), by_of(person)), given.get("once", "")[:100] or room.parts.machine.new_id()
        made = [meeting_of(meetings.name_of(once, number), planned, at, entered) for number, at in enumerate(begins)]
        await meetings.enter(room.parts.store, made)
        return RedirectResponse("/meetings", 303)


def _add_one(app: FastAPI, room: PetitionRoom) -> None:
    @app.get(
        "/meetings/{meeting}",
        response_class=HTMLResponse,
        summary="Trang: một buổi, và những gì dân nói ở đó",
        responses=problem_answers(404, 422, 503),
    )
    async def meeting_page(person: Reader, meeting: str) -> Response:
        return await _one(room, await seen_meeting(room, meeting, person), person)

    @app.post(
        "/meetings/{meeting}/cancel",
        response_class=HTMLResponse,
        summary="Trang: hủy một buổi chưa diễn ra",
        openapi_extra={"requestBody": FORM},
        responses=also(CHANGED, 409, "text/html"),
    )
    async def call_off(person: Head, meeting: str, request: Request) -> Response:
        found = await seen_meeting(room, meeting, person)
        why = (await fields_of(request)).get("why", "").strip()
        if not why or len(why) > LONGEST["why"]:
            return await _one(room, found, person, f"Xin ghi lý do cho người dân đọc, không quá {LONGEST['why']} ký tự")
        after = await meetings.call_off(room.parts.store, found.id, Note(room.ground().at, by_of(person), why))
        if after is None or after.cancelled is None:
            return await _one(room, found, person, "Buổi này đã diễn ra, không hủy được nữa")
        return RedirectResponse(f"/meetings/{found.id}", 303)


async def _listing(
    room: PetitionRoom, person: Person, unit: str, given: Mapping[str, str], faults: Mapping[str, str] | None = None
) -> Response:
    first = epoch_ms(room.ground().now - BEFORE)
    found = await meetings.between(room.parts.store, person.units_of(unit), first, FAR, MOST_LISTED)
    today = _today(room)
    words = {
        "come": [_row(room, meeting) for meeting in found if meeting.begins >= today],
        "gone": [_row(room, meeting) for meeting in reversed(found) if meeting.begins < today],
        "enters": person.may(Role.UNIT_HEAD),
        "given": given,
        "faults": faults or {},
        "kinds": KINDS,
        "units": units_of(room, person),
        "most_weeks": MOST_WEEKS,
        "once": given.get("once") or secrets.token_urlsafe(16),
        "province": room.context.reference.province,
    }
    return PAGES.show("meetings.html", words, 422 if faults else 200, person)


async def _one(room: PetitionRoom, meeting: Meeting, person: Person, problem: str = "") -> Response:
    ground = room.ground()
    said = [petition for petition in await find_said_at(room.parts.store, meeting.id) if may_see(person, petition)]
    words = {
        "meeting": _row(room, meeting),
        "open": meeting.open_for_items(ground.now),
        "cancels": person.may(Role.UNIT_HEAD) and meeting.cancelled is None and meeting.begins > ground.at,
        "rows": [row_of(room, petition, ground.at) for petition in said],
        "entered": meeting.entered,
        "cancelled": meeting.cancelled,
        "moment": moment,
        "problem": problem,
        "files": await shown_files(room, meeting.id, person),
        "province": room.context.reference.province,
    }
    return PAGES.show("meeting.html", words, 409 if problem else 200, person)


def _row(room: PetitionRoom, meeting: Meeting) -> Mapping[str, object]:
    at = meeting.at.astimezone(OFFICE_TIME)
    return {
        "id": meeting.id,
        "kind": KINDS[meeting.kind],
        "unit": room.context.reference.unit_name(meeting.unit),
        "when": f"{WEEKDAYS[at.weekday()]}, {at:%d/%m/%Y, %H:%M}",
        "leader": meeting.leader,
        "place": meeting.place,
        "about": meeting.about,
        "cancelled": "" if meeting.cancelled is None else meeting.cancelled.why,
    }


def _posted(meeting: Meeting) -> PostedMeeting:
    off = meeting.cancelled
    return PostedMeeting(
        kind=meeting.kind,
        begins=meeting.at.astimezone(OFFICE_TIME),
        leader=meeting.leader,
        place=meeting.place,
        about=meeting.about,
        cancelled=off is not None,
        why="" if off is None else off.why,
    )


def _today(room: PetitionRoom) -> int:
    day: date = room.ground().now.astimezone(OFFICE_TIME).date()
    return epoch_ms(datetime.combine(day, time(), OFFICE_TIME))
