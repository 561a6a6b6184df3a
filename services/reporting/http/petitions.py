"""The share of petitions that were answered in time (R32), as a page and as data.

That there are complaints and denunciations is shown to whom feedback shows them: the competent officers (R34).
"""

from collections.abc import Mapping, Sequence
from datetime import date

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from contracts.petitions import PetitionChannel, PetitionKind
from runtime.pages import Pages
from runtime.web import Person, Role, problem_answers
from services.reporting.domain import Days
from services.reporting.domain.petitions import TARGET, Score
from services.reporting.http.common import From, Reader, Room, To, not_backwards, problems
from services.reporting.http.pages import FirstDay, LastDay, default_period
from services.reporting.in_time import InTime, in_time
from services.reporting.overview import printed

PAGES = Pages("services.reporting")
KINDS: Mapping[PetitionKind, str] = {
    "suggestion": "Góp ý",
    "petition": "Phản ánh, kiến nghị",
    "complaint": "Khiếu nại",
    "denunciation": "Tố cáo",
}
CHANNELS: Mapping[PetitionChannel, str] = {
    "box": "Hòm thư góp ý",
    "counter": "Tại quầy",
    "phone": "Điện thoại",
    "reception": "Tiếp công dân",
    "dialogue": "Đối thoại",
    "portal": "Trang trực tuyến",
    "sms-link": "Liên kết trong tin nhắn",
    "file": "Văn bản, tệp",
}
COMPETENT: Mapping[PetitionKind, tuple[Role, ...]] = {
    "complaint": (Role.UNIT_HEAD, Role.INSPECTOR),
    "denunciation": (Role.INSPECTOR,),
}


class Figures(BaseModel):
    """Of those that were due in the period and are due by now."""

    due: int = Field(description="How many had to be answered in the period: the denominator.")
    in_time: int = Field(description="How many of them were, and not after they were due: the numerator.")
    late: int = Field(description="How many were answered later.")
    open: int = Field(description="How many are not answered.")
    again: int = Field(description="How many of them are of petitions that were raised again.")
    published: int = Field(description="How many have their answer on the public board.")
    share: float | None = Field(description="Percent in time, two decimals; null where nothing was due.")
    below_target: bool = Field(
        description=f"Whether fewer than {TARGET} % were in time, by the numbers before they are rounded."
    )

    @classmethod
    def fields_of(cls, score: Score) -> dict[str, int | float | None]:
        """The fields of a score."""
        share = score.share
        return {
            "due": score.due,
            "in_time": score.in_time,
            "late": score.late,
            "open": score.open,
            "again": score.again,
            "published": score.published,
            "share": None if share is None else float(share),
            "below_target": score.below,
        }


class OfUnit(Figures):
    """Of a unit."""

    unit: str
    name: str


class OfKind(Figures):
    """Of a kind."""

    kind: PetitionKind


class OfChannel(Figures):
    """Of a channel."""

    channel: PetitionChannel


class Apart(BaseModel):
    """A kind that has clocks of other laws, by unit."""

    kind: PetitionKind
    units: list[OfUnit]


class PetitionFigures(BaseModel):
    """Tỷ lệ góp ý, phản ánh, kiến nghị được trả lời đúng hạn trong kỳ."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    standing: str = Field(description="How old and how final it is, in words.")
    target: int = Field(default=TARGET, description="Percent that have to be answered in time.")
    total: Figures
    units: list[OfUnit] = Field(description="Each unit in use on the last day, those with nothing too.")
    kinds: list[OfKind]
    channels: list[OfChannel]
    apart: list[Apart] = Field(description="Complaints and denunciations, for whom they are shown to; not in the total.")


def add_petitions(app: FastAPI, room: Room) -> None:
    """Add them."""

    async def asked(person: Person, first: date, last: date, unit: str | None = None) -> InTime:
        kinds = [kind for kind, roles in COMPETENT.items() if person.may(*roles)]
        return await in_time(room.parts.store, room.reference, Days(first, last), room.parts.clock.now(), kinds, unit)

    @app.get(
        "/v1/petitions/in-time",
        summary="Góp ý, phản ánh, kiến nghị trả lời đúng hạn trên số đến hạn trong kỳ, theo đơn vị, loại, kênh",
        response_model=PetitionFigures,
        responses=problem_answers(404, 422, 503),
    )
    async def data(person: Reader, first: From, last: To, unit: str | None = None) -> PetitionFigures:
        with problems(room):
            not_backwards(first, last)
            room.known_unit(unit)
            return _data(await asked(person, first, last, unit), room)

    @app.get(
        "/figures/petitions",
        response_class=HTMLResponse,
        summary="Trang: góp ý, phản ánh, kiến nghị trả lời đúng hạn",
        responses=problem_answers(422, 503),
    )
    async def page(person: Reader, first: FirstDay = None, last: LastDay = None) -> Response:
        usual = default_period(room.parts.clock.now())
        days = first or usual[0], last or usual[1]
        not_backwards(*days)
        seen = await asked(person, *days)
        words = {
            "province": room.reference.province,
            "rebuilding": room.rebuild.running,
            "target": TARGET,
            "printed": printed,
            "seen": seen,
            "units": _units_named(seen.units, room),
            "kinds": [(KINDS[kind], score) for kind, score in seen.kinds.items()],
            "channels": [(CHANNELS[channel], score) for channel, score in seen.channels.items()],
            "apart": [(KINDS[kind], _units_named(own, room)) for kind, own in seen.apart.items()],
        }
        return PAGES.show("petitions.html", words, person=person)


def _units_named(own: Mapping[str, Score], room: Room) -> list[tuple[str, Score]]:
    return [(room.reference.unit_name(code), score) for code, score in own.items()]


def _data(seen: InTime, room: Room) -> PetitionFigures:
    def units(own: Mapping[str, Score]) -> Sequence[OfUnit]:
        name = room.reference.unit_name
        return [OfUnit.model_validate({"unit": code, "name": name(code), **Figures.fields_of(own[code])}) for code in own]

    return PetitionFigures.model_validate(
        {
            "first": seen.first,
            "last": seen.last,
            "standing": seen.standing.words,
            "total": Figures.fields_of(seen.whole),
            "units": units(seen.units),
            "kinds": [{"kind": kind, **Figures.fields_of(score)} for kind, score in seen.kinds.items()],
            "channels": [{"channel": channel, **Figures.fields_of(score)} for channel, score in seen.channels.items()],
            "apart": [{"kind": kind, "units": units(own)} for kind, own in seen.apart.items()],
        }
    )
