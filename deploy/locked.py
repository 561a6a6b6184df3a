"""Install what an extra of pyproject.toml needs, as the lock has it: `locked.py FOLDER EXTRA`.

FOLDER is a virtual environment, made if it is not there; EXTRA may be `build-system`, for what makes the package itself. Each
version is the lock's, wheels alone are taken (none runs code while it is installed), and each has to be, byte for byte, one
whose digest the lock names: else this ends with 1.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)")
OWN = re.compile(r"^dunghen\[(.+)\]$")


def plain(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> tuple[list[str], dict[str, set[str]]]:
    """The pins of a lock, with what they hold for, and the SHA-256 digests that each name may have."""
    pins, digests, name = [], dict[str, set[str]](), ""
    for line in text.splitlines():
        found = PIN.match(line)
        if found:
            name = plain(found[1])
            pins.append(line.removesuffix("\\").strip())
            digests.setdefault(name, set())
        elif "--hash=sha256:" in line:
            digests[name].add(line.partition("--hash=sha256:")[2].rstrip(" \\"))
    return pins, digests


def wanted(project: dict[str, Any], extra: str) -> Iterator[str]:
    """What an extra asks for, other extras of ours resolved."""
    if extra == "build-system":
        yield from project["build-system"]["requires"]
        return
    yield from project["project"]["dependencies"]
    for line in project["project"]["optional-dependencies"][extra]:
        own = OWN.match(line)
        if own is None:
            yield line
        else:
            for name in own[1].split(","):
                yield from wanted(project, name.strip())


def strangers(report: dict[str, Any], digests: dict[str, set[str]]) -> list[str]:
    """What was installed, by pip's report, and is not what the lock names."""
    found = []
    for item in report["install"]:
        name, archive = plain(item["metadata"]["name"]), item["download_info"].get("archive_info", {})
        if archive.get("hashes", {}).get("sha256") not in digests.get(name, set()):
            found.append(f"{name} {item['metadata']['version']}: {item['download_info']['url']}")
    return found


def main(folder: str, extra: str) -> None:
    """Install, and look at what came."""
    here = Path.cwd()
    pins, digests = locked((here / "requirements.lock").read_text("utf-8"))
    lines = [*wanted(tomllib.loads((here / "pyproject.toml").read_text("utf-8")), extra)]
    if not Path(folder).exists():
        venv.create(folder, symlinks=True)  # without pip: what runs needs none
    with tempfile.TemporaryDirectory() as given:
        constraints, report = Path(given) / "constraints.txt", Path(given) / "report.json"
        constraints.write_text("\n".join(pins), "utf-8")
        pip = [sys.executable, "-m", "pip", "--python", f"{folder}/bin/python", "install", "-q", "--only-binary", ":all:"]
        command = [*pip, "-c", str(constraints), "--report", str(report), *lines]
        subprocess.run(command, check=True)  # noqa: S603 - words of pyproject.toml
        others = strangers(json.loads(report.read_text("utf-8")), digests)
    if others:
        sys.exit("not in requirements.lock with these bytes:\n" + "\n".join(others))


if __name__ == "__main__":
    main(*sys.argv[1:])
