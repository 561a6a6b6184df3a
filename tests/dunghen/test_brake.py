"""`dunghen brake release SERVICE`."""

import asyncio
from pathlib import Path

from typer.testing import CliRunner, Result

from dunghen.__main__ import make_app
from runtime.brake import Brake
from runtime.parts import STATE
from runtime.store import open_documents
from tests.runtime.alone import parts_on

RUN, APP = CliRunner(), make_app()


def release(service: str, *more: str) -> Result:
    """The command, with nothing in its environment that helps it."""
    return RUN.invoke(APP, ["brake", "release", service, *more], env={"STORE_URL": ""})


def brake(url: str) -> None:
    """A service brakes."""

    async def engage() -> None:
        store = open_documents(url)
        await store.declare(STATE)
        await Brake(parts_on(store)).engage("60 of 200 records failed: not a valid event")
        await store.close()

    asyncio.run(engage())


def test_a_brake_is_released_and_its_reason_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sla.db"
    brake(url)
    first, second = release("sla", "--store", url), release("sla", "--store", url)

    assert first.exit_code == second.exit_code == 0
    assert "đã nhả phanh" in first.stdout
    assert "60 of 200 records failed: not a valid event" in " ".join(first.stdout.split())
    assert second.stdout.strip() == "sla: không phanh"


def test_a_store_that_never_braked_is_told_so(tmp_path: Path) -> None:
    done = release("sla", "--store", f"sqlite:///{tmp_path}/sla.db")

    assert (done.exit_code, done.stdout.strip()) == (0, "sla: không phanh")


def test_a_service_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    done = release("postman", "--store", f"sqlite:///{tmp_path}/sla.db")

    assert done.exit_code == 2
    assert "postman" in done.stderr
    assert "notifier" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_store_nothing_is_released() -> None:
    done = release("sla")

    assert done.exit_code == 2
    assert "--store" in done.stderr


def test_a_store_that_is_away_or_malformed_is_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    away = release("sla", "--store", f"sqlite:///{tmp_path}/file/sla.db")
    malformed = release("sla", "--store", "postgres://u:secret@h/d")

    assert (away.exit_code, malformed.exit_code) == (3, 2)
    assert "sqlite" in away.stderr
    assert "STORE_URL" in malformed.stderr
    assert "secret" not in malformed.stderr
