"""A real Prometheus scrapes running services: every target is up, every rule is evaluated, every panel gets an answer."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dunghen.services import SERVICES
from runtime.clock import SteppedClock
from tests.flow.support import D, at, received
from tests.real import Real, skip
from tests.support.fleet import Processes, real_fleet
from tests.support.ports import free_port
from tools.boards import queries

pytestmark = pytest.mark.connected
ALERTS = Path(__file__).parents[2] / "deploy/monitoring/alerts.yaml"
PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def prometheus(processes: Processes, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Prometheus, as deploy/monitoring sets it up but for its patience: it scrapes every second and alerts at once."""
    binary = shutil.which("prometheus")
    if binary is None:
        skip("no prometheus: install its package")
        raise AssertionError
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule.pop("for", None)
    (folder / "alerts.yaml").write_text(yaml.safe_dump(rules), "utf-8")
    targets = [f"127.0.0.1:{processes.port(name)}" for name in SERVICES]
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["alerts.yaml"],
        "scrape_configs": [{"job_name": "dunghen", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        binary,
        f"--config.file={folder}/prometheus.yaml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def asked(client: httpx.AsyncClient, path: str, **params: str) -> Any:
    """What Prometheus answers; nothing while it starts."""
    try:
        response = await client.get(path, params=params)
    except httpx.TransportError:
        return None
    return response.json()["data"] if response.status_code == 200 else None


async def firing(client: httpx.AsyncClient) -> set[str]:
    alerts = (await asked(client, "/alerts") or {"alerts": []})["alerts"]
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


async def up(client: httpx.AsyncClient) -> int:
    found = await asked(client, "/query", query='sum(up{job="dunghen"})')
    return int(float(found["result"][0]["value"][1])) if found and found["result"] else 0


async def until(what: Any, wanted: Any) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while (found := await what()) != wanted:
        assert asyncio.get_running_loop().time() < end, found
        await asyncio.sleep(0.5)


async def test_every_target_is_up_every_rule_runs_every_panel_answers_and_an_alert_comes_and_goes(
    real: Real, tmp_path: Path
) -> None:
    clock = SteppedClock(at(2, "10:00"))
    async with real_fleet(real.kafka, real.mongo, clock, partitions=2) as (fleet, processes, _):
        await fleet.post([received(D.format(1), "2026-03-02T09:00")])
        await fleet.settle()
        async with prometheus(processes, tmp_path) as client:
            await until(lambda: up(client), len(SERVICES))
            rules = [rule for group in (await asked(client, "/rules"))["groups"] for rule in group["rules"]]
            assert len(rules) == len(yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"])
            for query in queries():
                assert await asked(client, "/query", query=query) is not None, query
            handled = await asked(client, "/query", query="sum(dunghen_records_handled_total)")
            assert float(handled["result"][0]["value"][1]) > 0

            await processes.terminate("feedback")
            await until(lambda: _holds(client, "DunghenAway"), True)
            await processes.start("feedback")
            await until(lambda: _holds(client, "DunghenAway"), False)
            health = [r["health"] for group in (await asked(client, "/rules"))["groups"] for r in group["rules"]]
            assert set(health) == {"ok"}


async def _holds(client: httpx.AsyncClient, name: str) -> bool:
    return name in await firing(client)
