"""notifier put together. The only file of this service that knows FastStream."""

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
from runtime.sealing import Opener
from runtime.service import Service, make_parts
from runtime.settings import RuntimeSettings
from runtime.web import make_app
from services import wiring
from services.notifier import handlers, store
from services.notifier.domain.telling import forget
from services.notifier.gateway import Gateway, HttpGateway
from services.notifier.http import add_routes
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.recovery import recovery
from services.notifier.settings import NotifierSettings
from services.notifier.telemetry import METRICS
from services.speaking import encode


def build(
    runtime: RuntimeSettings,
    settings: NotifierSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
    gateway: Gateway | None = None,
) -> Service:
    """Build the service from settings; reference data, ports and gateway may be given."""
    parts, broker = make_parts("notifier", runtime, METRICS, ports or Ports())
    reference = reference or load_reference(settings.reference_dir)
    calendar = wiring.CalendarFollower(reference, parts)
    context = handlers.Context(reference, parts.clock)
    rules = Rules(
        store.DOSSIERS,
        wiring.decoder(),
        store.CODEC.handling(partial(handlers.handle, context=context), parts.clock),
        encode,
        {"contacts.v1": store.CODEC.settling(lambda dossier: forget(dossier, context.ground()), parts.clock)},
    )
    intents = Intents(parts, store.DOSSIERS, encode)
    topics = load_catalogue().read_by("notifier")
    anchor = Anchor(parts, recovery(context, deduplicates=settings.gateway_deduplicates), topics, intents)
    loop = anchor.hold(Loop(parts, anchor.guard(rules), topics))
    parts.topics.subscribe(loop.topics, loop.handle)
    declare_published(broker, "notifier", runtime, wiring.published_by("notifier"))
    token = settings.gateway_token.get_secret_value() if settings.gateway_token else None
    port = gateway or HttpGateway(settings.gateway_url, token)
    opener = Opener.from_base64(settings.contacts_private_key.get_secret_value(), settings.contacts_key_epoch)
    desk = Desk(port, opener, settings, context)
    dispatcher = Dispatcher(parts, loop, intents, desk)
    health = Health(parts, loop)
    health.also.append(dispatcher.measure)
    app = make_app("Đúng Hẹn notifier", health, parts.telemetry)
    add_routes(app, parts, intents, desk)
    return Service(
        parts=parts,
        broker=broker,
        app=app,
        health=health,
        topics=wiring.topics_of("notifier"),
        collections=(partial(store.declare, parts.store), intents.declare),
        from_log=(calendar.read,),
        anchor=anchor.begin,
        loop=loop,
        intents=intents,
        jobs=(
            wiring.follow_reference(reference, settings.reference_dir, parts),
            calendar.job(),
            wiring.hold_to_the_log(anchor, health),
            Job("sender", runtime.sweep_seconds, dispatcher.run),
            Job("intents", runtime.sweep_seconds, intents.sweep),
        ),
        drains=(dispatcher.drain, port.close),  # what is claimed is sent before the way to the gateway is closed
    )
