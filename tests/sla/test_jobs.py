"""What is looked at again when the calendar is another one: after each change, and at each start."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from dunghen import PROVINCE
from reference import OFFICE_TIME
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.store import MemoryDocuments, MemoryTables
from services.sla.handlers import Context
from services.sla.jobs import Recount
from services.sla.settings import SlaSettings
from services.sla.store import DOSSIERS, declare
from tests.support.dossiers import DOSSIER, submitted
from tests.support.sla import CLOCK, REFERENCE
from tests.support.sla_lives import Life


class SavingAtOnce:
    """Intents of a process that nothing happens to."""

    def __init__(self, store: MemoryDocuments) -> None:
        self.store, self.said = store, list[str]()

    async def apply(self, ids: list[str], rule: Any) -> None:
        """Decide on documents and save them."""
        for document in (await self.store.get_many(DOSSIERS, ids)).values():
            decision = rule(document)
            await self.store.save_many(DOSSIERS, [dict(decision.document)])
            self.said += [output.body["data"]["outcome"] for output in decision.outputs]


async def test_a_release_whose_calendar_reaches_further_counts_at_its_start_what_could_not_be_counted() -> None:
    """D20."""
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    life = Life(last_year=2026).hear(submitted(datetime(2026, 12, 31, 15, tzinfo=OFFICE_TIME)))
    await store.save_many(DOSSIERS, [{**life.document, "rev": 0}])
    intents, telemetry = SavingAtOnce(store), SimpleNamespace(set=lambda name, value: None)
    parts = cast("Parts", SimpleNamespace(store=store, telemetry=telemetry))
    context = Context.of(REFERENCE, SlaSettings(reference_dir=PROVINCE), CLOCK)
    recount = Recount(parts, cast("Intents", intents), context)

    for _ in range(2):
        await recount.sweep()

    assert REFERENCE.known == 0  # no change of the calendar tells of it
    assert intents.said == ["waiting"]
    assert (await store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]["accept_by"]
