"""intake put together. The only file of this service that knows FastStream."""

from functools import partial

from reference import ReferenceData, load_reference
from runtime.clock import Clock
from runtime.documents import Documents
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.kafka import declare_published
from runtime.sealing import Sealer
from runtime.service import Service, make_parts
from runtime.settings import RuntimeSettings
from runtime.web import make_app
from services import wiring
from services.intake import handlers, store
from services.intake.http import add_routes
from services.intake.jobs import Deliveries
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings
from services.intake.telemetry import METRICS


def build(
    runtime: RuntimeSettings,
    settings: IntakeSettings,
    *,
    reference: ReferenceData | None = None,
    documents: Documents | None = None,
    clock: Clock | None = None,
) -> Service:
    """Build the service from settings; reference, documents and clock may be given."""
    parts, broker = make_parts("intake", runtime, METRICS, store=documents, clock=clock)
    box = Sealer.from_base64(settings.contacts_public_key, settings.contacts_key_epoch)
    sealer = ContactSealer(box, settings.contacts_hash_key.get_secret_value().encode())
    reference = reference or load_reference(settings.reference_dir)
    context = handlers.Context(reference, settings, sealer, parts.clock)
    declare_published(broker, "intake", runtime, wiring.published_by("intake"))
    intents = Intents(parts, store.DOSSIERS, handlers.encode)
    deliveries = Deliveries(parts, intents)
    health = Health(parts, None)
    app = make_app("Đúng Hẹn intake", health, parts.telemetry)
    add_routes(app, context, parts, intents, deliveries)
    return Service(
        parts=parts,
        broker=broker,
        app=app,
        health=health,
        collections=(partial(store.declare, parts.store), intents.declare),
        jobs=(
            wiring.follow_reference(reference, settings.reference_dir, parts),
            Job("intents", runtime.sweep_seconds, intents.sweep),
        ),
        drains=(deliveries.drain,),
    )
