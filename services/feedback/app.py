"""feedback put together. The only file of this service that knows FastStream."""

from functools import partial

from contracts import load_catalogue
from reference import ReferenceData, load_reference
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.log.kafka import declare_published
from runtime.loop import Loop
from runtime.outputs import Rules
from runtime.parts import Ports
from runtime.recovery import Anchor
from runtime.sealing import Sealer
from runtime.service import Service, make_parts
from runtime.settings import RuntimeSettings
from runtime.web import make_app
from services import wiring
from services.feedback import handlers, store
from services.feedback.domain import load_forms
from services.feedback.http import add_routes
from services.feedback.recovery import recovery
from services.feedback.settings import FeedbackSettings
from services.feedback.telemetry import METRICS
from services.speaking import encode


def build(
    runtime: RuntimeSettings,
    settings: FeedbackSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given. Raises ValueError for an unknown form."""
    parts, broker = make_parts("feedback", runtime, METRICS, ports or Ports())
    sealer, forms = Sealer.from_base64(settings.contacts_public_key, settings.contacts_key_epoch), load_forms()
    if settings.form not in forms:
        raise ValueError(f"FEEDBACK_FORM: there is no form {settings.form}; there are: {', '.join(sorted(forms))}")
    reference = reference or load_reference(settings.reference_dir)
    calendar = wiring.CalendarFollower(reference, parts)
    context = handlers.Context(reference, parts.clock, settings, sealer, forms)
    rules = Rules(
        store.DOSSIERS, wiring.decoder(), store.CODEC.handling(partial(handlers.handle, context=context), parts.clock), encode
    )
    intents = Intents(parts, store.DOSSIERS, encode)
    topics = load_catalogue().read_by("feedback")
    anchor = Anchor(parts, recovery(context), topics, intents)
    loop = anchor.hold(Loop(parts, anchor.guard(rules), topics))
    parts.topics.subscribe(loop.topics, loop.handle)
    declare_published(broker, "feedback", runtime, wiring.published_by("feedback"))
    health = Health(parts, loop)
    app = make_app("Đúng Hẹn feedback", health, parts.telemetry)
    add_routes(app, parts, intents, context)
    return Service(
        parts=parts,
        broker=broker,
        app=app,
        health=health,
        topics=wiring.topics_of("feedback"),
        collections=(partial(store.declare, parts.store), intents.declare),
        from_log=(calendar.read,),
        anchor=anchor.begin,
        loop=loop,
        intents=intents,
        jobs=(
            wiring.follow_reference(reference, settings.reference_dir, parts),
            calendar.job(),
            wiring.hold_to_the_log(anchor, health),
            Job("intents", runtime.sweep_seconds, intents.sweep),
        ),
    )
