"""Refuse a change of the contracts that would break a reader: `python -m tools.compat`.

The schemas as they are now are compared with those of the last commit (if they changed since), else with those of the commit
before it. An optional field more is fine, words of explanation are free, a new type is fine; anything else has to become a new
type beside the old one. What may go in is rolled out readers first: the order is printed.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts import full_type, load_catalogue

FOLDER = "contracts/schemas"
_WORDS = ("description", "title", "examples", "$id", "default")
# What CloudEvents asks of every event and every release has written: no record breaks it, so that no reader has to fear one
# that does. A schema that says so refuses only what was never ours.
_ALWAYS_SO = ("/specversion: became required", '/propertyNames: a rule more, {"pattern": "^[a-z0-9]+$"}')
Schemas = Mapping[str, dict[str, Any]]


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """What a reader of the old schema could stumble over, one line each."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(old, new, place)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{place}/{number}")
    elif old != new:
        yield f"{place or '/'}: {_short(old)} became {_short(new)}"


def _of_objects(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
    fields = place.endswith(("/properties", "/$defs"))
    for name in sorted({*old, *new}):
        if not fields and name in _WORDS:
            continue
        if not fields and name == "required":
            yield from _of_required(set(old.get(name, [])), set(new.get(name, [])), place)
        elif name not in new:
            yield f"{place}/{name}: removed or renamed"
        elif name not in old:
            if not fields:
                yield f"{place}/{name}: a rule more, {_short(new[name])}"
        else:
            yield from differences(old[name], new[name], f"{place}/{name}")


def _of_required(old: set[str], new: set[str], place: str) -> Iterator[str]:
    yield from (f"{place}/{name}: became required" for name in sorted(new - old))
    yield from (f"{place}/{name}: is no longer required, and readers count on it" for name in sorted(old - new))


def _short(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, ensure_ascii=False)[:60]


def problems(old: Schemas, new: Schemas) -> list[str]:
    """Everything that breaks a reader, by type."""
    found = [f"{name}: the type is gone" for name in sorted(old.keys() - new.keys())]
    lines = [(name, line) for name in sorted(old.keys() & new.keys()) for line in differences(old[name], new[name])]
    return found + [f"{name}: {line}" for name, line in lines if line not in _ALWAYS_SO]


def changed(old: Schemas, new: Schemas) -> list[str]:
    """Types that are new or not what they were."""
    return [name for name in sorted(new) if old.get(name) != new[name]]


def rollout(types: list[str]) -> list[str]:
    """Per topic with changed types: its readers, then its writer."""
    lines = []
    for topic, spec in load_catalogue().topics.items():
        own = [name for name in types if full_type(name) in spec.full_types]
        if own:
            order = [*(reader for reader in spec.readers if reader not in spec.writers), *spec.writers]
            lines.append(f"{topic} ({', '.join(own)}): {' -> '.join(order)}")
    return lines


def _git(*arguments: str) -> str | None:
    """What git says in this tree, or None if it cannot."""
    if shutil.which("git") is None:
        return None
    done = subprocess.run(["git", *arguments], cwd=Path.cwd(), capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else None


def committed(commit: str) -> Schemas | None:
    """The schemas of a commit; None if it is not there."""
    listed = _git("ls-tree", "--name-only", commit, f"{FOLDER}/")
    if listed is None:
        return None
    texts = {Path(name).stem: _git("show", f"{commit}:{name}") for name in listed.split()}
    return {name: json.loads(text) for name, text in texts.items() if text is not None}


def main() -> int:
    """Print what breaks, or the order of the roll-out; 1 if something breaks."""
    new = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(Path(FOLDER).glob("*.json"))}
    last = committed("HEAD")
    base = committed("HEAD~1") if last == new else last
    if base is None:
        print("no earlier commit to compare the contracts with")
        return 0
    found = problems(base, new)
    for line in found:
        print(line)
    if found:
        print("make it a new type .v2 beside the old one, let readers take both, then move the writer")
    for line in rollout(changed(base, new)):
        print(f"roll-out: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
