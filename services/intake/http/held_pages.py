"""The pages of what is held for a person: the list, one item with its form, and what became of it. No rules here."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import FastAPI, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.pages import Pages
from runtime.web import Person, Problem, ProblemError, Role, also, by_role, problem_answers
from services.intake.domain import HELD, Fault, FaultError
from services.intake.domain.deeds import REASONS
from services.intake.domain.held import Held
from services.intake.http.clearing import Clearing, Place
from services.intake.http.entrance import Entrance
from services.intake.http.held_views import OWN, Typed, done_of, faults_of, field_words, lines_of, row_of
from services.intake.quarantine import StaleError

HOLDERS = (Role.OFFICER, Role.UNIT_HEAD, Role.OPERATOR)
Clerk = Annotated[Person, by_role(*HOLDERS)]
PAGES = Pages("services.intake")
CHANGED = also(also(problem_answers(404, 422, 503), 409, "text/html"), 422, "text/html")
STALE = (
    "Mục này vừa được sửa ở nơi khác, hoặc bạn đã bấm hai lần. Dưới đây là nội dung hiện nay; điều bạn vừa gửi chưa được dùng."
)


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them."""
    desk = HeldPages(Clearing(entrance), entrance)
    _add_reading(app, desk)
    _add_doing(app, desk)


def _add_reading(app: FastAPI, desk: "HeldPages") -> None:
    @app.get(
        "/quarantine",
        response_class=HTMLResponse,
        summary="Trang: những gì được giữ lại chờ kiểm tra",
        responses=problem_answers(422, 503),
    )
    async def held_list(
        person: Clerk,
        after: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
        item: Annotated[str, Query(max_length=64)] = "",
        taken: Annotated[int | None, Query(ge=0, lt=1000)] = None,
        still: Annotated[int, Query(ge=0, lt=1000)] = 0,
    ) -> Response:
        told = None if taken is None else (taken, still)
        return await desk.list_page(person, None if after is None else Place(after, item), told)

    @app.get(
        "/quarantine/{identity}",
        response_class=HTMLResponse,
        summary="Trang: một mục được giữ lại",
        responses={**problem_answers(404, 422, 503), 303: {"description": "Mục này nay là một mục khác"}},
    )
    async def held_item(person: Clerk, identity: str) -> Response:
        return await desk.item_page(identity, person)


def _add_doing(app: FastAPI, desk: "HeldPages") -> None:
    @app.post(
        "/quarantine/again",
        status_code=303,
        response_class=Response,
        summary="Trang: gửi lại mọi mục của một lý do",
        responses=problem_answers(422, 503),
    )
    async def send_all_held(person: Clerk, reason: Annotated[str, Form(max_length=40)]) -> Response:
        return await desk.send_all(reason, person)

    @app.post(
        "/quarantine/{identity}",
        status_code=303,
        response_class=Response,
        summary="Trang: sửa và gửi lại một mục",
        responses=CHANGED,
    )
    async def send_held(person: Clerk, identity: str, typed: Annotated[Typed, Form()]) -> Response:
        return await desk.send(identity, typed, person)

    @app.post(
        "/quarantine/{identity}/discard",
        status_code=303,
        response_class=Response,
        summary="Trang: bỏ một mục, hoặc ghi là đã xem",
        responses=CHANGED,
    )
    async def drop_held(
        person: Clerk,
        identity: str,
        edition: Annotated[int, Form(ge=0, lt=2**31)],
        why: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        return await desk.drop(identity, edition, why, person)


class HeldPages:
    """Makes the pages of what the desk finds and does."""

    def __init__(self, desk: Clearing, entrance: Entrance) -> None:
        self._desk, self._reference = desk, entrance.context.reference

    async def list_page(self, person: Person, after: Place | None, told: tuple[int, int] | None = None) -> Response:
        """What waits, and what was done lately. `told`: of many that went in again, how many were taken and are held still."""
        found, more = await self._desk.listed(person, after)
        done = [done_of(deed) for deed in await self._desk.lately(person)] if after is None else []
        reasons = {held.why.reason: HELD[held.why.reason] for held in found if not held.flag}
        rows = {"rows": [row_of(held) for held in found], "more": more, "first": after is None}
        values = {**rows, "done": done, "told": told, "reasons": reasons, "province": self._reference.province}
        return PAGES.show("held.html", values, person=person)

    async def item_page(self, identity: str, person: Person) -> Response:
        """One item with its form; of one that is gone what was done with it."""
        held = await self._desk.find(identity, person)
        return await self._gone(identity, person) if held is None else self._form(held, person, faults_of(held))

    async def send_all(self, reason: str, person: Person) -> Response:
        """Take in again all of a reason."""
        if reason not in HELD:
            raise ProblemError(Problem("invalid", "Không có lý do này / there is no such reason", 422))
        taken, still = await self._desk.send_all(reason, person)
        return RedirectResponse(f"/quarantine?taken={taken}&still={still}", 303)

    async def send(self, identity: str, typed: Typed, person: Person) -> Response:
        """Correct and take in again. What is still wrong stands beside its field, with what was typed."""
        held = await self._same(identity, typed.edition, person)
        if isinstance(held, Response):
            return held
        try:
            left = await self._desk.send(held, typed.values(), person)
        except FaultError as error:
            return self._form(held, person, error.faults, typed=typed.values(), status=422)
        except StaleError:
            return await self._lost(identity, person)
        if left is None:
            return RedirectResponse(f"/quarantine/{identity}", 303)
        now = await self._desk.find(left.id, person)  # gone: somebody was faster with what it became
        return await self._gone(left.id, person, late=True) if now is None else self._form(now, person, left.faults, status=422)

    async def drop(self, identity: str, edition: int, why: str, person: Person) -> Response:
        """Discard, or mark as seen."""
        held = await self._same(identity, edition, person)
        if isinstance(held, Response):
            return held
        if not held.flag and why not in REASONS:
            return self._form(held, person, (Fault("why", "missing", "hãy chọn lý do bỏ mục này"),), status=422)
        try:
            await self._desk.drop(held, why, person)
        except StaleError:
            return await self._lost(identity, person)
        return RedirectResponse(f"/quarantine/{identity}", 303)

    async def _same(self, identity: str, edition: int, person: Person) -> Held | Response:
        """The item as its form showed it, or what is to be said instead."""
        held = await self._desk.find(identity, person)
        return held if held is not None and held.edition == edition else await self._lost(identity, person)

    async def _lost(self, identity: str, person: Person) -> Response:
        """Somebody was faster: what there is now."""
        held = await self._desk.find(identity, person)
        if held is None:
            return await self._gone(identity, person, late=True)
        return self._form(held, person, faults_of(held), told=STALE, status=409)

    async def _gone(self, identity: str, person: Person, *, late: bool = False) -> Response:
        """What was done with an item that is there no more; `late`: this person wanted to do something with it. Who did it
        himself, and pressed twice, is only told that it is done."""
        deed = await self._desk.ended(identity, person)
        if deed is None:
            detail = "Mục này đã được gửi lại, đã bỏ, hoặc không thuộc đơn vị của bạn. Xin xem lại danh sách."
            raise ProblemError(Problem("unknown-entry", "Không có mục này / there is no such entry", 404, detail))
        now = await self._desk.became(deed, person)
        if now is not None and late:
            return self._form(now, person, faults_of(now), told=STALE, status=409)
        if now is not None or (late and deed.who == person.subject):
            return RedirectResponse(f"/quarantine/{identity if now is None else now.id}", 303)
        values = {"done": done_of(deed), "late": late, "province": self._reference.province}
        return PAGES.show("held_done.html", values, 409 if late else 200, person)

    def _form(
        self,
        held: Held,
        person: Person,
        faults: Sequence[Fault],
        *,
        typed: Mapping[str, str] | None = None,
        told: str = "",
        status: int = 200,
    ) -> Response:
        lines = lines_of(held, self._desk.options(held, person), typed or {}, faults)
        summary = [(fault.field, field_words(held, fault.field), fault.detail) for fault in faults]
        values = {"held": row_of(held), "edition": held.edition, "lines": lines, "summary": summary, "told": told}
        values |= {"contact": bool(held.locked), "words": bool(held.words), "system": held.sender.system, "reasons": REASONS}
        values |= {"own": {*OWN, *(line.field.name for line in lines)}, "tried": status == 422, "names": self._names(held)}
        return PAGES.show("held_item.html", {**values, "province": self._reference.province}, status, person)

    def _names(self, held: Held) -> Sequence[tuple[str, str]]:
        """What the item says in words of its procedure and its unit, which helps to find their codes."""
        procedure = self._reference.procedures.get(str(held.item.get("procedure")))
        told = (
            ("Tên thủ tục theo danh mục", "" if procedure is None else procedure.name),
            ("Tên thủ tục hệ thống gửi đã ghi", str(held.item.get("procedure_name", ""))),
            ("Tên đơn vị xử lý hệ thống gửi đã ghi", str(held.item.get("competent_unit_name", ""))),
        )
        return [(words, value) for words, value in told if value]
