"""The examples of the docs, run as they stand."""

import json
from datetime import datetime
from pathlib import Path

import httpx

from dunghen.audit import audit
from examples import send
from examples.keep_figures import Figures, read_to_the_end
from examples.read_metrics import main
from reference import OFFICE_TIME
from tests.flow.support import D, at, event, received, small_system
from tests.intake.alone import intake_alone
from tools.lives import LIVES, ROOT

EXAMPLES = {path.name: path.read_bytes() for path in (ROOT / "examples").glob("*.json")}


async def test_the_reader_of_the_docs_sums_up_what_was_published(tmp_path: Path) -> None:
    async with small_system(tmp_path / "data", at(2, "10:00")) as system:
        await system.send(received(D.format(1), "2026-03-02T09:00"), received(D.format(2), "2026-03-02T09:00"))
        await system.send(event(D.format(1), "completed", "2026-03-02T09:45"))
        await system.settle()
        sums = await main(system.together.bootstrap_servers)
        kept = Figures(":memory:")
        await read_to_the_end(kept, system.together.bootstrap_servers)
        audited = audit([(r.topic, r.value) for r in await system.log()], system.clock.now())

    assert kept.held()["figures"] == {key: own for key, own in audited.counted.items() if own}
    columns = {name: value for name, value in sums.items() if value and name.startswith(("received", "resolved"))}
    assert columns == {"received_online": 2, "resolved_early": 1}


async def test_the_examples_of_the_docs_are_taken_in(tmp_path: Path) -> None:
    async with intake_alone(tmp_path) as intake:
        key = await intake.key()
        intake.clock.set(datetime(2026, 4, 1, 8, tzinfo=OFFICE_TIME))
        events = await intake.client.post("/v1/dossiers/events", content=EXAMPLES["ket-hon.json"], headers=key)
        portal = await intake.client.post("/mapi/g", content=EXAMPLES["dongbo.json"], headers=key)
        lives = [json.loads(line) for life in LIVES for line in life.read_text("utf-8").splitlines()]
        sent = await intake.send(key, *lives)
        again = await intake.send(key, *lives, headers={})

    assert [item["status"] for item in events.json()["items"]] == ["accepted"] * 4
    assert portal.json()["error_code"] == "00"
    assert [item["status"] for item in sent.json()["items"]] == ["accepted"] * len(lives)
    assert again.status_code == 202


def test_the_client_of_the_docs_tries_again_and_says_what_was_not_accepted() -> None:
    tries: list[tuple[str, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)
        tries.append((request.headers["idempotency-key"], len(items)))
        if len(tries) == 1:
            raise httpx.ConnectError("down")
        if len(tries) == 2:
            return httpx.Response(503, headers={"retry-after": "0"})
        return httpx.Response(202, json={"items": [{"index": n, "status": "accepted", "id": "x"} for n in range(len(items))]})

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://intake")
    assert len(send.send(client, [{"dossier": "x"}] * 3)) == 3
    assert [count for _, count in tries] == [3, 3, 3]
    assert len({key for key, _ in tries}) == 1
    assert [len(part) for part in send.lists(range(1001))] == [500, 500, 1]
