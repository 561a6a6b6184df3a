"""The folder that reference data is read from: YAML files, checked as a whole, each fault with its line."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from reference.calendar import load_national_calendar
from reference.catalogue import FUTURE, Procedure, ReferenceData, ReferenceDataError, StatusMap, Unit
from reference.periods import USUAL, PeriodKind
from reference.vocabulary import said_twice
from reference.words import USUAL_WORDS

Model = TypeVar("Model", bound=BaseModel)
FILES = ("province.yaml", "units.yaml", "procedures.yaml", "statuses.yaml", "periods.yaml")
OPTIONAL = frozenset({"statuses.yaml", "periods.yaml"})


def load_reference(folder: Path) -> ReferenceData:
    """Read the files of a folder. Raises ReferenceDataError with one line per fault."""
    faults: list[str] = []
    province = _read(folder, "province.yaml", faults)
    units = _entries(Unit, folder, "units.yaml", "code", faults)
    procedures = _entries(Procedure, folder, "procedures.yaml", "code", faults)
    statuses = _entries(StatusMap, folder, "statuses.yaml", "system", faults)
    periods = _entries(PeriodKind, folder, "periods.yaml", "code", faults) or dict(USUAL)
    if province is not None and not isinstance(_value(province, "name"), str):
        faults.append("province.yaml, line 1: name: Field required")
    minutes = _value(province, "future_minutes")
    if minutes is not None and (type(minutes) is not int or minutes < 0):
        faults.append("province.yaml: future_minutes: must be a whole number of minutes, not below 0")
    words = _value(province, "words") or []
    if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
        faults.append("province.yaml: words: must be a list of words")
    if not faults:
        faults += _cross_faults(units, procedures)
    if faults or province is None:
        raise ReferenceDataError("\n".join(faults))
    return ReferenceData(
        province=str(_value(province, "name")),
        units=units,
        procedures=procedures,
        statuses=statuses,
        periods=periods,
        calendar=load_national_calendar(),
        words=(*USUAL_WORDS, *words),
        future=FUTURE if minutes is None else timedelta(minutes=minutes),
    )


class Watch:
    """Notices when a folder's files change."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder, _stamps(folder)

    def changed(self) -> bool:
        """Whether any file changed since this was last asked."""
        before, self._seen = self._seen, _stamps(self._folder)
        return before != self._seen


def _stamps(folder: Path) -> list[tuple[str, int, int]]:
    found = []
    for name in FILES:
        path = folder / name
        if path.exists():
            stat = path.stat()
            found.append((name, stat.st_mtime_ns, stat.st_size))
    return found


def _value(node: Any, key: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(yaml.serialize(node)).get(key) if isinstance(node, yaml.MappingNode) else None


def _read(folder: Path, name: str, faults: list[str]) -> yaml.Node | None:
    path = folder / name
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        if name not in OPTIONAL:
            faults.append(f"{name}: this file is missing in {folder}")
    except UnicodeDecodeError:
        faults.append(f"{name}: this file is not UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        faults.append(f"{name}{place}: {getattr(error, 'problem', None) or error}")
    else:
        if node is not None:
            return node
        faults.append(f"{name}: this file is empty")
    return None


def _entries(model: type[Model], folder: Path, name: str, key: str, faults: list[str]) -> dict[str, Model]:
    """The entries of one file by their key; what is wrong goes to `faults`."""
    node = _read(folder, name, faults)
    if node is None:
        return {}
    if not isinstance(node, yaml.SequenceNode):
        faults.append(f"{name}, line {node.start_mark.line + 1}: must be a list of entries")
        return {}
    found: dict[str, Model] = {}
    loader = yaml.SafeLoader("")
    for index, entry in enumerate(node.value, start=1):
        try:
            parsed = model.model_validate(loader.construct_object(entry, deep=True))
        except ValidationError as error:
            faults += [
                f"{name}, line {_line(entry, problem['loc'])}, entry {index}: "
                f"{'.'.join(str(part) for part in problem['loc']) or 'entry'}: {problem['msg']}"
                for problem in error.errors()
            ]
            continue
        except yaml.YAMLError as error:
            faults.append(f"{name}, line {entry.start_mark.line + 1}, entry {index}: {getattr(error, 'problem', error)}")
            continue
        identity = getattr(parsed, key)
        if identity in found:
            faults.append(f"{name}, line {entry.start_mark.line + 1}, entry {index}: {key} {identity} is there twice")
        found[identity] = parsed
    return found


def _line(node: yaml.Node, location: Sequence[int | str]) -> int:
    """The line of the innermost node that a validation error points at."""
    for part in location:
        inner = None
        if isinstance(node, yaml.MappingNode):
            inner = next((value for name, value in node.value if name.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _cross_faults(units: dict[str, Unit], procedures: dict[str, Procedure]) -> Iterator[str]:
    """What no entry can know alone."""
    kinds = {"province", "department", "commune"}
    for procedure in procedures.values():
        for body in procedure.bodies:
            if body not in units and body not in kinds:
                yield f"procedures.yaml: {procedure.code}: bodies: {body} is neither a unit nor a kind of unit"
        days = [version.valid_from for version in procedure.versions]
        if len(set(days)) != len(days):
            yield f"procedures.yaml: {procedure.code}: two versions begin on the same day"
    for unit in units.values():
        yield from _word_faults(unit)
        if unit.valid_from and unit.valid_to and unit.valid_to < unit.valid_from:
            yield f"units.yaml: {unit.code}: valid_to lies before valid_from"
        for old in unit.predecessors:
            if old not in units:
                yield f"units.yaml: {unit.code}: predecessors: {old} is not in the list; keep old units, with valid_to"


def _word_faults(unit: Unit) -> Iterator[str]:
    """A spelling has to mean one department, or one step, of a unit."""
    for name, words in (("departments", unit.departments), ("steps", unit.steps)):
        for text in said_twice(words):
            yield f"units.yaml: {unit.code}: {name}: two entries could be meant by “{text}”"
