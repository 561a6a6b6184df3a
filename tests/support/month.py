"""The demo's month for tests: one that they run themselves, or the one that CI runs once for all tiers."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARED = "DUNGHEN_TEST_MONTH"  # a folder: a demo of another process writes told.txt, demo.json and out/, and serves from PORT
PORT = 18_101
SERVED = "Ctrl-C"  # in the last line that is told before the pages are served
PATIENCE = 900.0  # seconds


def dunghen(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command line as a process."""
    return subprocess.run(
        [sys.executable, "-m", "dunghen", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )  # fmt: skip


@dataclass(frozen=True)
class Month:
    """A finished demo: its folder, what it told on the screen and what it wrote."""

    folder: Path
    told: str

    @property
    def log(self) -> Path:
        """The folder of its log."""
        return self.folder / "out" / "log"

    @property
    def result(self) -> dict[str, Any]:
        """Figures, checks, planted faults, the end of each dossier."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text("utf-8"))
        return found


def shared() -> Path | None:
    """The folder of a month that another process lives, if one does."""
    folder = os.environ.get(SHARED)
    return Path(folder) if folder else None


def shared_month(folder: Path) -> Month:
    """The month of another process, once it has told it. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        told = (folder / "told.txt").read_text("utf-8") if (folder / "told.txt").exists() else ""
        if SERVED in told:
            return Month(folder, told)
        time.sleep(0.5)
    raise TimeoutError(f"no month in {folder} after {PATIENCE:.0f} s")


def month(folder: Path) -> Month:
    """The month that CI lives for all, or one of our own in `folder`, with each fault planted once."""
    other = shared()
    if other is not None:
        return shared_month(other)
    done = dunghen("demo", "--break", "--json", str(folder / "demo.json"), "--out", str(folder / "out"))
    assert done.returncode == 1, done.stdout + done.stderr  # because of the faults it planted; its own checks are below
    return Month(folder, done.stdout)
