"""The examples of the docs, run as they stand."""

from pathlib import Path

from examples.read_metrics import main
from tests.flow.support import event, received, small_system
from tests.flow.test_flow import D, at


async def test_the_reader_of_the_docs_sums_up_what_was_published(tmp_path: Path) -> None:
    async with small_system(tmp_path / "data", at(2, "10:00")) as system:
        await system.send(received(D.format(1), "2026-03-02T09:00"), received(D.format(2), "2026-03-02T09:00"))
        await system.send(event(D.format(1), "completed", "2026-03-02T09:45"))
        await system.settle()
        sums = await main(system.together.bootstrap_servers)

    assert {name: value for name, value in sums.items() if value} == {"received_online": 2, "resolved_early": 1}
