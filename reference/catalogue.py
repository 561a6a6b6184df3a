"""Units and procedures of a province, read from a folder of YAML files and checked as a whole."""

from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reference.calendar import CalendarTable, load_national_calendar
from reference.hours import DEFAULT_HOURS, OFFICE_TIME, OpeningHours
from reference.timeline import Timeline
from reference.worktime import LimitUnit

Model = TypeVar("Model", bound=BaseModel)


class ReferenceDataError(ValueError):
    """Reference data that cannot be used; the message names the file, the entry and the rule."""


class Letterhead(BaseModel):
    """What a body's letters carry (NĐ 30/2020, Phụ lục I): its full name, its place, and who signs in which capacity."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Cơ quan ban hành, in full.")
    place: str = Field(description="Địa danh before the date.")
    on_behalf: str = Field(default="", description="Quyền hạn, e.g. TM. ỦY BAN NHÂN DÂN; empty for a department.")
    title: str = Field(description="Chức vụ of the signer.")
    signer: str = Field(description="Họ tên of the signer, without academic titles.")
    phone: str = ""


class Unit(BaseModel):
    """A body of the province by its mã định danh (QĐ 20/2020/QĐ-TTg)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str
    kind: Literal["province", "department", "commune"]
    hours: OpeningHours = DEFAULT_HOURS
    brand: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,11}$", description="Tên định danh that its SMS carry.")
    go_live: datetime | None = Field(default=None, description="Business times before it count in figures but send nothing.")
    letterhead: Letterhead | None = Field(default=None, description="Without one, the body's letters cannot be approved.")


class TimeLimit(BaseModel):
    """ThoiGianGiaiQuyet and DonViTinh of a procedure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: int = Field(default=1, ge=1)
    unit: LimitUnit


class ProcedureVersion(BaseModel):
    """What held for a procedure from `valid_from` on, until the next version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    valid_from: date
    limit: TimeLimit
    pause_on_fee: bool = False
    pause_on_agency: bool = False
    strategy: Literal["extend", "restart"] = "extend"
    legal_base: str = ""

    @property
    def name(self) -> str:
        """The version is named by the day from which it holds."""
        return self.valid_from.isoformat()


class Procedure(BaseModel):
    """A procedure by its mã TTHC, in a field (lĩnh vực), with its dated versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str
    field: str
    versions: tuple[ProcedureVersion, ...] = Field(min_length=1)

    def version_at(self, moment: datetime) -> ProcedureVersion | None:
        """The version in force at a moment, or None before the first one (rule 1.9)."""
        day = moment.astimezone(OFFICE_TIME).date()
        in_force = [version for version in self.versions if version.valid_from <= day]
        return max(in_force, key=lambda version: version.valid_from) if in_force else None


class ReferenceData(BaseModel):
    """Everything the services agree on, with one timeline per unit made on first use."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, ignored_types=(cached_property,))

    province: str
    units: dict[str, Unit]
    procedures: dict[str, Procedure]
    calendar: CalendarTable

    @cached_property
    def _by_hours(self) -> dict[OpeningHours, Timeline]:
        return {}

    @cached_property
    def _by_unit(self) -> dict[str, Timeline]:
        return {}

    def timeline(self, unit: str) -> Timeline:
        """The open minutes of a unit; an unknown code counts with the default hours."""
        line = self._by_unit.get(unit)
        if line is None:
            hours = self.units[unit].hours if unit in self.units else DEFAULT_HOURS
            if hours not in self._by_hours:
                self._by_hours[hours] = Timeline(self.calendar, hours)
            line = self._by_hours[hours]
            if unit in self.units:
                self._by_unit[unit] = line
        return line


def load_reference(folder: Path) -> ReferenceData:
    """Read `province.yaml`, `units.yaml`, `procedures.yaml`. Raises ReferenceDataError naming file, entry and rule."""
    province = _read(folder / "province.yaml")
    units = [_parse(Unit, raw, folder / "units.yaml", index) for index, raw in enumerate(_read(folder / "units.yaml"))]
    procedures = [
        _parse(Procedure, raw, folder / "procedures.yaml", index) for index, raw in enumerate(_read(folder / "procedures.yaml"))
    ]
    for name, codes in (("units.yaml", [u.code for u in units]), ("procedures.yaml", [p.code for p in procedures])):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ReferenceDataError(f"{folder / name}: code {twice[0]} is there twice")
    return ReferenceData(
        province=str(province["name"]),
        units={unit.code: unit for unit in units},
        procedures={procedure.code: procedure for procedure in procedures},
        calendar=load_national_calendar(),
    )


def _read(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds; the models check it
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ReferenceDataError(f"{path}: this file is missing") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReferenceDataError(f"{path}: {error}") from error


def _parse(model: type[Model], raw: object, path: Path, index: int) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        place = error.errors()[0]
        field = ".".join(str(part) for part in place["loc"])
        raise ReferenceDataError(f"{path}: entry {index + 1}: {field}: {place['msg']}") from None
