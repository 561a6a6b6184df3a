"""Operations: how the services stand, their dead letters and brakes; for operators and administrators of the whole province."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse

from runtime.web import Role
from services.front.domain import What
from services.front.domain.operations import NUMBERS, kind_words, span
from services.front.domain.reasons import reason_words
from services.front.http.access import logged_in, of_all_units
from services.front.http.pages import page
from services.front.http.room import Room, Visit, visit_of
from services.front.http.said import NOT_HERE, PARTS, Words, say
from services.front.http.services import Answer, Away, Letters, Lifted, Released, Standing, do, look

OPERATORS = logged_in(Role.OPERATOR, Role.ADMINISTRATOR)
SHOWN = 100  # letters of a page: a form has at most 200 fields
LONGEST = 300  # characters of a reason
ACTIONS = ("replayed", "discarded")
UNKNOWN = "Chưa rõ việc vừa gửi đã làm hay chưa. Hãy xem lại danh sách trước khi làm lại; không bản ghi nào bị xử lý hai lần."
Topic = Annotated[str, Query(max_length=249)]
Kind = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent about dead letters."""

    what: str
    why: str
    topic: str
    kind: str
    places: tuple[str, ...]
    all: bool
    sure: bool

    @classmethod
    def of(cls, body: bytes) -> "Form":
        """The fields of a form that the wall let through."""
        given = parse_qs(body.decode("ascii"), keep_blank_values=True)
        one = {name: values[0].strip() for name, values in given.items()}
        return cls(
            one.get("what", ""),
            " ".join(one.get("why", "").split())[:LONGEST],
            one.get("topic", ""),
            one.get("kind", ""),
            tuple(given.get("place", ())),
            "all" in given,
            "sure" in given,
        )

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Field and what is wrong with it."""
        found = []
        if not self.places and not (self.all and self.kind):
            found.append(("place", "hãy chọn ít nhất một bản ghi, hoặc tất cả bản ghi loại này"))
        if not self.why:
            found.append(("why", "hãy ghi lý do"))
        return found

    def wanted(self) -> Mapping[str, str | Sequence[str]]:
        """As the service takes it."""
        which: dict[str, str | Sequence[str]] = (
            {"kind": self.kind, "topic": self.topic} if self.all else {"places": self.places}
        )
        return {**which, "what": self.what, "why": self.why}


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""
    _add_looking(app, room)
    _add_lifting(app, room)
    _add_releasing(app, room)


def _add_looking(app: FastAPI, room: Room) -> None:
    @app.get("/ops", dependencies=[OPERATORS])
    async def ops(request: Request) -> Response:
        visit = visit_of(request)
        of_all_units(visit.somebody())
        return await _overview(room, visit)

    @app.get("/ops/{service}/letters", dependencies=[OPERATORS])
    async def letters(request: Request, service: str, topic: Topic = "", kind: Kind = "") -> Response:
        visit = visit_of(request)
        of_all_units(visit.somebody())
        if service not in room.services:
            return say(NOT_HERE, visit.somebody())
        return await _letters(room, visit, service, Form("", "", topic, kind, (), all=False, sure=False))


def _add_lifting(app: FastAPI, room: Room) -> None:
    @app.post("/ops/{service}/letters", dependencies=[OPERATORS])
    async def lift(request: Request, service: str) -> Response:
        visit, form = visit_of(request), Form.of(visit_of(request).body)
        of_all_units(visit.somebody())
        if service not in room.services or form.what not in ACTIONS:
            return say(NOT_HERE, visit.somebody())
        if form.faults:
            return await _letters(room, visit, service, form, status=422)
        if form.what == "discarded" and not form.sure:
            return page("ops_sure.html", visit.session, {"service": service, "form": form, "part": PARTS[service]})
        lifted = await _done(room, visit, service, "/v1/operations/letters", Lifted, form.wanted())
        if isinstance(lifted, Away):
            return _not_done(visit, service, lifted, did=True)
        if not lifted.failed and not lifted.stopped and not lifted.left:
            return RedirectResponse("/ops", 303)
        return await _letters(room, visit, service, form, lifted=lifted)


def _add_releasing(app: FastAPI, room: Room) -> None:
    @app.post("/ops/{service}/brake", dependencies=[OPERATORS])
    async def release(request: Request, service: str) -> Response:
        visit, form = visit_of(request), Form.of(visit_of(request).body)
        of_all_units(visit.somebody())
        if service not in room.services:
            return say(NOT_HERE, visit.somebody())
        if not form.why:
            return await _overview(room, visit, braking=service)
        released = await _done(room, visit, service, "/v1/operations/brake/release", Released, {"why": form.why})
        if isinstance(released, Away):
            return _not_done(visit, service, released, did=True)
        return RedirectResponse("/ops", 303)


async def _overview(room: Room, visit: Visit, braking: str = "") -> Response:
    """All services. `braking`: whose brake was to be released without a reason."""
    session = visit.somebody()
    found = await asyncio.gather(*(look(room, session, name, "/v1/operations", Standing) for name in room.services))
    standing = [(name, answer) for name, answer in zip(room.services, found, strict=True) if isinstance(answer, Standing)]
    silent = [(name, answer.why) for name, answer in zip(room.services, found, strict=True) if isinstance(answer, Away)]
    done = sorted(
        ((name, act) for name, answer in standing for act in answer.lately), key=lambda line: line[1].at, reverse=True
    )
    values = {
        "services": standing,
        "silent": silent,
        "parts": PARTS,
        "numbers": NUMBERS,
        "span": span,
        "words": reason_words,
        "now": room.sessions.now(),
        "kinds": [(name, kind) for name, answer in standing for kind in answer.kinds],
        "done": done[:20],
        "braking": braking,
    }
    return page("ops.html", session, values, 422 if braking else 200)


async def _letters(
    room: Room, visit: Visit, service: str, form: Form, *, lifted: Lifted | None = None, status: int = 200
) -> Response:
    """The letters that wait; with what was chosen and is wrong, or what became of those that were lifted."""
    session, query = visit.somebody(), {"topic": form.topic, "kind": form.kind} if form.kind else {}
    found = await look(room, session, service, "/v1/operations/letters", Letters, **query)
    if isinstance(found, Away):
        return _not_done(visit, service, found, did=lifted is not None)
    values = {
        "service": service,
        "part": PARTS[service],
        "found": found,
        "shown": found.letters[:SHOWN],
        "form": form,
        "faults": form.faults if status == 422 else [],
        "kind": kind_words(form.kind) if form.kind else "",
        "lifted": lifted,
        "why": {} if lifted is None else {failed.place: failed.why for failed in lifted.failed},
        "here": f"/ops/{service}/letters" + (f"?{urlencode(query)}" if query else ""),
        "span": span,
        "words": reason_words,
        "now": room.sessions.now(),
    }
    return page("ops_letters.html", session, values, status)


async def _done(
    room: Room, visit: Visit, service: str, path: str, model: type[Answer], wanted: Mapping[str, str | Sequence[str]]
) -> Answer | Away:
    """Have a service do it, written down before."""
    session = visit.somebody()
    entry = await room.journal.note(What.CHANGE, session.person, "POST", visit.path)
    answer = await do(room, session, service, path, model, wanted)
    status = answer.status if isinstance(answer, Away) else 200
    if status:
        await room.journal.complete(entry, status)
    return answer


def _not_done(visit: Visit, service: str, away: Away, *, did: bool) -> Response:
    """What is said of a service that did not answer well. `did`: it was asked to do something, and unless it said that it would
    not, it may have."""
    refused = 400 <= away.status < 500
    title = f"Phần {PARTS[service]} " + ("không nhận việc này" if refused else "không trả lời")
    detail = UNKNOWN if did and not refused else f"Dịch vụ {service}: {reason_words(away.why)}."
    return say(Words(away.status if refused else 503, title, detail, "/ops", "Về trang vận hành"), visit.session)
