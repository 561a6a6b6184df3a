"""Every gate refuses its bad samples, and passes the tree as it is (that is `./dev check` itself)."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gates.samples import SAMPLES, Sample
from tests.real import skip
from tools.check import GATES, ROOT, Gate, run, without_sample

CASES = [(gate, sample) for gate in GATES for sample in SAMPLES.get(gate.name, ())]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that belong to the project: what git knows, or all but what ./dev made."""
    copy = tmp_path_factory.mktemp("tree")
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        made = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "demo-out")
        return shutil.copytree(ROOT, copy, dirs_exist_ok=True, ignore=made)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    who = ("-c", "user.name=gates", "-c", "user.email=gates@example.org")  # what the compat gate compares with
    for arguments in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "as it is")):
        subprocess.run(["git", *arguments], cwd=copy, check=True, capture_output=True)
    return copy


@pytest.fixture
def planted(tree: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Gate, Sample, Path]]:
    """The copy with one bad sample in it, taken out again afterwards."""
    gate, sample = request.param
    path = tree / sample.file
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (before or b"").replace(*(words.encode() for words in sample.replace)) if sample.replace[0] else before or b""
    path.write_bytes(text + sample.append.encode())
    yield gate, sample, tree
    if before is None:
        path.unlink()
    else:
        path.write_bytes(before)


@pytest.mark.parametrize("planted", CASES, indirect=True, ids=[f"{g.name}: {s.says[:50]}" for g, s in CASES])
def test_a_gate_refuses_its_bad_sample(planted: tuple[Gate, Sample, Path]) -> None:
    gate, sample, copy = planted
    if gate.name == "compat" and not (copy / ".git").exists():
        skip("no git: there is no earlier commit to compare with")
    done = run(gate, copy)

    assert done.returncode != 0
    assert sample.says in done.stdout + done.stderr


def test_a_skipped_tier_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no engine"):
        skip("no engine")

    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no engine"):
        skip("no engine")


def test_a_gate_without_a_bad_sample_is_noticed() -> None:
    assert without_sample(GATES, SAMPLES) == []
    assert without_sample(GATES, {}) == [gate.name for gate in GATES]
