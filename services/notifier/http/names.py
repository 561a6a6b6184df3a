"""Names, phones and addresses of dossiers for forms that carry them (Mẫu 06, Mẫu 07): opened for a purpose, written down first.

Who asked, for what and for which dossiers stands in the store before anything is opened (decision 30); names stand nowhere.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.facts import epoch_ms
from reference import moment
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, Role, by_role, problem_answers
from services.notifier.domain import Dossier
from services.notifier.domain.locked import Locked
from services.notifier.http.people import Clerk
from services.notifier.jobs import Desk
from services.notifier.store import NameReading, enter_reading, find_many, find_one, readings_of

LONGEST = 64  # characters of a code
AT_ONCE = 500  # dossiers of one question
Code = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
Inspector = Annotated[Person, by_role(Role.INSPECTOR, Role.ADMINISTRATOR)]


class NamesWanted(BaseModel):
    """Cần tên của những hồ sơ nào, để làm gì."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=200)]
    dossiers: Annotated[list[Code], Field(min_length=1, max_length=AT_ONCE)]


class Named(BaseModel):
    """Người nộp một hồ sơ. none: nobody is known (any more); locked: the key to it is not here."""

    dossier: str
    state: Literal["open", "none", "locked"]
    name: str = ""
    phone: str = ""
    address: str = ""


class Names(BaseModel):
    """Người nộp của những hồ sơ thuộc đơn vị của người hỏi; hồ sơ khác không có ở đây."""

    people: list[Named]


class Reading(BaseModel):
    """Ai đã xem, lúc nào, để làm gì."""

    at: datetime
    who: str
    name: str
    purpose: str
    dossiers: int = Field(description="Cùng lúc xem của bao nhiêu hồ sơ.")


class Readings(BaseModel):
    """Các lần xem tên người nộp một hồ sơ."""

    readings: list[Reading]


def add_names(app: FastAPI, parts: Parts, desk: Desk) -> None:
    """The routes."""

    @app.post(
        "/v1/names",
        summary="Tên, số điện thoại, địa chỉ của người nộp, cho biểu mẫu có tên; được ghi nhật ký",
        response_model=Names,
        responses=problem_answers(422, 503),
    )
    async def names(person: Clerk, wanted: NamesWanted) -> Names:
        found = await find_many(parts.store, wanted.dossiers)
        mine = [dossier for dossier in found if any(person.sees(unit) for unit in dossier.units)]
        if not mine:
            return Names(people=[])
        codes = tuple(dossier.code for dossier in mine)
        now = epoch_ms(parts.machine.wall())
        await enter_reading(
            parts.store, NameReading(parts.machine.new_id(), now, person.subject, person.name, wanted.purpose, codes)
        )
        parts.log.info("names were opened", subject=person.subject, dossiers=len(codes))
        return Names(people=[_named(dossier, desk) for dossier in mine])

    @app.get(
        "/v1/names/readings",
        summary="Ai đã xem tên người nộp một hồ sơ, để làm gì",
        response_model=Readings,
        responses=problem_answers(404, 422, 503),
    )
    async def readings(person: Inspector, dossier: Annotated[str, Query(max_length=LONGEST)]) -> Readings:
        known = await find_one(parts.store, dossier)
        if known is None or not any(person.sees(unit) for unit in known.units):
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        found = await readings_of(parts.store, dossier)
        return Readings(
            readings=[
                Reading(at=moment(one.at), who=one.who, name=one.name, purpose=one.purpose, dossiers=len(one.dossiers))
                for one in found
            ]
        )


def _named(dossier: Dossier, desk: Desk) -> Named:
    contact = dossier.known_contact
    person = None if contact is None else desk.person_of(contact)
    if isinstance(person, Locked):
        return Named(dossier=dossier.code, state="locked")
    if person is None:
        return Named(dossier=dossier.code, state="none")
    return Named(dossier=dossier.code, state="open", name=person.name, phone=person.phone, address=person.address)
