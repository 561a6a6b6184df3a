"""The same province through the product: intake's portal door, sla, reporting."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contracts import EVENT_TYPES, decode
from dunghen.log import read_broker
from reference import OFFICE_TIME, load_reference, moment
from runtime.store import Document
from services.reporting.reports import report
from services.sla.domain.dossier import Ended
from services.sla.store import load
from services.speaking import encode as on_the_wire
from tests.flow.support import until
from tests.intake.alone import Alone
from tests.reporting.alone import reporting_alone
from tests.support.province.truth import NOW, UNITS, Sent, requests
from tests.support.sla import handle

Answers = Counter[tuple[str, str]]


async def send(intake: Alone, sent: Sequence[Sent]) -> list[str]:
    """Each request in its time, over the portal's door; which items were answered otherwise than they should."""
    keys = {unit: await intake.key("motcua", units=(unit, "H37.07")) for unit in UNITS}
    wrong = []
    for batch in requests(list(sent)):
        intake.clock.set(_aware(batch[0].at))
        body = {"madonvi": batch[0].unit, "service": batch[0].service, "data": [each.item for each in batch]}
        answer = await intake.client.post("/mapi/g", json=body, headers=keys[batch[0].key])
        assert answer.status_code == 200, answer.text
        entries = answer.json()["data"]
        wrong += [
            f"{each.item}: {entry}" for each, entry in zip(batch, entries, strict=True) if _answered(entry) != each.answer
        ]

    async def idle() -> bool:
        return not await intake.service.parts.store.find("intents", {})

    await until(idle)
    return wrong


def _answered(entry: dict[str, Any]) -> str:
    return "refused" if entry["error_code"] != "00" else "held" if entry["message"].startswith("Được giữ lại") else "taken"


def _aware(local: datetime) -> datetime:
    return local.replace(tzinfo=OFFICE_TIME)


async def heard(intake: Alone) -> list[bytes]:
    """What intake said."""
    return [record.value for record in await read_broker(intake.bootstrap, topics=["dossiers.v1"]) if record.value]


def promised(log: Sequence[bytes]) -> tuple[dict[str, Document], list[bytes]]:
    """What sla makes of it: its documents by dossier, and what it says."""
    documents: dict[str, Document] = {}
    said: list[bytes] = []
    for value in log:
        event = decode(value, EVENT_TYPES)
        decision = handle(documents.get(event.subject, {"_id": event.subject, "rev": 0}), event)
        documents[event.subject] = decision.document
        said += [on_the_wire(output) for output in decision.outputs]
    return documents, said


def due_of(document: Document) -> datetime | None:
    """The date in force, as a local time."""
    dossier = load(document)
    how = None if dossier.settled is None else dossier.settled.how
    due = how.due if isinstance(how, Ended) else dossier.due
    return None if due is None else moment(due).replace(tzinfo=None)


async def sheets(
    log: Sequence[bytes], folder: Path, reference: Path, periods: Sequence[tuple[date, date]]
) -> list[dict[tuple[str, str], dict[int, int]]]:
    """II.06a of each period, unit by unit and field by field, from reporting's books."""
    async with reporting_alone(folder, _aware(NOW), load_reference(reference)) as reporting:
        for start in range(0, len(log), 1000):
            await reporting.take(log[start : start + 1000])
        await reporting.cells.flush()
        found = []
        for first, last in periods:
            sheet = await report(reporting.parts.store, reporting.reference, reporting.wanted(first, last))
            found.append({(row.unit, row.field): dict(row.values) for row in sheet.rows if any(row.values.values())})
        return found
