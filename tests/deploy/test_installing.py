"""`./dev` on machines unlike ours: behind a mirror, in a folder with a Vietnamese name, under LC_ALL=C, with CRLF."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIP_CONF = """[global]
index-url = https://mirror.example/simple
trusted-host = mirror.example
extra-index-url =
    https://one.example/simple
    https://two.example/simple
cert = /etc/ssl/noi-bo.pem
[install]
index-url = https://cai.example/simple
"""


def functions() -> str:
    """The functions of `./dev` by which uv learns what pip knows."""
    text = (ROOT / "dev").read_text("utf-8")
    found = re.findall(r"^(?:pip_setting|follow_pip)\(\) \{.*?^\}$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    return "\n".join(found)


def told_to_uv(folder: Path, conf: str, **environment: str) -> dict[str, str]:
    """What uv gets in its environment on a machine with this pip.conf."""
    (folder / "pip.conf").write_text(conf, "utf-8")
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    script = f'set -euo pipefail\n{functions()}\nVENV="{folder}"\nfollow_pip\nenv\n'
    given = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": str(folder / "pip.conf"), "HOME": str(folder), **environment}
    done = subprocess.run(["bash", "-c", script], env=given, capture_output=True, text=True, check=True)
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: value for name, value in told.items() if name.startswith(("UV_", "SSL_"))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an office would call it."""
    named = tmp_path / "Hồ sơ một cửa"
    named.mkdir()
    return named


def has_pip() -> bool:
    """Whether this Python can be asked for pip's settings."""
    return subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_pip(), reason="this Python has no pip")
def test_a_mirror_that_pip_knows_is_told_to_uv(folder: Path) -> None:
    assert told_to_uv(folder, PIP_CONF) == {
        "UV_DEFAULT_INDEX": "https://cai.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "mirror.example",
        "SSL_CERT_FILE": "/etc/ssl/noi-bo.pem",
    }


@pytest.mark.skipif(not has_pip(), reason="this Python has no pip")
def test_what_is_said_to_uv_itself_or_in_the_environment_counts_first(folder: Path) -> None:
    mine = {"UV_DEFAULT_INDEX": "https://mine.example", "PIP_TRUSTED_HOST": "gan.example"}
    told = told_to_uv(folder, PIP_CONF, **mine)

    assert told["UV_DEFAULT_INDEX"] == "https://mine.example"
    assert told["UV_INSECURE_HOST"] == "gan.example"


@pytest.mark.skipif(not has_pip(), reason="this Python has no pip")
def test_without_settings_of_pip_uv_is_told_nothing(folder: Path) -> None:
    assert told_to_uv(folder, "", PIP_CONFIG_FILE=os.devnull) == {}


def test_a_checkout_in_a_folder_with_blanks_and_marks_runs_under_lc_all_c(folder: Path) -> None:
    for name in ("dev", "requirements.lock", "pyproject.toml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    made_from = "cat requirements.lock pyproject.toml | cksum"
    (folder / ".venv" / "bin").mkdir(parents=True)
    done = subprocess.run(["bash", "-c", made_from], cwd=folder, capture_output=True, check=True)
    (folder / ".venv" / ".made-from").write_bytes(done.stdout)
    command = folder / ".venv" / "bin" / "dunghen"
    command.write_text('#!/bin/sh\necho "$PWD: $* $(locale charmap)"\n', "utf-8")
    command.chmod(0o755)

    words = ["bash", str(folder / "dev"), "dunghen", "import", "sổ theo dõi.xlsx"]
    ran = subprocess.run(words, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, capture_output=True, check=True)
    assert ran.stdout.decode() == f"{folder}: import sổ theo dõi.xlsx UTF-8\n"


@pytest.mark.parametrize("name", ["dev", ".ci/run", "requirements.lock", "dunghen/demo/month.csv", "deploy/Dockerfile"])
def test_a_checkout_has_the_line_ends_of_unix_whatever_git_is_told(name: str) -> None:
    asked = ["git", "check-attr", "text", "eol", "--", name]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no checkout")

    assert f"{name}: eol: lf" in done.stdout
    assert b"\r" not in (ROOT / name).read_bytes()
