"""The letter desk as API. No rules here."""

from datetime import datetime

from fastapi import FastAPI, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.letters import UnsentReason
from contracts.notices import LateReason, RejectReason
from runtime.web import Person, also, problem_answers
from services.notifier.domain.answers import AnswerApproval
from services.notifier.domain.letter import LetterKind
from services.notifier.domain.letter_text import LetterText
from services.notifier.domain.refusals import NOTE_MAX
from services.notifier.domain.signing import Approval
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import NameReader, Reader, Signer
from services.notifier.http.views import LetterView
from services.notifier.store import LetterState as State


class DecisionBody(BaseModel):
    """Điều sẽ ghi trong thư: lý do, ngày hẹn lại (nếu hồ sơ chưa kết thúc)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: LateReason
    note: str = Field(default="", max_length=NOTE_MAX)
    new_due_at: AwareDatetime | None = None


class ApprovalBody(DecisionBody):
    """Ký thư đã xem: như lúc xem, và mã của bản đã xem. Người ký là người đăng nhập."""

    previewed: str = Field(pattern="^[0-9a-f]{64}$", description="`digest` of the preview that the signer saw.")


class Preview(BaseModel):
    """Thư sẽ gửi, trừ số và ngày. Names whom it goes to."""

    digest: str
    addressee: str
    address: str
    subject: str
    paragraphs: tuple[str, ...]
    on_behalf: str
    signer_title: str
    signer: str

    @classmethod
    def of(cls, text: LetterText, digest: str) -> "Preview":
        """As the API says it."""
        said = {name: getattr(text, name) for name in cls.model_fields if name != "digest"}
        return cls.model_validate({"digest": digest, **said})


class RejectionBody(BaseModel):
    """Không gửi thư: lý do. Người quyết định là người đăng nhập."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: RejectReason


class AnswerBody(BaseModel):
    """Điều sẽ ghi trong thư trả lời ý kiến: sai sót hoặc việc được cảm ơn; việc đã làm để khắc phục; có lấy số không."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    note: str = Field(max_length=NOTE_MAX)
    done: str = Field(default="", max_length=NOTE_MAX)
    numbered: bool = False


class AnswerApprovalBody(AnswerBody):
    """Ký thư đã xem: như lúc xem, và mã của bản đã xem."""

    previewed: str = Field(pattern="^[0-9a-f]{64}$", description="`digest` of the preview that the signer saw.")


class AnswerRejectionBody(BaseModel):
    """Không gửi thư trả lời ý kiến: lý do."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: UnsentReason


class Letter(BaseModel):
    """Một thư. No personal data."""

    dossier: str = Field(description="Mã hồ sơ, hoặc mã ý kiến mà thư trả lời.")
    kind: LetterKind = Field(description="late: xin lỗi vì trễ hẹn; apology-error: xin lỗi về sai sót; thanks: cảm ơn.")
    kind_name: str
    about: str = Field(description="Hồ sơ có sai sót, nếu ý kiến nêu hồ sơ.")
    unit: str
    unit_name: str
    procedure_name: str
    state: State
    state_name: str
    received_at: datetime | None
    due_at: datetime | None
    sign_by: datetime | None
    new_due_at: datetime | None
    reason_name: str
    symbol: str
    refusal: str
    waits: str = Field(description="Vì sao thư đã ký duyệt chưa ký số được; trống: không có gì cản.")
    needs_date: bool
    signer: str
    proposed_at: datetime | None
    may_be_taken_back: bool
    paper: str = Field(description="Gửi trên giấy đến đâu; trống: không gửi trên giấy.")

    @classmethod
    def of(cls, view: LetterView) -> "Letter":
        """As the API says it."""
        return cls.model_validate(view, from_attributes=True)


class Letters(BaseModel):
    """A page of letters; `after` is the place of the next one."""

    letters: list[Letter]
    after: str | None


def add_api(app: FastAPI, desk: LetterDesk) -> None:
    """The routes for programs."""
    _add_reading(app, desk)
    _add_deciding(app, desk)
    _add_answering(app, desk)


def _add_reading(app: FastAPI, desk: LetterDesk) -> None:
    @app.get(
        "/v1/letters",
        summary="Thư theo trạng thái, mỗi lần tối đa 200",
        response_model=Letters,
        responses=problem_answers(422, 503),
    )
    async def listed(person: Reader, state: State = "drafted", after: str = "", unit: str = "") -> Letters:
        found, more = await desk.page(state, after, person, unit)
        return Letters(letters=[Letter.of(one) for one in found], after=more or None)

    @app.get(
        "/v1/letters/{dossier}",
        summary="Một thư",
        response_model=Letter,
        responses=problem_answers(404, 422, 503),
    )
    async def one(person: Reader, dossier: str) -> Letter:
        return Letter.of(await desk.show(dossier, person))

    @app.get(
        "/v1/letters/{dossier}/pdf",
        summary="Thư dạng PDF/A",
        response_class=Response,
        responses=also(problem_answers(404, 409, 410, 422, 503), 200, "application/pdf"),
    )
    async def pdf(person: NameReader, dossier: str) -> Response:
        headers = {"content-disposition": f'inline; filename="thu-{dossier}.pdf"', "cache-control": "no-store"}
        return Response(await desk.pdf(dossier, person), media_type="application/pdf", headers=headers)


def _approval(body: DecisionBody, person: Person, previewed: str = "") -> Approval:
    return Approval(body.reason, person.name, body.note, body.new_due_at, person.subject, previewed)


def _add_deciding(app: FastAPI, desk: LetterDesk) -> None:
    @app.post(
        "/v1/letters/{dossier}/preview",
        summary="Xem thư sẽ gửi, trước khi ký",
        response_model=Preview,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def previewed(person: Signer, dossier: str, body: DecisionBody) -> Preview:
        return Preview.of(*await desk.preview(dossier, _approval(body, person), person))

    @app.post(
        "/v1/letters/{dossier}/approval",
        status_code=202,
        summary="Ký thư",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def approval(person: Signer, dossier: str, body: ApprovalBody) -> Letter:
        await desk.approve(dossier, _approval(body, person, body.previewed), person)
        return Letter.of(await desk.show(dossier, person))

    @app.post(
        "/v1/letters/{dossier}/rejection",
        status_code=202,
        summary="Không gửi thư",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def rejection(person: Signer, dossier: str, body: RejectionBody) -> Letter:
        await desk.reject(dossier, body.reason, person)
        return Letter.of(await desk.show(dossier, person))

    @app.post(
        "/v1/letters/{dossier}/taking-back",
        status_code=202,
        summary="Rút lại quyết định không gửi, trước ngày hẹn",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def taking_back(person: Signer, dossier: str) -> Letter:
        await desk.take_back(dossier, person)
        return Letter.of(await desk.show(dossier, person))


def _answer(body: AnswerBody, person: Person, previewed: str = "") -> AnswerApproval:
    return AnswerApproval(person.name, body.note, body.done, body.numbered, person.subject, previewed)


def _add_answering(app: FastAPI, desk: LetterDesk) -> None:
    @app.post(
        "/v1/letters/{petition}/answer/preview",
        summary="Xem thư trả lời ý kiến sẽ gửi, trước khi ký",
        response_model=Preview,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def answer_previewed(person: Signer, petition: str, body: AnswerBody) -> Preview:
        return Preview.of(*await desk.preview(petition, _answer(body, person), person))

    @app.post(
        "/v1/letters/{petition}/answer/approval",
        status_code=202,
        summary="Ký thư trả lời ý kiến",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def answer_approval(person: Signer, petition: str, body: AnswerApprovalBody) -> Letter:
        await desk.approve(petition, _answer(body, person, body.previewed), person)
        return Letter.of(await desk.show(petition, person))

    @app.post(
        "/v1/letters/{petition}/answer/rejection",
        status_code=202,
        summary="Không gửi thư trả lời ý kiến",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def answer_rejection(person: Signer, petition: str, body: AnswerRejectionBody) -> Letter:
        await desk.reject_answer(petition, body.reason, person)
        return Letter.of(await desk.show(petition, person))
