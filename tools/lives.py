"""The golden messages of contracts/examples/lives: what the dossiers of examples/lives become on dossiers.v1 and deadlines.v1.

Made by the services' own handlers, each event reported two minutes after it happened. Timers are left out.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from contracts import EVENT_TYPES, decode
from dunghen import PROVINCE
from dunghen.together import Keys, demo_environment, from_environment
from reference import load_reference
from runtime.clock import SteppedClock
from runtime.sealing import Sealer
from runtime.store import Document
from services.intake import handlers as intake
from services.intake.domain import Sender, office_time, parse_item, take_all
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings
from services.intake.store import CODEC as INTAKE_DOSSIERS
from services.sla import handlers as sla
from services.sla.app import rules_of
from services.sla.settings import SlaSettings
from services.speaking import encode

ROOT = Path(__file__).parent.parent
LIVES = sorted((ROOT / "examples/lives").glob("*.ndjson"))
REPORTED_AFTER = timedelta(minutes=2)


def golden(life: Path) -> str:
    """The messages of one life, one JSON object {topic, key, value} per line, in the order of saying."""
    lines = life.read_text("utf-8").splitlines()
    return "".join(
        json.dumps(message, ensure_ascii=False) + "\n" for message in _messages([json.loads(line) for line in lines])
    )


def _messages(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    reference, environment = load_reference(PROVINCE), demo_environment(Keys.new(), PROVINCE)
    sealer = ContactSealer(Sealer(PrivateKey.generate().public_key, 1), (b"golden",))
    known: Document = {"_id": items[0]["dossier"], "rev": 0}
    promised = dict(known)
    for item in items:
        told = max(office_time(item[name]) for name in ("at", "observed_at") if name in item)
        clock = SteppedClock(told + REPORTED_AFTER)
        context = intake.Context(reference, from_environment(IntakeSettings, environment), sealer, clock)
        rule = partial(take_all, items=[(parse_item(item).item, context.ground(Sender("example")))])
        decision = INTAKE_DOSSIERS.settling(rule, clock)(known)
        known = decision.document
        for output in decision.outputs:
            if output.topic != "dossiers.v1":
                continue  # sealed contacts are never the same twice
            fact = encode(output)
            yield {"topic": output.topic, "key": output.key, "value": json.loads(fact)}
            of_sla = sla.Context.of(reference, from_environment(SlaSettings, environment), clock)
            stated = rules_of(of_sla).handle(promised, decode(fact, EVENT_TYPES))
            promised = stated.document
            for said in stated.outputs:
                yield {"topic": said.topic, "key": said.key, "value": json.loads(encode(said))}
