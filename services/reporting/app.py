"""reporting put together: rows from events, cells from rows, periods, what contradicts itself."""

from functools import partial

from contracts import Event
from contracts.codes import is_petition_id
from reference import ReferenceData
from runtime.jobs import Job
from runtime.outputs import Decision, Output, Rules
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document
from services import wiring
from services.assembly import Base, Follower
from services.reporting import handlers, petitions, store
from services.reporting.checks import measure
from services.reporting.domain import FORMS, REPORT, load_forms
from services.reporting.http import Room, add_routes
from services.reporting.jobs import Cells
from services.reporting.periods import Periods
from services.reporting.petition_cells import PetitionCells
from services.reporting.recovery import RECOVERY
from services.reporting.settings import ReportingSettings
from services.reporting.telemetry import METRICS

SAY_AGAIN_SECONDS = 3600.0
CHECK_SECONDS = 60.0  # between looks at what contradicts itself


def rules_of(context: handlers.Context) -> Rules[Event]:
    """What the loop does with events."""
    of_dossiers = store.ROW.handling(partial(handlers.handle, context=context), context.clock, heeds=handlers.heeds)
    of_petitions = petitions.PETITION.handling(petitions.handle, context.clock)

    def decide(document: Document, event: Event) -> Decision:
        return (of_petitions if is_petition_id(event.subject) else of_dossiers)(document, event)

    return Rules(store.ROWS, wiring.decoder(), decide, _encode_nothing)


def build(
    runtime: RuntimeSettings,
    settings: ReportingSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given."""
    base = Base.of("reporting", runtime, METRICS, settings.reference_dir, (reference, ports))
    parts = base.parts
    follower = Follower.of(base, rules_of(handlers.Context(parts.clock, base.reference)), RECOVERY)
    forms = load_forms(settings.forms_dir or FORMS)
    periods = Periods(parts, base.reference, forms[REPORT])
    cells = Cells(parts, follower.intents, follower.anchor, periods.restate)
    of_petitions = PetitionCells(parts, follower.anchor)
    follower.health.also.append(cells.measure)
    follower.operations.numbers["figures_seconds"] = cells.age
    add_routes(follower.app, Room(parts, base.reference, forms, periods, cells, follower.anchor, settings.silent_days))
    jobs = (
        Job("cells", settings.flush_seconds, cells.keep_counting),
        Job("reconcile", settings.reconcile_seconds, cells.reconcile),
        Job("say-again", SAY_AGAIN_SECONDS, cells.say_again),
        Job("petition-cells", settings.flush_seconds, of_petitions.flush),
        Job("petition-cells-again", SAY_AGAIN_SECONDS, of_petitions.say_again),
        Job("checks", CHECK_SECONDS, partial(measure, parts, base.reference, forms, settings.silent_days)),
        Job("periods", runtime.sweep_seconds, periods.intents.sweep),
    )
    return follower.service(store.declare, jobs)


def _encode_nothing(output: Output) -> bytes:
    """Rows have no outputs of their own: figures are published by cell."""
    raise AssertionError(f"reporting decides no outputs, got one for {output.topic}")
