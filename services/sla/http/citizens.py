"""What a citizen asks sla: one dossier, with the look-up code of its receipt (decision 26). Nothing of persons is in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

from contracts.deadlines import Outcome, Step
from contracts.lookup import LookupKeys
from reference import ReferenceData, moment, moment_or_none
from runtime.parts import Parts
from runtime.web import Problem, ProblemError, by_key, problem_answers
from services.sla import store
from services.sla.domain.desk import NotAccepted, Stage, Told, Urgency, asked_of_citizen, not_accepted, told_of
from services.sla.domain.dossier import EndState
from services.sla.handlers import Context

HEADER = "x-lookup-code"
_SHOWN = APIKeyHeader(
    name=HEADER, scheme_name="lookup-code", description="Mã tra cứu in trên giấy tiếp nhận hồ sơ.", auto_error=False
)


class CitizenDossier(BaseModel):
    """Một hồ sơ, cho người nộp. No personal data. `not-accepted`: of dates only when it was submitted and refused."""

    dossier: str
    unit: str
    unit_name: str
    hotline: str = Field(description="Đường dây nóng của đơn vị; trống nếu danh mục không có.")
    procedure_name: str
    stage: Stage | Literal["not-accepted"]
    submitted_at: datetime | None = Field(default=None, description="NgayNopHoSo, của hồ sơ nộp trực tuyến.")
    received_at: datetime | None = None
    due_at: datetime | None = None
    urgency: Urgency | None = None
    waits_for: str = ""
    waits_since: datetime | None = None
    outcome: Outcome | None = None
    end_state: EndState | Literal[3] | None = Field(default=None, description="TrangThaiHoSo.")
    ended_at: datetime | None = None
    asked_for: str = Field(default="", description="Người nộp phải làm: supplement (bổ sung giấy tờ), fee (nộp tiền).")
    step: str = ""
    why: list[Step] = Field(default=[], description="Cách tính ngày hẹn trả.")


@dataclass(frozen=True, slots=True)
class CitizenDesk:
    """Reads one dossier for its citizen. No rules here."""

    parts: Parts
    context: Context

    @property
    def reference(self) -> ReferenceData:
        """Names of units and procedures, hotlines."""
        return self.context.reference

    async def show(self, code: str) -> CitizenDossier:
        """One dossier. Raises ProblemError for one that nothing can be said of yet."""
        dossier, now = await store.find_one(self.parts.store, code), self.context.clock.now()
        if dossier is not None:
            refused = not_accepted(dossier)
            if refused is not None:
                return _refused(refused, self)
            told = told_of(dossier, now, self.context.ground)
            if told is not None:
                return _told(told, asked_of_citizen(dossier), self)
        raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))

    def hotline(self, unit: str) -> str:
        """Empty where the list has none."""
        known = self.reference.units.get(unit)
        return "" if known is None else known.hotline


def add_citizen_routes(app: FastAPI, desk: CitizenDesk, lookup: LookupKeys | None) -> None:
    """Add them. `lookup`: None if no key was set; then nobody is answered."""

    @app.get(
        "/v1/lookup/{dossier}",
        summary="Một hồ sơ, cho người có mã tra cứu của hồ sơ ấy",
        response_model=CitizenDossier,
        dependencies=[by_key("the look-up code of the dossier", _holder(lookup)), Depends(_SHOWN)],
        responses=problem_answers(401, 404, 422, 503),
    )
    async def looked_up(dossier: Annotated[str, Field(max_length=64)]) -> CitizenDossier:
        return await desk.show(dossier)


def _holder(lookup: LookupKeys | None) -> Callable[[Request], Awaitable[None]]:
    """Looks at the code before anything of the dossier is read: whether there is such a dossier changes neither the answer to
    a wrong code nor its time."""

    async def check(request: Request) -> None:
        code, dossier = request.headers.get(HEADER, ""), str(request.path_params["dossier"])
        if lookup is None and code:
            raise ProblemError(Problem("no-lookup", "Chưa mở tra cứu / look-up is not set up", 503, "LOOKUP_KEY is not set"))
        if lookup is None or not lookup.opens(dossier, code):
            raise ProblemError(Problem("no-key", "Mã tra cứu không đúng / the look-up code does not open this dossier", 401))

    return check


def _told(told: Told, asked_for: str, desk: CitizenDesk) -> CitizenDossier:
    ended = told.ended
    return CitizenDossier(
        dossier=told.code,
        unit=told.unit,
        unit_name=desk.reference.unit_name(told.unit),
        hotline=desk.hotline(told.unit),
        procedure_name=desk.reference.procedure_name(told.procedure),
        stage=told.stage,
        submitted_at=moment_or_none(told.submitted_at),
        received_at=moment_or_none(told.received_at),
        due_at=moment_or_none(told.due),
        urgency=told.urgency,
        waits_for=told.waits_for,
        waits_since=moment_or_none(told.waits_since),
        outcome=None if ended is None else ended.outcome,
        end_state=None if ended is None else ended.end.state,
        ended_at=None if ended is None else moment(ended.end.at),
        asked_for=asked_for,
        step=told.step,
        why=list(told.why),
    )


def _refused(refused: NotAccepted, desk: CitizenDesk) -> CitizenDossier:
    return CitizenDossier(
        dossier=refused.code,
        unit=refused.unit,
        unit_name=desk.reference.unit_name(refused.unit),
        hotline=desk.hotline(refused.unit),
        procedure_name=desk.reference.procedure_name(refused.procedure),
        stage="not-accepted",
        submitted_at=moment_or_none(refused.submitted_at),
        end_state=3,
        ended_at=moment(refused.at),
    )
