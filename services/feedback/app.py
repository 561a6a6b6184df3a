"""feedback put together: the forms, the key that links are sealed to."""

from datetime import datetime
from functools import partial

from contracts import Event
from reference import ReferenceData
from runtime.blobs import Blobs, MemoryBlobs, open_blobs
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.outputs import Rules
from runtime.parts import Ports
from runtime.sealing import Sealer
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Documents, MemoryDocuments
from runtime.timers import Fire, Timers
from services import wiring
from services.assembly import Base, Follower
from services.changes import Changed
from services.feedback import attachments, handlers, meetings, petitions, responses, sheets, store
from services.feedback.domain import load_forms
from services.feedback.domain.handling import fire
from services.feedback.domain.petition import Petition
from services.feedback.http import add_desk, add_files, add_meetings, add_notes, add_one, add_public, add_routes, add_sheets
from services.feedback.petition_room import PetitionRoom, ground_of
from services.feedback.recovery import recovery
from services.feedback.settings import FeedbackSettings
from services.feedback.telemetry import METRICS
from services.feedback.vault import Vault
from services.speaking import encode

RETENTION_SECONDS = 3600.0


def rules_of(context: handlers.Context) -> Rules[Event]:
    """What the loop does with events."""
    decide = store.CODEC.handling(partial(handlers.handle, context=context), context.clock, heeds=handlers.heeds)
    return Rules(store.DOSSIERS, wiring.decoder(), decide, encode)


def build(
    runtime: RuntimeSettings,
    settings: FeedbackSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given. Raises ValueError for a form
    that is unknown or faulty."""
    sealer, forms = Sealer.parse(settings.contacts_public_key), load_forms(settings.forms_dir)
    if settings.form not in forms:
        raise ValueError(f"FEEDBACK_FORM: there is no form {settings.form}; there are: {', '.join(sorted(forms))}")
    base = Base.of("feedback", runtime, METRICS, settings.reference_dir, (reference, ports))
    context = handlers.Context(base.reference, base.parts.clock, settings, sealer, forms)
    follower = Follower.of(base, rules_of(context), recovery(context))
    said = Intents(base.parts, responses.RESPONSES, encode)
    vault = Vault.of(settings.petition_key.get_secret_value())
    answers = responses.ResponseRoom(base.parts, said, context, vault)
    add_routes(follower.app, answers, follower.intents)
    intents = Intents(base.parts, petitions.PETITIONS, encode)
    blobs = _blobs(runtime, ports)
    room = PetitionRoom(base.parts, intents, context, vault, blobs)
    add_public(follower.app, room)
    add_desk(follower.app, room)
    add_notes(follower.app, answers)
    add_sheets(follower.app, answers)
    add_files(follower.app, room)
    add_one(follower.app, room)
    add_meetings(follower.app, room)
    timers = Timers(base.parts, follower.loop, intents, petitions.NEXT_AT, timer_of(context), petitions.PETITIONS)
    jobs = (
        Job("timers", runtime.sweep_seconds, timers.sweep),
        Job("petitions", runtime.sweep_seconds, intents.sweep),
        Job("responses", runtime.sweep_seconds, answers.work),
        Job("said-responses", runtime.sweep_seconds, said.sweep),
        Job("retention", RETENTION_SECONDS, room.forget_old),
        Job("notes-retention", RETENTION_SECONDS, answers.forget_old),
    )
    return follower.service(declare, jobs, drains=(answers.drain, blobs.close))


def _blobs(runtime: RuntimeSettings, ports: Ports | None) -> Blobs:
    """Beside the documents; whoever gives documents in memory gets files there."""
    if ports is not None and ports.blobs is not None:
        return ports.blobs
    in_memory = ports is not None and isinstance(ports.store, MemoryDocuments)
    return MemoryBlobs() if in_memory else open_blobs(runtime.store_url)


async def declare(documents: Documents) -> None:
    """Make the collections of dossiers, of petitions, of meetings, of answers, of printed sheets and of files."""
    await store.declare(documents)
    await petitions.declare(documents)
    await meetings.declare(documents)
    await responses.declare(documents)
    await sheets.declare(documents)
    await attachments.declare(documents)


def timer_of(context: handlers.Context) -> Fire:
    """What is done with a petition whose clock speaks."""

    def rule(petition: Petition, until: datetime, _: datetime) -> Changed[Petition]:
        return fire(petition, until, ground_of(context))

    return petitions.CODEC.firing(rule, context.clock)
