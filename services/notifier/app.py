"""notifier put together: the ways to the gateways, the key to contacts, the desk of letters."""

from functools import partial

from contracts import Event
from reference import ReferenceData
from runtime.errors import SettingsError
from runtime.jobs import Job
from runtime.mail import Mail
from runtime.outputs import Rules
from runtime.parts import Parts, Ports
from runtime.sealing import Opener
from runtime.service import Service
from runtime.settings import RuntimeSettings
from services import wiring
from services.assembly import Base, Follower
from services.notifier import handlers, store
from services.notifier.domain.telling import forget
from services.notifier.domain.unsigned import names_of
from services.notifier.gateways.opening import open_gateways
from services.notifier.gateways.port import Gateway
from services.notifier.http import add_routes
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.recovery import recovery
from services.notifier.settings import NotifierSettings
from services.notifier.signatures import Keys, Signatures
from services.notifier.telemetry import METRICS
from services.speaking import encode

SHRED_SECONDS = 600.0  # so long at most the sealed paper of an erased person stays; it is given to nobody from the erasure on


async def shred(parts: Parts) -> None:
    """Take away the papers of whom was erased."""
    gone = await store.shred_papers(parts.store)
    if gone:
        parts.log.info("papers of letters were shredded", papers=gone)


def rules_of(context: handlers.Context) -> Rules[Event]:
    """What the loop does with events; a null on contacts.v1 erases a contact."""
    handle = partial(handlers.handle, context=context)
    decide = store.CODEC.handling(handle, context.clock, heeds=handlers.heeds)
    erase = store.CODEC.settling(lambda dossier: forget(dossier, context.ground()), context.clock)
    return Rules(store.DOSSIERS, wiring.decoder(), decide, encode, {"contacts.v1": erase})


def keys_of(settings: NotifierSettings, reference: ReferenceData) -> Keys | None:
    """Whose letters are signed. Raises SettingsError for a unit that the catalogue does not know."""
    units, folder, roots = settings.signing_units, settings.signing_dir, settings.signing_roots
    if not units or folder is None or roots is None:
        return None
    unknown = [code for code in units if code not in reference.units]
    if unknown:
        raise SettingsError(f"NOTIFIER_SIGNING_UNITS: the reference data have no unit {', '.join(unknown)}")
    return Keys({code: names_of(reference.units[code]) for code in units}, folder, roots, settings.timestamp_url or None)


def build(
    runtime: RuntimeSettings,
    settings: NotifierSettings,
    *,
    reference: ReferenceData | None = None,
    ports: Ports | None = None,
    gateway: Gateway | None = None,
    mail: Mail | None = None,
) -> Service:
    """Build the service from settings; reference data, ports, the first gateway and the mail server may be given."""
    base = Base.of("notifier", runtime, METRICS, settings.reference_dir, (reference, ports))
    parts = base.parts
    context = handlers.Context(base.reference, parts.clock)
    board = open_gateways(settings, parts, gateway, mail)
    follower = Follower.of(base, rules_of(context), recovery(context, deduplicates=board.drops_all_repeats))
    opener = Opener.parse(settings.contacts_private_keys.get_secret_value())
    for epoch in (*opener.keys, *opener.retired):
        parts.telemetry.set("contact_keys", float(epoch in opener.keys), epoch=str(epoch))
    signatures = Signatures(keys_of(settings, base.reference), parts.log, parts.machine.monotonic)
    desk = Desk(board, opener, settings, context, settings.lookup(), settings.letters(), signatures=signatures)
    dispatcher = Dispatcher(parts, follower.loop, follower.intents, desk)
    follower.health.also.append(dispatcher.measure)
    follower.operations.numbers["uncertain"] = partial(store.count_uncertain, parts.store)
    add_routes(follower.app, parts, follower.intents, desk)
    jobs = (Job("sender", runtime.sweep_seconds, dispatcher.run), Job("papers", SHRED_SECONDS, partial(shred, parts)))
    # what is claimed is sent before the ways to the gateways are closed
    return follower.service(store.declare, jobs, drains=(dispatcher.drain, board.close))
