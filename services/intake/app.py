"""intake put together: it takes requests, and follows no topic."""

from functools import partial

from contracts.lookup import LookupKeys
from reference import ReferenceData
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.log.reader import LogReader
from runtime.operations import Operations
from runtime.parts import Ports
from runtime.recovery import Anchor
from runtime.sealing import Sealer
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.web import Patience, make_app
from runtime.web.operations import add_operations
from services import wiring
from services.assembly import Base, hold_to_the_log, tokens_of
from services.intake import handlers, quality, store
from services.intake.followed import TOPICS
from services.intake.http import Entrance, add_routes
from services.intake.http.entrance import Pace
from services.intake.http.events import SCHEMAS
from services.intake.http.files import FILES
from services.intake.http.gatekeeper import Gatekeeper
from services.intake.http.replays import Replays
from services.intake.recovery import recovery
from services.intake.sealing import ContactSealer, hash_keys_of
from services.intake.settings import IntakeSettings
from services.intake.telemetry import METRICS
from services.intake.unlisted import Words
from services.speaking import encode

WRITE_DOWN_SECONDS = 5.0  # counts of quality, last use of keys
FORGET_SECONDS = 600.0


def build(
    runtime: RuntimeSettings,
    settings: IntakeSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
) -> Service:
    """Build the service from settings; reference data and ports may be given."""
    box = Sealer.parse(settings.contacts_public_key)
    sealer = ContactSealer(box, hash_keys_of(settings.contacts_hash_keys.get_secret_value()))
    lookup = None if settings.lookup_key is None else LookupKeys.of(settings.lookup_key.get_secret_value())
    base = Base.of("intake", runtime, METRICS, settings.reference_dir, (reference, ports))
    parts = base.parts
    context = handlers.Context(base.reference, settings, sealer, parts.clock)
    intents = Intents(parts, store.DOSSIERS, encode)
    anchor = Anchor(parts, recovery(), ())
    counts, words = quality.Quality(parts), Words(parts, base.reference, sealer)
    entrance = Entrance(
        parts=parts,
        context=context,
        intake=handlers.Intake(context, parts, intents, counts, words),
        gatekeeper=Gatekeeper(parts),
        pace=Pace(settings.items_per_minute),
        replays=Replays(parts.store, parts.machine),
        log=LogReader(parts.topics, TOPICS),
        words=words,
        lookup=lookup,
    )
    health = Health(parts, None)
    patience = Patience(upload_paths=(FILES,))
    app = make_app("Đúng Hẹn intake", health, parts.telemetry, SCHEMAS, patience=patience, tokens=tokens_of(parts))
    add_routes(app, entrance)
    operations = Operations(parts, health, numbers={"held": partial(store.count_held, parts.store)})
    add_operations(app, operations)
    return Service(
        parts=parts,
        broker=base.broker,
        app=app,
        health=health,
        topics=wiring.topics_of("intake"),
        collections=(partial(store.declare, parts.store), intents.declare, operations.declare),
        anchor=anchor.begin,
        jobs=(
            *base.jobs,
            hold_to_the_log(anchor, health),
            Job("intents", runtime.sweep_seconds, intents.sweep),
            Job("quality", WRITE_DOWN_SECONDS, counts.write_down),
            Job("keys", WRITE_DOWN_SECONDS, entrance.gatekeeper.write_down),
            Job("answers", FORGET_SECONDS, entrance.replays.forget_old),
            Job("words", WRITE_DOWN_SECONDS, words.write_down),
            Job("forgotten", FORGET_SECONDS, words.forget),
        ),
        drains=(entrance.intake.drain, counts.write_down, words.write_down),
    )
