"""/gop-y: what anybody may bring forward, how it stands by its look-up code, and the board of answers. Nobody is logged in."""

import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse

from contracts.lookup import typed
from contracts.petitions import Decision, PetitionAbout, PetitionKind
from reference import OFFICE_TIME, moment, moment_or_none
from runtime.pages import Pages, own_form
from runtime.web import Problem, ProblemError, also, open_to_all, problem_answers, whole_body
from services.feedback.domain.handling import NotAllowedError, add, reraise
from services.feedback.domain.petition import Petition
from services.feedback.petition_room import LONGEST, Draft, Fault, PetitionRoom
from services.feedback.petitions import find_board

PAGES = Pages("services.feedback")
MOST_BYTES, MOST_FIELDS = 65_536, 30  # of a form
BOARD_PAGE = 20
KINDS: Mapping[PetitionKind, str] = {
    "petition": "Phản ánh, kiến nghị",
    "suggestion": "Góp ý, hiến kế",
    "praise": "Biểu dương, khen ngợi",
    "complaint": "Khiếu nại",
    "denunciation": "Tố cáo",
}
CALLED: Mapping[PetitionKind, str] = {**KINDS, "contribution": "Đóng góp"}
DECIDED: Mapping[Decision, str] = {
    "resolved": "Đã giải quyết",
    "explained": "Đã giải thích",
    "refused": "Không tiếp nhận",
    "handed-over": "Đã chuyển",
}
ABOUT: Mapping[PetitionAbout, str] = {"rules": "quy định, thủ tục", "behaviour": "hành vi, thái độ của cán bộ"}
WRONG_CODES, WITHIN_SECONDS, WAIT_SECONDS = 30, 60.0, 1.0  # so many wrong codes within a minute: each answer waits
FORM = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}
    },
}
SAID = also(also(also(problem_answers(400, 403, 413, 422, 503), 404, "text/html"), 409, "text/html"), 422, "text/html")


class Guesses:
    """Slows everybody down while wrong look-up codes come in a row; nobody's address is kept."""

    def __init__(self, room: PetitionRoom) -> None:
        self._machine, self._wrong = room.parts.machine, list[float]()

    async def wait(self) -> None:
        """Before any code is looked at: right and wrong ones wait alike."""
        now = self._machine.monotonic()
        self._wrong = [at for at in self._wrong if at > now - WITHIN_SECONDS][-WRONG_CODES:]
        if len(self._wrong) >= WRONG_CODES:
            await self._machine.sleep(WAIT_SECONDS)

    def wrong(self) -> None:
        """One more."""
        self._wrong.append(self._machine.monotonic())


def add_public(app: FastAPI, room: PetitionRoom) -> None:
    """The routes for anybody."""
    _add_form(app, room)
    _add_status(app, room)
    _add_board(app, room)


def _add_form(app: FastAPI, room: PetitionRoom) -> None:
    @app.get(
        "/gop-y",
        response_class=HTMLResponse,
        summary="Trang: gửi ý kiến",
        dependencies=[open_to_all()],
        responses=problem_answers(422, 503),
    )
    async def form(
        unit: Annotated[str, Query(max_length=64)] = "",
        dossier: Annotated[str, Query(max_length=64)] = "",
        kind: Annotated[str, Query(max_length=20)] = "petition",
    ) -> Response:
        return _form(room, {"unit": unit, "dossier": dossier, "kind": kind})

    @app.post(
        "/gop-y",
        response_class=HTMLResponse,
        summary="Trang: nhận một ý kiến",
        dependencies=[open_to_all()],
        openapi_extra={"requestBody": FORM},
        responses=SAID,
    )
    async def send(request: Request) -> Response:
        given = await _given(request, room)
        draft = _draft(given)
        faults = [Fault("kind", "Xin chọn loại ý kiến")] if given.get("kind") not in KINDS else []
        faults += room.faults(draft)
        if faults:
            return _form(room, given, faults)
        received = await room.receive(draft)
        return PAGES.show("petition_sent.html", {"sent": received, "province": room.context.reference.province})


def _add_status(app: FastAPI, room: PetitionRoom) -> None:
    guesses = Guesses(room)

    async def petition_of(given: Mapping[str, str]) -> tuple[Petition | None, str]:
        await guesses.wait()
        code = typed(given.get("code", "")[:40])
        found = None if code is None else await room.by_code(code)
        if found is None:
            guesses.wrong()
        return found, code or ""

    @app.get(
        "/gop-y/tra-cuu",
        response_class=HTMLResponse,
        summary="Trang: hỏi ý kiến đã gửi đến đâu",
        dependencies=[open_to_all()],
        responses=problem_answers(503),
    )
    async def ask_code() -> Response:
        return _lookup(room)

    @app.post(
        "/gop-y/tra-cuu",
        response_class=HTMLResponse,
        summary="Trang: ý kiến theo mã tra cứu",
        dependencies=[open_to_all()],
        openapi_extra={"requestBody": FORM},
        responses=SAID,
    )
    async def status(request: Request) -> Response:
        found, code = await petition_of(await _given(request, room))
        return _lookup(room, wrong=True) if found is None else _status(room, found, code)

    @app.post(
        "/gop-y/bo-sung",
        response_class=HTMLResponse,
        summary="Trang: người gửi bổ sung, hoặc phản ánh lại",
        dependencies=[open_to_all()],
        openapi_extra={"requestBody": FORM},
        responses=SAID,
    )
    async def more(request: Request) -> Response:
        given = await _given(request, room)
        found, code = await petition_of(given)
        if found is None:
            return _lookup(room, wrong=True)
        text, ground, problem = given.get("text", "").strip(), room.ground(), ""
        rule = reraise if found.answer is not None else add
        if not text or len(text) > LONGEST["text"]:
            problem = f"Xin viết nội dung, không quá {LONGEST['text']} ký tự"
        else:
            locked, mark = room.vault.lock(text), room.mark(given.get("once", ""), text)
            try:
                await room.change(found.id, found.round, lambda petition: rule(petition, locked, ground, mark))
            except NotAllowedError as error:
                problem = error.text
        return _status(room, await room.find(found.id) or found, code, problem)


def _add_board(app: FastAPI, room: PetitionRoom) -> None:
    @app.get(
        "/gop-y/cong-khai",
        response_class=HTMLResponse,
        summary="Trang: các trả lời đã công khai",
        dependencies=[open_to_all()],
        responses=also(problem_answers(422, 503), 404, "text/html"),
    )
    async def board(
        unit: Annotated[str, Query(max_length=64)] = "", after: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        known = not unit or unit in room.context.reference.units
        page = await find_board(room.parts.store, unit if known else "", BOARD_PAGE, after)
        shown = [_shown(room, petition) for petition in page.petitions] if known else []
        words = {
            "shown": shown,
            "more": page.after if known else "",
            "unit": unit if known else "",
            "known": known,
            "units": _units(room),
            "province": room.context.reference.province,
        }
        return PAGES.show("petition_board.html", words, 200 if known else 404)


async def _given(request: Request, room: PetitionRoom) -> dict[str, str]:
    """The fields of a form of ours. Raises ProblemError for what is none, before anything of it is looked at."""
    own_form(request, room.context.settings.public_url)
    return await fields_of(request)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises ProblemError."""
    body = await whole_body(request, MOST_BYTES)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise ProblemError(Problem("no-form", "Nội dung không phải biểu mẫu / not a form", 400)) from None


def _draft(given: Mapping[str, str]) -> Draft:
    kind: PetitionKind = next((kind for kind in KINDS if kind == given.get("kind")), "petition")
    named = given.get("anonymous") != "yes"
    return Draft(
        kind=kind,
        channel="sms-link" if given.get("from") == "sms" else "portal",
        unit=given.get("unit", ""),
        text=given.get("text", ""),
        once=given.get("once", "")[:100],
        about=next((about for about in ABOUT if about == given.get("about")), None),
        dossier=given.get("dossier", "").strip().upper(),
        who={name: given.get(name, "") for name in ("name", "phone", "email", "address")} if named else {},
    )


def _units(room: PetitionRoom) -> dict[str, str]:
    today = room.ground().now.astimezone(OFFICE_TIME).date()
    known = room.context.reference.units.items()
    return {code: unit.name for code, unit in known if unit.in_use(today) and unit.kind != "province"}


def _form(room: PetitionRoom, given: Mapping[str, str], faults: list[Fault] | None = None) -> Response:
    words = {
        "given": given,
        "faults": {fault.name: fault.text for fault in faults or ()},
        "kinds": KINDS,
        "abouts": ABOUT,
        "units": _units(room),
        # A number of the form alone: what is sent twice is one. Kept when the form comes back with faults.
        "once": given.get("once") or secrets.token_urlsafe(16),
        "province": room.context.reference.province,
    }
    return PAGES.show("petition_form.html", words, 422 if faults else 200)


def _lookup(room: PetitionRoom, *, wrong: bool = False) -> Response:
    words = {"wrong": wrong, "province": room.context.reference.province}
    return PAGES.show("petition_lookup.html", words, 404 if wrong else 200)


def _status(room: PetitionRoom, petition: Petition, code: str, problem: str = "") -> Response:
    answer, read = petition.answer, room.vault.read
    words = {
        "petition": petition,
        "kind": CALLED[petition.kind],
        "unit": room.context.reference.unit_name(petition.unit),
        "code": code,
        "received": moment(petition.received),
        "due": moment_or_none(petition.answer_due),
        "stage": stage_of(petition),
        "questions": [(moment(one.at), read(one.locked)) for one in petition.questions],
        "answered": None if answer is None else moment(answer.at),
        "decision": "" if answer is None else DECIDED[answer.decision],
        "answer": "" if answer is None else read(answer.locked),
        "problem": problem,
        "once": secrets.token_urlsafe(16),  # of the form in which more is written: what is sent twice is one
        "province": room.context.reference.province,
    }
    return PAGES.show("petition_status.html", words, 409 if problem else 200)


def stage_of(petition: Petition) -> str:
    """Where it stands, in words."""
    clock = "" if petition.clock is None else petition.clock.name
    if petition.erased is not None:
        return "Đã kết thúc, nội dung đã được xóa"
    if petition.kind in ("praise", "contribution"):
        return "Đã ghi nhận"
    if petition.answer is not None:
        return "Đã trả lời"
    words = {
        "accept": "Đã nhận, chờ thụ lý",
        "examine": "Đã nhận, chờ thụ lý",
        "check": "Đã nhận, đang xác minh điều kiện thụ lý",
        "clarify": "Cần làm rõ thêm",
    }
    return words.get(clock, "Đang giải quyết")


def _shown(room: PetitionRoom, petition: Petition) -> Mapping[str, object]:
    answer = petition.answer
    return {
        "kind": CALLED[petition.kind],
        "unit": room.context.reference.unit_name(petition.unit),
        "received": moment(petition.received),
        "answered": None if answer is None else moment(answer.at),
        "in_time": answer is not None and answer.in_time,
        "decision": "" if answer is None else DECIDED[answer.decision],
        "summary": petition.summary,
        "answer": "" if answer is None else room.vault.read(answer.locked),
    }
