"""What images install: the lock's versions, with the lock's bytes."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from dunghen.services import ALL

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def locked() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locked", ROOT / "deploy/locked.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("extra", [*ALL, "cli", "recovery", "build-system"])
def test_all_that_an_image_asks_for_stands_in_the_lock_with_digests(locked: ModuleType, extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    _, digests = locked.locked((ROOT / "requirements.lock").read_text("utf-8"))
    names = {
        locked.plain(line.split("[")[0].split(">")[0].split("=")[0].split("<")[0]) for line in locked.wanted(project, extra)
    }

    assert names
    assert not [name for name in names if not digests.get(name)]
    assert "dunghen" not in names


def test_other_bytes_than_the_locks_are_named(locked: ModuleType) -> None:
    pins, digests = locked.locked(
        "# head\nOne.Thing==1.0 ; python_version < '3.14' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )

    def installed(name: str, digest: str | None) -> dict[str, object]:
        archive = {"archive_info": {"hashes": {"sha256": digest}}} if digest else {"dir_info": {}}
        return {"metadata": {"name": name, "version": "1.0"}, "download_info": {"url": f"https://index/{name}", **archive}}

    given = [
        installed("one_thing", "bb"),
        installed("one-thing", "cc"),
        installed("another", "aa"),
        installed("one.thing", None),
    ]
    assert pins == ["One.Thing==1.0 ; python_version < '3.14'"]
    assert locked.strangers({"install": given}, digests) == [
        "one-thing 1.0: https://index/one-thing",
        "another 1.0: https://index/another",
        "one-thing 1.0: https://index/one.thing",
    ]


def test_an_extra_is_resolved_to_what_it_stands_for(locked: ModuleType) -> None:
    extras = {"a": ["dunghen[b, c]", "x>=1"], "b": ["y"], "c": ["dunghen[b]", "z"]}
    project = {"project": {"dependencies": ["p"], "optional-dependencies": extras}}

    assert set(locked.wanted(project, "a")) == {"p", "x>=1", "y", "z"}


def test_the_dockerfile_installs_before_it_copies_the_source() -> None:
    """A change of the source must not cost the packages anew."""
    stages = (ROOT / "deploy/Dockerfile").read_text("utf-8").split("\nFROM ")
    (copying,) = (stage for stage in stages if "COPY . ." in stage)

    assert copying.startswith("installed AS code")
    assert "SERVICE" not in copying  # the same layer in all images
