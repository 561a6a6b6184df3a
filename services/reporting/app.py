"""reporting put together. The only file of this service that knows FastStream."""

from functools import partial

from contracts import load_catalogue
from reference import ReferenceData, load_reference
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.log.kafka import declare_published
from runtime.loop import Loop
from runtime.outputs import Output, Rules
from runtime.parts import Ports
from runtime.recovery import Anchor
from runtime.service import Service, make_parts
from runtime.settings import RuntimeSettings
from runtime.web import make_app
from services import wiring
from services.reporting import handlers, store
from services.reporting.checks import measure
from services.reporting.domain import FORMS, REPORT, load_forms
from services.reporting.http import Room, add_routes
from services.reporting.jobs import Cells
from services.reporting.periods import Periods
from services.reporting.recovery import RECOVERY
from services.reporting.settings import ReportingSettings
from services.reporting.telemetry import METRICS

SAY_AGAIN_SECONDS = 3600.0
CHECK_SECONDS = 60.0  # between looks at what contradicts itself


def build(
    runtime: RuntimeSettings,
    settings: ReportingSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given."""
    parts, broker = make_parts("reporting", runtime, METRICS, ports or Ports())
    reference = reference or load_reference(settings.reference_dir)
    context = handlers.Context(parts.clock, reference)
    decide = store.handling(partial(handlers.handle, context=context), handlers.heeds, parts.clock)
    rules = Rules(store.ROWS, wiring.decoder(), decide, _encode_nothing)
    topics = load_catalogue().read_by("reporting")
    anchor = Anchor(parts, RECOVERY, topics)
    loop = anchor.hold(Loop(parts, anchor.guard(rules), topics))
    parts.topics.subscribe(loop.topics, loop.handle)
    declare_published(broker, "reporting", runtime, wiring.published_by("reporting"))
    intents = Intents(parts, store.ROWS, _encode_nothing)
    calendar = wiring.CalendarFollower(reference, parts)
    forms = load_forms(settings.forms_dir or FORMS)
    periods = Periods(parts, reference, forms[REPORT])
    cells = Cells(parts, intents, anchor, periods.restate)
    health = Health(parts, loop)
    health.also.append(cells.measure)
    app = make_app("Đúng Hẹn reporting", health, parts.telemetry)
    add_routes(app, Room(parts, reference, forms, periods, cells, anchor))
    return Service(
        parts=parts,
        broker=broker,
        app=app,
        health=health,
        topics=wiring.topics_of("reporting"),
        collections=(partial(store.declare, parts.store), intents.declare),
        from_log=(calendar.read,),
        anchor=anchor.begin,
        loop=loop,
        intents=intents,
        jobs=(
            wiring.follow_reference(reference, settings.reference_dir, parts),
            calendar.job(),
            wiring.hold_to_the_log(anchor, health),
            Job("cells", settings.flush_seconds, cells.flush),
            Job("reconcile", settings.reconcile_seconds, cells.reconcile),
            Job("say-again", SAY_AGAIN_SECONDS, cells.say_again),
            Job("checks", CHECK_SECONDS, partial(measure, parts, reference, forms)),
            Job("intents", runtime.sweep_seconds, periods.intents.sweep),
        ),
    )


def _encode_nothing(output: Output) -> bytes:
    """Rows have no outputs of their own: figures are published by cell."""
    raise AssertionError(f"reporting decides no outputs, got one for {output.topic}")
