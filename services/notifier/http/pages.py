"""The letter desk as plain pages: the list. No rules here."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from runtime.pages import Pages
from runtime.web import problem_answers
from services.notifier.http.desk import LetterDesk
from services.notifier.http.letter_page import add_letter
from services.notifier.http.people import NAME_READERS, Reader
from services.notifier.http.views import STATES, LetterView
from services.notifier.store import LetterState as State

PAGES = Pages("services.notifier")


def add_pages(app: FastAPI, desk: LetterDesk) -> None:
    """The routes for people."""

    @app.get(
        "/letters",
        response_class=HTMLResponse,
        summary="Trang: các thư theo trạng thái, thư phải ký trước đứng đầu",
        responses=problem_answers(422, 503),
    )
    async def listing(
        person: Reader,
        state: State = "drafted",
        after: Annotated[str, Query(max_length=64)] = "",
        unit: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        found, more = await desk.page(state, after, person, unit)
        words = {
            "state": state,
            "states": STATES,
            "unit": unit,
            "units": desk.units(person),
            "groups": _groups(found, desk) if state == "drafted" else [("", False, found)],
            "more": more,
            "province": desk.ground().reference.province,
            "in_full": person.may(*NAME_READERS),
        }
        return PAGES.show("letters.html", words, person=person)

    add_letter(app, desk, PAGES)


def _groups(found: list[LetterView], desk: LetterDesk) -> list[tuple[str, bool, list[LetterView]]]:
    """Drafts by when they have to be signed: heading, whether it was missed, letters."""
    now = desk.ground().now
    answers = [one for one in found if one.kind != "late"]
    found = [one for one in found if one.kind == "late"]
    missed = [one for one in found if one.sign_by is None or one.sign_by < now]
    today = [one for one in found if one.sign_by is not None and one.sign_by >= now and one.sign_by.date() == now.date()]
    later = [one for one in found if one.sign_by is not None and one.sign_by >= now and one.sign_by.date() > now.date()]
    groups = [("Đã quá thời hạn ký", True, missed), ("Phải ký hôm nay", False, today), ("Ký sau hôm nay", False, later)]
    groups.append(("Trả lời ý kiến, không có hạn ký", False, answers))
    return [group for group in groups if group[2]]
