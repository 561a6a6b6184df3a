"""Letters that leave on paper, as a plain page. No rules here."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.pages import Pages
from runtime.web import Person, Problem, ProblemError, Role, also, problem_answers
from services.notifier.domain.on_paper import HANDED, OUTCOMES, OnPaper
from services.notifier.http.on_paper import After, PaperDesk, Unit, as_pdf
from services.notifier.http.people import Clerk, Reader

PAGES = Pages("services.notifier")
STATES: dict[OnPaper, str] = {"wanted": "Phải in", "printed": "Đã in, chờ kết quả"}
ANSWERS = also(problem_answers(404, 422, 503), 409, "text/html")
PDF = also(problem_answers(404, 422, 503), 200, "application/pdf")
Field = Annotated[str, Form(max_length=64)]


def add_on_paper_pages(app: FastAPI, desk: PaperDesk) -> None:
    """The routes for people. They stand before those of one letter, whose code is any word."""

    @app.get(
        "/letters/on-paper",
        response_class=HTMLResponse,
        summary="Trang: thư phải gửi trên giấy",
        responses=problem_answers(404, 422, 503),
    )
    async def paper_page(person: Reader, state: OnPaper = "wanted", unit: Unit = "", after: After = "") -> Response:
        return await _page(desk, person, (state, unit), after)

    @app.post(
        "/letters/on-paper/{unit}/print",
        status_code=303,
        response_class=Response,
        summary="Trang: in một đợt thư, tối đa 100 thư",
        responses=ANSWERS,
    )
    async def print_page(person: Clerk, unit: str) -> Response:
        try:
            batch = await desk.print(desk.unit(person, unit), person)
        except ProblemError as error:
            return await _page(desk, person, ("wanted", unit), "", error)
        return RedirectResponse(f"/letters/on-paper/{unit}/{batch.year}/{batch.number}.pdf", 303)

    @app.get(
        "/letters/on-paper/{unit}/{year}/{number}.pdf", response_class=Response, summary="Một đợt thư dạng PDF", responses=PDF
    )
    async def batch_pdf(person: Clerk, unit: str, year: int, number: int) -> Response:
        return as_pdf(await desk.pdf(unit, year, number, person), year, number)

    @app.post(
        "/letters/{dossier}/on-paper",
        status_code=303,
        response_class=Response,
        summary="Trang: ghi kết quả gửi một thư trên giấy",
        responses=ANSWERS,
    )
    async def note_page(
        person: Clerk, dossier: str, state: OnPaper = "wanted", unit: Unit = "", outcome: Field = "", on: Field = ""
    ) -> Response:
        try:
            await _note(desk, person, dossier, outcome, on)
        except ProblemError as error:
            return await _page(desk, person, (state, unit), "", error)
        return RedirectResponse(f"/letters/on-paper?state={state}&unit={unit}", 303)


async def _note(desk: PaperDesk, person: Person, dossier: str, outcome: str, on: str) -> None:
    known = next((one for one in OUTCOMES if one == outcome), None)
    if known is None:
        raise _refused(f"{dossier}: chọn kết quả gửi thư.")
    try:
        day = date.fromisoformat(on.strip())
    except ValueError:
        raise _refused(f"{dossier}: không đọc được ngày; ghi đủ ngày, tháng, năm.") from None
    await desk.note(dossier, known, day, person)


def _refused(words: str) -> ProblemError:
    return ProblemError(Problem("not-on-paper", "Chưa ghi được kết quả gửi thư", 409, words))


async def _page(
    desk: PaperDesk, person: Person, which: tuple[OnPaper, str], after: str, error: ProblemError | None = None
) -> Response:
    """The list; what was refused is said above it. Raises ProblemError for what is not there."""
    if error is not None and error.problem.status != 409:
        raise error
    state, unit = which[0], desk.unit(person, which[1])
    found = await desk.page(state, unit, after)
    problem = "" if error is None else error.problem.detail or f"{error.problem.title}."
    words = {
        "letters": found.letters,
        "more": found.after,
        "state": state,
        "states": STATES,
        "unit": unit,
        "units": desk.units(person),
        "unsaid": await desk.unsaid(person),
        "days": desk.days,
        "batches": await desk.batches(unit),
        "outcomes": {code: said for code, said in OUTCOMES.items() if state == "printed" or code in HANDED},
        "today": desk.today().isoformat(),
        "decides": person.may(Role.OFFICER, Role.UNIT_HEAD),
        "problem": problem,
    }
    return PAGES.show("on_paper.html", words, 409 if problem else 200, person)
