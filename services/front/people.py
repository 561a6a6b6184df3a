"""The province's file of people: read at start and when it was changed; a broken one is named in the log and not used."""

from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.logs import Logger
from services.front.domain import Grant, faults_of


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    who: str = Field(min_length=1)
    roles: list[str]
    units: list[str]
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="until")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    people: list[_Line]


class PeopleFile:
    """The lines of the file, if there is one. Raises ValueError at first reading if it is wrong."""

    def __init__(self, path: Path | None, log: Logger) -> None:
        self._path, self._log = path, log
        self._read_at = 0
        self._grants: tuple[Grant, ...] = ()
        if path is not None:
            self._read_at, self._grants = path.stat().st_mtime_ns, read_people(path)

    def grants(self) -> tuple[Grant, ...]:
        """As the file says now, or as it last said rightly."""
        if self._path is None:
            return ()
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read_at:
                self._read_at, self._grants = changed, read_people(self._path)
        except (OSError, ValueError) as error:
            self._log.error("people file not taken over", reason=str(error))
        return self._grants


def read_people(path: Path) -> tuple[Grant, ...]:
    """The lines of a file. Raises ValueError that says which are wrong, never what stands in them; OSError."""
    try:
        lines = _File.model_validate(yaml.safe_load(path.read_text("utf-8"))).people
    except yaml.YAMLError:
        raise ValueError("FRONT_PEOPLE_FILE: is no YAML") from None
    except ValidationError as error:
        places = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
        raise ValueError("FRONT_PEOPLE_FILE: " + "; ".join(places)) from None
    grants = tuple(Grant(line.who, frozenset(line.roles), frozenset(line.units), line.first, line.last) for line in lines)
    faults = faults_of(grants)
    if faults:
        raise ValueError("FRONT_PEOPLE_FILE: " + "; ".join(faults))
    return grants
