"""sla put together. The only file of this service that knows FastStream."""

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
from runtime.service import Service, make_parts
from runtime.settings import RuntimeSettings
from runtime.timers import Timers
from runtime.web import make_app
from services import wiring
from services.sla import handlers, older, store
from services.sla.http import add_routes
from services.sla.jobs import Recount
from services.sla.recovery import recovery
from services.sla.settings import SlaSettings
from services.sla.telemetry import METRICS
from services.speaking import encode

JOURNAL_SECONDS = 5.0  # between looks for calendar changes that were journaled and not published


def build(
    runtime: RuntimeSettings,
    settings: SlaSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given."""
    parts, broker = make_parts("sla", runtime, METRICS, ports or Ports())
    reference = reference or load_reference(settings.reference_dir)
    calendar = wiring.CalendarFollower(reference, parts)
    context = handlers.Context.of(reference, settings, parts.clock)
    encode_either = older.reads_older(context)
    decide = store.CODEC.handling(partial(handlers.handle, context=context), parts.clock, handlers.cause_of)
    rules = Rules(store.DOSSIERS, wiring.decoder(), decide, encode_either)
    intents = Intents(parts, store.DOSSIERS, encode_either)
    topics = load_catalogue().read_by("sla")
    anchor = Anchor(parts, recovery(context), topics, intents)
    loop = anchor.hold(Loop(parts, anchor.guard(rules), topics))
    parts.topics.subscribe(loop.topics, loop.handle)
    declare_published(broker, "sla", runtime, wiring.published_by("sla"))
    fire = store.CODEC.firing(partial(handlers.on_timer, context=context), parts.clock)
    timers = Timers(parts, loop, intents, store.NEXT_RUNG, fire)
    journal = Intents(parts, store.JOURNAL, encode)
    recount = Recount(parts, intents, context)
    health = Health(parts, loop)
    app = make_app("Đúng Hẹn sla", health, parts.telemetry)
    add_routes(app, parts, context, journal)
    return Service(
        parts=parts,
        broker=broker,
        app=app,
        health=health,
        topics=wiring.topics_of("sla"),
        collections=(partial(store.declare, parts.store), intents.declare),
        from_log=(calendar.read,),
        anchor=anchor.begin,
        loop=loop,
        intents=intents,
        jobs=(
            wiring.follow_reference(reference, settings.reference_dir, parts),
            calendar.job(),
            wiring.hold_to_the_log(anchor, health),
            Job("timers", runtime.sweep_seconds, timers.sweep),
            Job("intents", runtime.sweep_seconds, intents.sweep),
            Job("journal", JOURNAL_SECONDS, journal.sweep),
            Job("recount", runtime.sweep_seconds, recount.sweep),
        ),
    )
