"""sla put together: facts and signed letters in, timers, a journal of calendar changes."""

from functools import partial

from contracts import Event
from contracts.lookup import LookupKeys
from reference import ReferenceData
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.outputs import Rules
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.timers import Fire, Timers
from services import wiring
from services.assembly import Base, Follower
from services.sla import handlers, older, store
from services.sla.http import (
    CitizenDesk,
    DueDesk,
    add_citizen_routes,
    add_control_sheet,
    add_digest_routes,
    add_due_routes,
    add_routes,
    add_unaccepted_routes,
)
from services.sla.jobs import Recount
from services.sla.recovery import recovery
from services.sla.settings import SlaSettings
from services.sla.telemetry import METRICS
from services.speaking import encode

JOURNAL_SECONDS = 5.0  # between looks for calendar changes that were journaled and not published


def rules_of(context: handlers.Context) -> Rules[Event]:
    """What the loop does with events."""
    handle = partial(handlers.handle, context=context)
    decide = store.CODEC.handling(handle, context.clock, handlers.cause_of, handlers.heeds)
    return Rules(store.DOSSIERS, wiring.decoder(), decide, older.reads_older(context))


def timer_of(context: handlers.Context) -> Fire:
    """What is done with a dossier whose next rung is reached."""
    return store.CODEC.firing(partial(handlers.on_timer, context=context), context.clock)


def build(
    runtime: RuntimeSettings, settings: SlaSettings, *, reference: ReferenceData | None = None, ports: Ports | None = None
) -> Service:
    """Build the service from settings; reference data and ports may be given."""
    lookup = None if settings.lookup_key is None else LookupKeys.of(settings.lookup_key.get_secret_value())
    base = Base.of("sla", runtime, METRICS, settings.reference_dir, (reference, ports))
    parts = base.parts
    context = handlers.Context.of(base.reference, settings, parts.clock)
    follower = Follower.of(base, rules_of(context), recovery(context))
    timers = Timers(parts, follower.loop, follower.intents, store.NEXT_RUNG, timer_of(context))
    journal = Intents(parts, store.JOURNAL, encode)
    recount = Recount(parts, follower.intents, context)
    add_routes(follower.app, parts, context, journal)
    desk = DueDesk(parts, context)
    add_due_routes(follower.app, desk)
    add_unaccepted_routes(follower.app, desk)
    add_control_sheet(follower.app, desk, context)
    add_citizen_routes(follower.app, CitizenDesk(parts, context), lookup)
    add_digest_routes(follower.app, desk)
    jobs = (
        Job("timers", runtime.sweep_seconds, timers.sweep),
        Job("journal", JOURNAL_SECONDS, journal.sweep),
        Job("recount", runtime.sweep_seconds, recount.sweep),
    )
    return follower.service(store.declare, jobs)
