"""/petitions: the officers' desk. Worklists by clock, one petition and what is done with it, what is written down at a counter.

A unit's officer sees its suggestions, petitions, praise and contributions; complaints are for its head and the inspector,
denunciations for the inspector alone, who says what for before anything of one is shown (R30, R34).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.petitions import PetitionAbout
from runtime.web import Person, Problem, ProblemError, Role, also, by_role, problem_answers
from services.changes import By, Changed
from services.feedback.domain.handling import (
    Ground,
    NotAllowedError,
    Outcome,
    answer,
    ask,
    classify,
    conclude,
    erase,
    forward,
    publish,
    take,
)
from services.feedback.domain.meetings import Meeting
from services.feedback.domain.petition import Gift, Petition
from services.feedback.http.petition_views import CHANNELS, COMPETENT, GIVEN, PAGES, new_page, one_page, row_of, units_of
from services.feedback.http.public import ABOUT, CALLED, DECIDED, FORM, fields_of
from services.feedback.meetings import find as find_meeting
from services.feedback.petition_room import LONGEST, Draft, Fault, PetitionRoom
from services.feedback.petitions import Tray, find_tray, place_of

PAGE = 50
Clerk = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.INSPECTOR)]
ANYBODY = (Role.OFFICER, Role.UNIT_HEAD, Role.INSPECTOR)
TRAYS: Mapping[Tray, tuple[str, tuple[Role, ...]]] = {
    "open": ("Đang giải quyết", ANYBODY),
    "done": ("Đã kết thúc", ANYBODY),
    "praise": ("Biểu dương", ANYBODY),
    "given": ("Đóng góp", ANYBODY),
    "complaints": ("Khiếu nại", COMPETENT["complaint"]),
    "complaints-done": ("Khiếu nại đã kết thúc", COMPETENT["complaint"]),
    "denunciations": ("Tố cáo", COMPETENT["denunciation"]),
    "denunciations-done": ("Tố cáo đã kết thúc", COMPETENT["denunciation"]),
}
CHANGED = also(also(problem_answers(400, 404, 413, 422, 503), 409, "text/html"), 303)
Rule = Callable[[Petition], Changed[Petition]]
Choice = TypeVar("Choice", bound=str)


def add_desk(app: FastAPI, room: PetitionRoom) -> None:
    """The routes for officers."""

    @app.get(
        "/petitions",
        response_class=HTMLResponse,
        summary="Trang: ý kiến của dân theo hạn",
        responses=problem_answers(403, 422, 503),
    )
    async def listing(
        person: Clerk,
        tray: Tray = "open",
        unit: Annotated[str, Query(max_length=64)] = "",
        after: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        if not person.may(*TRAYS[tray][1]):
            raise ProblemError(Problem("other-role", "Danh sách này dành cho người có thẩm quyền", 403))
        found, more = await _tray(room, person, tray, unit, after)
        now = room.ground().at
        words = {
            "rows": [row_of(room, petition, now) for petition in found],
            "more": more,
            "tray": tray,
            "trays": {name: words for name, (words, roles) in TRAYS.items() if person.may(*roles)},
            "unit": unit,
            "units": units_of(room, person),
            "notes": person.may(Role.UNIT_HEAD),
            "paper": person.may(Role.OFFICER, Role.UNIT_HEAD),
            "province": room.context.reference.province,
        }
        return PAGES.show("petitions.html", words, person=person)

    @app.get(
        "/petitions/new",
        response_class=HTMLResponse,
        summary="Trang: ghi một ý kiến tại quầy, hoặc nói ở một buổi tiếp dân, đối thoại",
        responses=problem_answers(404, 422, 503),
    )
    async def new(person: Clerk, meeting: Annotated[str, Query(max_length=64)] = "") -> Response:
        return new_page(room, person, {}, meeting=await _meeting(room, meeting, person))

    @app.post(
        "/petitions/new",
        response_class=HTMLResponse,
        summary="Trang: nhận một ý kiến tại quầy",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED | also({}, 422, "text/html"),
    )
    async def enter(person: Clerk, request: Request) -> Response:
        given = await fields_of(request)
        meeting = await _meeting(room, given.get("meeting", ""), person)
        draft = _draft(given, person, meeting)
        faults = room.faults(draft)
        if not person.sees(draft.unit):
            faults.append(Fault("unit", "Bạn không được giao đơn vị này"))
        if faults:
            return new_page(room, person, given, faults, meeting)
        received = await room.receive(draft)
        words = {"sent": received, "province": room.context.reference.province, "kind": CALLED[draft.kind]}
        words["meeting"] = "" if meeting is None else meeting.id
        return PAGES.show("petition_entered.html", words, person=person)


def add_one(app: FastAPI, room: PetitionRoom) -> None:
    """The routes of one petition."""

    @app.get(
        "/petitions/{petition}",
        response_class=HTMLResponse,
        summary="Trang: một ý kiến, việc đã làm và việc phải làm",
        responses=problem_answers(404, 422, 503),
    )
    async def one(person: Clerk, petition: str) -> Response:
        return await one_page(room, await petition_for(room, petition, person), person)

    @app.post(
        "/petitions/{petition}/read",
        response_class=HTMLResponse,
        summary="Trang: xem nội dung tố cáo, có ghi nhật ký",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED,
    )
    async def read(person: Clerk, petition: str, request: Request) -> Response:
        found = await petition_for(room, petition, person)
        purpose = await purpose_of(request)
        if not purpose:
            return await one_page(room, found, person, "Xin ghi mục đích xem, từ 5 đến 300 ký tự")
        await room.note_reading(found.id, by_of(person), purpose)
        return await one_page(room, found, person, opened=True)

    @app.post(
        "/petitions/{petition}/{action}",
        response_class=HTMLResponse,
        summary="Trang: phân loại, thụ lý, hỏi thêm, chuyển, trả lời, công khai, xóa",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED,
    )
    async def act(person: Clerk, petition: str, action: str, request: Request) -> Response:
        found = await petition_for(room, petition, person)
        given = await fields_of(request)
        try:
            rule, seen_round = _rule(room, action, given, person), _round_of(given, found)
            if action == "erase" and found.ended and seen_round == found.round:
                await room.attachments.forget([found.id])  # first, so that what dies here is asked for again
            await room.change(found.id, seen_round, rule)
        except NotAllowedError as error:
            return await one_page(room, found, person, error.text)
        after = await room.find(found.id)
        gone = after is None or not may_see(person, after)
        return RedirectResponse("/petitions" if gone else f"/petitions/{found.id}", 303)


def _round_of(given: Mapping[str, str], found: Petition) -> int:
    """The round that the page of a form showed; of one that does not say it, the present one."""
    said = given.get("round", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else found.round


def by_of(person: Person) -> By:
    """Who did it, as it is kept."""
    return By(person.name, person.subject)


def may_see(person: Person, petition: Petition) -> bool:
    """Whether it is among what a person handles."""
    return person.sees(petition.unit) and person.may(*COMPETENT.get(petition.kind, ANYBODY))


async def purpose_of(request: Request) -> str:
    """What somebody says that he reads a denunciation for; "" if that is no answer. Raises ProblemError."""
    purpose = (await fields_of(request)).get("purpose", "").strip()
    return purpose if 5 <= len(purpose) <= 300 else ""


async def petition_for(room: PetitionRoom, petition: str, person: Person) -> Petition:
    """A petition that the person may see; any other is not there. Raises ProblemError."""
    found = await room.find(petition)
    if found is None or not may_see(person, found):
        raise ProblemError(Problem("no-petition", "Không có ý kiến này, hoặc không thuộc phần việc của bạn", 404))
    return found


async def _meeting(room: PetitionRoom, meeting: str, person: Person) -> Meeting | None:
    """Where it was said, if it was at a meeting. Raises ProblemError for one that the person does not see."""
    if not meeting:
        return None
    return await seen_meeting(room, meeting, person)


async def seen_meeting(room: PetitionRoom, meeting: str, person: Person) -> Meeting:
    """A meeting of a unit that the person sees; any other is not there. Raises ProblemError."""
    found = await find_meeting(room.parts.store, meeting)
    if found is None or not person.sees(found.unit):
        raise ProblemError(Problem("no-meeting", "Không có buổi này, hoặc không thuộc đơn vị của bạn", 404))
    return found


async def _tray(room: PetitionRoom, person: Person, tray: Tray, unit: str, after: str) -> tuple[list[Petition], str]:
    """A page of a worklist. Of several units it is one page of each, by clock; the next page is of one unit alone."""
    units = person.units_of(unit)
    if units is None or len(units) == 1:
        page = await find_tray(room.parts.store, tray, None if units is None else units[0], PAGE, after)
        return page.petitions, page.after
    pages = [await find_tray(room.parts.store, tray, one, PAGE, "") for one in units]
    found = sorted((petition for page in pages for petition in page.petitions), key=lambda one: (place_of(one), one.id))
    return found[:PAGE], ""


def _rule(room: PetitionRoom, action: str, given: Mapping[str, str], person: Person) -> Rule:
    """What a form asks for. Raises ProblemError for what no form of ours asks, NotAllowedError for words that are missing."""
    by, ground = by_of(person), room.ground()
    rules: dict[str, Callable[[], Rule]] = {
        "classify": lambda: _classify(given, by, ground),
        "take": lambda: lambda petition: take(petition, by, ground, unclear=given.get("unclear") == "yes"),
        "ask": lambda: _asked(room, given, by, ground),
        "forward": lambda: lambda petition: forward(petition, given.get("unit", ""), by, ground),
        "answer": lambda: _answered(room, given, by, ground),
        "publish": lambda: lambda petition: publish(petition, given.get("summary", ""), by, ground),
        "erase": lambda: lambda petition: erase(petition, by, ground),
    }
    if action not in rules or (action == "erase" and not person.may(Role.UNIT_HEAD, Role.INSPECTOR)):
        raise ProblemError(Problem("no-action", "Không có việc này", 404))
    return rules[action]()


def _asked(room: PetitionRoom, given: Mapping[str, str], by: By, ground: Ground) -> Rule:
    text = _text(given)
    locked, mark = room.vault.lock(text), room.mark(given.get("once", ""), text)
    return lambda petition: ask(petition, locked, by, ground, mark)


def _classify(given: Mapping[str, str], by: By, ground: Ground) -> Rule:
    kind = _one_of(CALLED, given.get("kind"))
    about: PetitionAbout | None = next((about for about in ABOUT if about == given.get("about")), None)
    return lambda petition: classify(petition, kind, about, by, ground)


def _answered(room: PetitionRoom, given: Mapping[str, str], by: By, ground: Ground) -> Rule:
    outcome = Outcome(
        decision=_one_of(DECIDED, given.get("decision")),
        text=room.vault.lock(_text(given)),
        upheld=given.get("upheld") in ("yes", "error"),
        error=given.get("upheld") == "error",
        accepted=given.get("accepted") == "yes",
    )

    rule = conclude if given.get("as") == "decision" else answer
    return lambda petition: (rule if petition.kind in COMPETENT else answer)(petition, outcome, by, ground)


def _one_of(known: Iterable[Choice], asked: str | None) -> Choice:
    for choice in known:
        if choice == asked:
            return choice
    raise ProblemError(Problem("bad-field", "Lựa chọn không có trong biểu mẫu", 422))


def _text(given: Mapping[str, str]) -> str:
    text = given.get("text", "").strip()
    if not text or len(text) > LONGEST["text"]:
        raise NotAllowedError("R31", f"Xin viết nội dung, không quá {LONGEST['text']} ký tự")
    return text


def _draft(given: Mapping[str, str], person: Person, meeting: Meeting | None) -> Draft:
    kind = _one_of(CALLED, given.get("kind"))
    gift = None
    if kind == "contribution":
        gift = Gift(_one_of(GIVEN, given.get("given")), "group" if given.get("giver") == "group" else "person")
    return Draft(
        kind=kind,
        channel=_one_of(CHANNELS, given.get("channel")) if meeting is None else meeting.kind,
        unit=given.get("unit", "") if meeting is None else meeting.unit,
        text=given.get("text", ""),
        once=given.get("once", "")[:100],
        dossier=given.get("dossier", "").strip().upper(),
        who={name: given.get(name, "") for name in ("name", "phone", "email", "address")},
        gift=gift,
        by=by_of(person),
        meeting=meeting,
    )
