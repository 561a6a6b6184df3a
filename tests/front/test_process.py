"""The front as a process: it stands on no log, and says what it lacks."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from runtime.errors import CANNOT_START
from tests.support.front import SEED
from tests.support.ports import free_port

HSTS = "strict-transport-security"
GIVEN = {
    "FRONT_PUBLIC_URL": "https://dunghen.example http://localhost:8100",
    "FRONT_OIDC_ISSUER": "http://127.0.0.1:1",
    "FRONT_OIDC_CLIENT_ID": "dunghen-front",
    "FRONT_OIDC_CLIENT_SECRET": "s",
    "FRONT_SIGNING_KEY": SEED,
    **{f"FRONT_{name}_URL": "http://127.0.0.1:1" for name in ("INTAKE", "SLA", "NOTIFIER", "FEEDBACK", "REPORTING")},
}


def process(environment: dict[str, str]) -> "subprocess.Popen[str]":
    """The front with this environment and no other settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FRONT_", "KAFKA_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "services.front"], env=own | environment, stderr=subprocess.PIPE, text=True
    )  # fmt: skip


def test_it_is_ready_without_kafka_and_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    port = free_port()
    with process({**GIVEN, "HTTP_PORT": str(port), "STORE_URL": f"sqlite:///{tmp_path}/front.db"}) as front:
        inside = f"http://127.0.0.1:{port}"
        try:
            end = time.monotonic() + 60
            while _status(f"{inside}/readyz") != 200 and time.monotonic() < end:
                time.sleep(0.1)
            login = httpx.get(f"{inside}/login", headers={"host": "dunghen.example"})
            away = httpx.get(f"{inside}/thu-tuc", headers={"host": "dunghen.example"})
            plain = httpx.get(f"{inside}/login", headers={"host": "localhost:8100"})

            assert (_status(f"{inside}/readyz"), login.status_code, away.status_code) == (200, 200, 503)
            assert [HSTS in answer.headers for answer in (login, away, plain)] == [True, True, False]
            assert "Phần Tiếp nhận đang tạm ngừng" in away.text
        finally:
            front.terminate()
        assert front.wait(30) == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"FRONT_SIGNING_KEY": "c2hvcnQ1" * 6}, "FRONT_SIGNING_KEY: is not base64 of 32 bytes"),
        ({"FRONT_PUBLIC_URL": "https://dunghen.example/path"}, "FRONT_PUBLIC_URL"),
        ({"FRONT_PUBLIC_URL": " "}, "FRONT_PUBLIC_URL"),
        ({"FRONT_PEOPLE_FILE": "/nowhere"}, "is not a file"),
        ({"FRONT_OIDC_ISSUER": ""}, "FRONT_OIDC_ISSUER"),
        ({"FRONT_PUBLIC_URL": "https://dunghen.example http://dunghen.lan"}, "FRONT_PUBLIC_URL must be https"),
        ({"FRONT_OIDC_ISSUER": "http://login.lan"}, "FRONT_OIDC_ISSUER must be https"),
    ],
)
def test_what_is_wrong_with_its_settings_is_said_by_name(tmp_path: Path, given: dict[str, str], says: str) -> None:
    with process({**GIVEN, "STORE_URL": f"sqlite:///{tmp_path}/front.db", **given}) as front:
        _, told = front.communicate(timeout=60)

    assert (front.returncode, says in told) == (CANNOT_START, True), told
    assert SEED not in told


def _status(url: str) -> int:
    try:
        return httpx.get(url).status_code
    except httpx.HTTPError:
        return 0
