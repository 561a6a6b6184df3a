"""/petitions/survey-notes: what people wrote in surveys, for the head of the unit, who is told of no dossier and no score."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from runtime.web import Person, Role, by_role, problem_answers
from services.feedback.http.petition_views import PAGES
from services.feedback.notes import shown_to
from services.feedback.responses import ResponseRoom

PAGE = 50
Head = Annotated[Person, by_role(Role.UNIT_HEAD)]


def add_notes(app: FastAPI, room: ResponseRoom) -> None:
    """The one route."""

    @app.get(
        "/petitions/survey-notes",
        response_class=HTMLResponse,
        summary="Trang: ý kiến khác trong phiếu khảo sát, cho thủ trưởng đơn vị",
        responses=problem_answers(403, 422, 503),
    )
    async def notes(person: Head, after: Annotated[str, Query(max_length=60)] = "") -> Response:
        page, reference = await shown_to(room.parts.store, person.units_of(""), PAGE, after), room.context.reference
        rows = [
            {
                "unit": reference.unit_name(note.unit),
                "month": "/".join(reversed(note.month.split("-"))),
                "text": room.vault.read(note.locked),
            }
            for note in page.notes
        ]
        return PAGES.show(
            "survey_notes.html", {"rows": rows, "after": page.after, "province": reference.province}, person=person
        )
