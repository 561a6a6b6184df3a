"""What the documents say can be done, can be done."""

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from dunghen import PROVINCE
from dunghen.__main__ import make_app
from dunghen.together import Keys, demo_environment, from_environment
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from services.intake.app import build
from services.intake.settings import IntakeSettings
from tests.support.command_line import parse
from tools.reference_docs import SETTINGS, environment_names

ROOT = Path(__file__).parents[2]
PAGES = [p for p in sorted(ROOT.rglob("*.md")) if not any(part.startswith(".") for part in p.relative_to(ROOT).parts)]
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
LINES = [
    (page, line) for page in PAGES for block in BLOCK.findall(page.read_text("utf-8")) for line in block.splitlines() if line
]
DEV = (ROOT / "dev").read_text("utf-8")


def dev(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """./dev as a person runs it."""
    return subprocess.run([ROOT / "dev", *arguments], env=environment or None, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{p.relative_to(ROOT)}: {line[:60]}" for p, line in LINES])
def test_a_command_of_the_docs_is_one_that_exists(page: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "sqlite:////dev/null")  # the pages export them
    monkeypatch.setenv("DUNGHEN_KEY", "dh_key")
    words = shlex.split(line)
    if words[0] == "export":
        names = {word.partition("=")[0] for word in words[1:]}
        known = {name for model in SETTINGS.values() for name in environment_names(model).values()} | {
            "MONGO_URL",
            "DUNGHEN_KEY",
            "DUNGHEN_TOKEN",
        }
        assert names <= known
    elif words[:2] == ["./dev", "dunghen"]:
        parse(typer.main.get_command(make_app()), words[2:])
    elif words[0] == "./dev":
        assert re.search(rf"^  {words[1]}\)", DEV, re.MULTILINE), words[1]
    elif words[0] == "curl":
        asked = urlsplit(words[[word.startswith("http://") for word in words].index(True)])
        assert (asked.netloc, asked.path in intake_paths()) == ("127.0.0.1:8101", True)
        assert all((ROOT / word[1:]).exists() for word in words if word.startswith("@examples/"))
    else:
        assert words[:2] == ["python", "-m"]
        module = ROOT / Path(*words[2].split("."))
        assert (module / "__main__.py").exists() or module.with_suffix(".py").exists()


@cache
def intake_paths() -> set[str]:
    """The paths intake answers on, by its own OpenAPI document."""
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    settings = from_environment(IntakeSettings, demo_environment(Keys.new(), PROVINCE))
    nothing: Any = object()
    return set(build(runtime, settings, ports=Ports(store=nothing)).app.openapi()["paths"])


def test_dev_lists_every_command_it_has() -> None:
    listed = dev().stdout

    for name in re.findall(r"^  ([a-z]+)\) ", DEV, re.MULTILINE):
        assert re.search(rf"^  {name} ", listed, re.MULTILINE), name


def test_dev_refuses_an_unknown_command_with_a_sentence() -> None:
    done = dev("demos")

    assert done.returncode == 1
    assert "no command 'demos'" in done.stderr


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    for tool in ("bash", "dirname", "cat", "cksum", "awk", "env"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / tool).symlink_to(found)
    done = dev("demo", PATH=str(tmp_path), DUNGHEN_VENV=str(tmp_path / "venv"))

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr


def test_every_test_that_the_pages_on_delivery_name_exists() -> None:
    files = [*(ROOT / "tests").rglob("*.py")]
    names = {name for file in files for name in re.findall(r"def test_(\w+)", file.read_text("utf-8"))}
    for page in ("architecture.md", "reactions.md", "bad-input.md"):
        text = (ROOT / "docs" / page).read_text("utf-8")
        told = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+){4,})`", text))
        assert told <= names, (page, told - names)
        for path in re.findall(r"`((?:\w+/)*\w+\.py)`", text):
            assert any(str(file).endswith(f"/{path}") for file in files) or (ROOT / path).exists(), (page, path)


@pytest.mark.parametrize(
    "fault",
    ["setting", "absent", "password", "certificate", "right", "disk", "clock", "DNS", "slow", "topic", "replicas"],
)
def test_a_fault_around_a_service_has_a_stated_behaviour_and_a_test(fault: str) -> None:
    lines = (ROOT / "docs/bad-input.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    told = [row for row in rows if fault in row[0]]

    assert told
    for _, behaviour, tests in told:
        assert behaviour
        named = re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", tests)
        assert named
        for path, names in named:
            text = (ROOT / "tests" / path).read_text("utf-8")
            assert all(f"def test_{name}(" in text for name in re.findall(r"`(\w+)`", names)), (path, names)


def test_a_name_of_the_glossary_is_a_name_in_the_code() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("contracts", "reference", "runtime", "services")
        for path in (ROOT / folder).rglob("*.py")
    )
    words = set(re.findall(r"[\w-]+", code))
    rows = [line.split("|") for line in (ROOT / "docs/glossary.md").read_text("utf-8").splitlines() if line.startswith("|")]
    names = {name for row in rows for cell in row[1:-1] for name in re.findall(r"`([^`]+)`", cell)}

    assert len(names) > 80
    assert names - words == set()
