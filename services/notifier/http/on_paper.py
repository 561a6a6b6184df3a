"""Letters that leave on paper, as API: which have to be printed, a batch of them as PDF, what became of each. No rules here."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, also, problem_answers
from services.changes import By
from services.notifier.batches import MOST, Cover, Line, render
from services.notifier.domain import Dossier, Sending
from services.notifier.domain.letter import Sent
from services.notifier.domain.locked import Locked
from services.notifier.domain.notice import APOLOGY
from services.notifier.domain.on_paper import (
    NotOnPaperError,
    OnPaper,
    Outcome,
    came_to,
    last_step,
    long_out,
    on_paper,
    print_in,
    printed_at,
)
from services.notifier.domain.preview import addressed
from services.notifier.domain.worklist import listing_of
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.views import view
from services.notifier.http.worklist import why_listed
from services.notifier.jobs import Desk
from services.notifier.store import (
    CODEC,
    Batch,
    NameReading,
    count_batches,
    count_printed,
    count_wanted,
    enter_batch,
    enter_reading,
    find_batch,
    find_many,
    find_on_paper,
    last_batches,
)

PAGE = 100
BATCHES_SHOWN = 10
NO_MESSAGE = "Thư trả lời ý kiến: không có tin nhắn, thư điện tử nào báo"
PURPOSE = "In thư gửi trên giấy"
Unit = Annotated[str, Query(max_length=64, description="Mã đơn vị; để trống là đơn vị đầu tiên của người xem.")]
After = Annotated[str, Query(max_length=64)]


class PaperLetter(BaseModel):
    """Một thư gửi trên giấy. No personal data."""

    dossier: str = Field(description="Mã hồ sơ, hoặc mã ý kiến mà thư trả lời.")
    kind_name: str
    symbol: str
    unit: str
    state: OnPaper | None = Field(description="wanted: phải in; printed: đã in, chờ kết quả phát; trống: xong.")
    why: str = Field(description="Vì sao phải gửi trên giấy, hoặc đã đến đâu.")
    batch: str = Field(description="Đợt in gần nhất; trống: chưa in.")
    issued_on: date
    unsaid: bool = Field(description="Đã in từ NOTIFIER_PAPER_DAYS ngày trở lên mà chưa ai ghi kết quả.")


class PaperCounts(BaseModel):
    """Bao nhiêu thư phải in (wanted), đã in lâu mà chưa ai ghi kết quả (unsaid), của mọi đơn vị của người hỏi."""

    counts: dict[Literal["wanted", "unsaid"], int]


class PaperLetters(BaseModel):
    """A page of them; `after` is the place of the next one."""

    letters: list[PaperLetter]
    after: str | None


class BatchWanted(BaseModel):
    """In thư phải in của đơn vị nào."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(max_length=64)


class LeftOut(BaseModel):
    """Một thư chưa in được."""

    dossier: str
    why: str


class BatchSaid(BaseModel):
    """Một đợt in. No personal data."""

    unit: str
    year: int
    number: int
    name: str = Field(description="Số đợt như mọi người gọi: số/năm.")
    at: datetime
    by: str
    dossiers: list[str]
    left: list[LeftOut]

    @classmethod
    def of(cls, batch: Batch) -> "BatchSaid":
        """As the API says it."""
        left = [LeftOut(dossier=code, why=why) for code, why in batch.left]
        same = {name: getattr(batch, name) for name in ("unit", "year", "number", "name")}
        return cls(**same, at=moment(batch.at), by=batch.by.name, dossiers=list(batch.dossiers), left=left)


class OutcomeGiven(BaseModel):
    """Thư đã đến đâu, vào ngày nào."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome = Field(
        description="post: bưu chính đã phát; in-person: giao tận tay; told: đã biết bằng cách khác; wrong-address, moved, "
        "absent, refused, returned: bị trả lại vì địa chỉ sai, đã chuyển đi, vắng mặt, không nhận, không ghi lý do."
    )
    on: date


class PaperDesk:
    """What belongs to a unit that a person does not see is not there for this person."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk, letters: LetterDesk) -> None:
        self._parts, self._intents, self._desk, self._letters = parts, intents, desk, letters

    def unit(self, person: Person, asked: str) -> str:
        """The unit that is asked for. Raises ProblemError: it has no letters, or is none of the person's."""
        units = self._letters.units(person)
        code = asked or next(iter(units), "")
        if code not in units:
            raise ProblemError(Problem("no-unit", "Không có thư nào của đơn vị này", 404))
        return code

    def units(self, person: Person) -> dict[str, str]:
        """The units that a person may choose among: code to name."""
        return self._letters.units(person)

    def today(self) -> date:
        """The day of the service's clock."""
        return self._desk.ground().now.astimezone(OFFICE_TIME).date()

    async def page(self, which: OnPaper, unit: str, after: str) -> PaperLetters:
        """Letters of a unit that have to be printed, or were and nobody knows that they arrived."""
        found = await find_on_paper(self._parts.store, which, unit, PAGE, after)
        ground, until = self._desk.ground(), self._long_out()
        return PaperLetters(letters=[_said(dossier, ground, until) for dossier in found.dossiers], after=found.after or None)

    @property
    def days(self) -> int:
        """After how many a printed letter is asked after."""
        return self._desk.settings.paper_days

    async def unsaid(self, person: Person) -> dict[str, int]:
        """Unit -> how many of its letters were printed long ago and nobody said what became of them; of the person's units."""
        return await count_printed(self._parts.store, self._long_out(), person.units_of(""))

    async def counts(self, person: Person) -> PaperCounts:
        """How many of each the person's units have."""
        wanted = await count_wanted(self._parts.store, person.units_of(""))
        return PaperCounts(counts={"wanted": wanted, "unsaid": sum((await self.unsaid(person)).values())})

    def _long_out(self) -> int:
        return long_out(self._desk.ground().now, self.days)

    async def batches(self, unit: str) -> list[BatchSaid]:
        """The last batches of this year, the newest first."""
        found = await last_batches(self._parts.store, unit, self.today().year, BATCHES_SHOWN)
        return [BatchSaid.of(one) for one in found]

    # --- printing -----------------------------------------------------------------

    async def print(self, unit: str, person: Person) -> Batch:
        """Print what has to be printed, the oldest first. A letter that somebody else printed or handed over meanwhile is in
        that other batch alone. Raises ProblemError: there is none, or none can be opened."""
        found = (await find_on_paper(self._parts.store, "wanted", unit, MOST, "")).dossiers
        if not found:
            raise ProblemError(Problem("nothing-to-print", "Không còn thư nào phải in", 409))
        await self._note(person, f"{PURPOSE}, đơn vị {unit}", found)
        lines, left = await self._opened(found, person)
        if not lines:
            detail = "; ".join(f"{code}: {why}" for code, why in left)
            raise ProblemError(Problem("cannot-print", "Chưa in được thư nào", 409, detail))
        by, codes = By(person.name, person.subject), tuple(line.dossier for line in lines)
        batch = await self._entered(unit, codes, tuple(left), by)
        ground = self._desk.ground()
        await CODEC.change(self._intents, codes, lambda dossier: print_in(dossier, batch.name, by, ground), self._parts.clock)
        self._parts.log.info("letters were printed", unit=unit, batch=batch.name, letters=len(codes), subject=person.subject)
        return batch

    async def _entered(self, unit: str, codes: tuple[str, ...], left: tuple[tuple[str, str], ...], by: By) -> Batch:
        now = self._desk.ground().now
        year = now.astimezone(OFFICE_TIME).year
        number = await count_batches(self._parts.store, unit, year) + 1
        while not await enter_batch(
            self._parts.store, batch := Batch(unit, year, number, epoch_ms(now), by, codes, left)
        ):  # somebody prints at the same time
            number += 1
        return batch

    async def pdf(self, unit: str, year: int, number: int, person: Person) -> bytes:
        """A batch: list, addresses, letters. Raises ProblemError."""
        batch = await find_batch(self._parts.store, self.unit(person, unit), year, number)
        found = [] if batch is None else await find_many(self._parts.store, batch.dossiers)
        mine = [one for one in found if batch is not None and _is_in(one, batch)]
        if batch is None or not mine:
            raise ProblemError(Problem("no-batch", "Không có đợt in này, hoặc thư của đợt đã được in ở đợt khác", 404))
        await self._note(person, f"{PURPOSE}, đơn vị {unit}, đợt {batch.name}", mine)
        lines, left = await self._opened(mine, person)
        known = self._desk.ground().reference.units.get(unit)
        cover = Cover(
            body=unit if known is None else known.name,
            batch=batch.name,
            printed_at=moment(batch.at),
            by=batch.by.name,
            left=(*batch.left, *left),
        )
        return await asyncio.to_thread(render, cover, lines)

    async def _note(self, person: Person, purpose: str, dossiers: Sequence[Dossier]) -> None:
        """Who has which names opened stands in the store before they are. Raises Unavailable: then nothing is."""
        now, codes = epoch_ms(self._parts.machine.wall()), tuple(dossier.code for dossier in dossiers)
        reading = NameReading(self._parts.machine.new_id(), now, person.subject, person.name, purpose, codes)
        await enter_reading(self._parts.store, reading)

    async def _opened(self, dossiers: Sequence[Dossier], person: Person) -> tuple[list[Line], list[tuple[str, str]]]:
        """Those that can be printed, and why the others cannot."""
        lines, left, ground = list[Line](), list[tuple[str, str]](), self._desk.ground()
        for dossier in dossiers:
            letter = dossier.letter
            if letter is None:
                continue
            whom = addressed(dossier, letter, ground)
            if isinstance(whom, Locked):
                left.append((dossier.code, f"thiếu khóa mở địa chỉ đợt {whom.epoch}"))
                continue
            try:
                pdf = await self._letters.pdf(dossier.code, person)
            except ProblemError as error:
                left.append((dossier.code, error.problem.title[0].lower() + error.problem.title[1:]))
                continue
            shown = view(dossier, letter, ground)
            lines.append(Line(dossier.code, shown.symbol, shown.kind_name, whom, pdf))
        return lines, left

    # --- what became of one -------------------------------------------------------

    async def note(self, code: str, outcome: Outcome, day: date, person: Person) -> PaperLetter:
        """It was handed over, or came back. Raises ProblemError naming the field."""
        await self._letters.show(code, person)
        ground, by = self._desk.ground(), By(person.name, person.subject)
        try:
            await CODEC.change(
                self._intents, [code], lambda dossier: came_to(dossier, outcome, day, by, ground), self._parts.clock
            )
        except NotOnPaperError as error:
            errors = [{"pointer": f"/{error.field}", "rule": error.field, "detail": error.text}]
            raise ProblemError(Problem("not-on-paper", "Chưa ghi được kết quả gửi thư", 409, error.text, errors)) from None
        self._parts.log.info("what became of a letter was noted", dossier=code, outcome=outcome, subject=person.subject)
        return _said((await find_many(self._parts.store, [code]))[0], ground, self._long_out())


def _said(dossier: Dossier, ground: Sending, until: int) -> PaperLetter:
    letter, step, printed = dossier.letter, last_step(dossier), printed_at(dossier)
    assert isinstance(letter, Sent)  # noqa: S101 - only of those is anything said
    shown = view(dossier, letter, ground)
    return PaperLetter(
        dossier=dossier.code,
        kind_name=shown.kind_name,
        symbol=shown.symbol,
        unit=letter.draft.unit,
        state=on_paper(dossier),
        why=_why(dossier) if step is None else shown.paper,
        batch="" if step is None else step.batch,
        issued_on=moment(letter.at).astimezone(OFFICE_TIME).date(),
        unsaid=printed is not None and printed <= until,
    )


def _is_in(dossier: Dossier, batch: Batch) -> bool:
    letter = dossier.letter
    return isinstance(letter, Sent) and any((one.what, one.batch) == ("printed", batch.name) for one in letter.paper)


def _why(dossier: Dossier) -> str:
    """Why a letter that nobody printed has to go on paper."""
    message = dossier.messages.get(APOLOGY)
    listing = None if message is None else listing_of(dossier, APOLOGY, message)
    return NO_MESSAGE if message is None or listing is None else why_listed(dossier, message, listing)


def add_on_paper(app: FastAPI, desk: PaperDesk) -> None:
    """The routes for programs."""

    @app.get(
        "/v1/letters-on-paper",
        summary="Thư phải gửi trên giấy, mỗi lần tối đa 100",
        response_model=PaperLetters,
        responses=problem_answers(404, 422, 503),
    )
    async def paper_letters(person: Reader, state: OnPaper = "wanted", unit: Unit = "", after: After = "") -> PaperLetters:
        return await desk.page(state, desk.unit(person, unit), after)

    @app.get(
        "/v1/letters-on-paper/counts",
        summary="Bao nhiêu thư phải in, đã in lâu mà chưa ai ghi kết quả",
        response_model=PaperCounts,
        responses=problem_answers(503),
    )
    async def paper_counts(person: Reader) -> PaperCounts:
        return await desk.counts(person)

    @app.post(
        "/v1/letters-on-paper/batches",
        status_code=201,
        summary="In một đợt thư, tối đa 100 thư; tên, địa chỉ được mở và ghi nhật ký",
        response_model=BatchSaid,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def paper_printed(person: Clerk, wanted: BatchWanted) -> BatchSaid:
        return BatchSaid.of(await desk.print(desk.unit(person, wanted.unit), person))

    @app.get(
        "/v1/letters-on-paper/batches/{unit}/{year}/{number}/pdf",
        summary="Một đợt thư dạng PDF: danh sách, nhãn địa chỉ, các thư; được ghi nhật ký",
        response_class=Response,
        responses=also(problem_answers(404, 422, 503), 200, "application/pdf"),
    )
    async def paper_batch(person: Clerk, unit: str, year: int, number: int) -> Response:
        return as_pdf(await desk.pdf(unit, year, number, person), year, number)

    @app.post(
        "/v1/letters-on-paper/{dossier}",
        status_code=202,
        summary="Ghi kết quả gửi một thư trên giấy: đã giao, hoặc bị trả lại",
        response_model=PaperLetter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def paper_noted(person: Clerk, dossier: str, given: OutcomeGiven) -> PaperLetter:
        return await desk.note(dossier, given.outcome, given.on, person)


def as_pdf(made: bytes, year: int, number: int) -> Response:
    """A batch as a file, kept by no browser."""
    headers = {"content-disposition": f'inline; filename="dot-thu-{number}-{year}.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)
