"""feedback put together: the forms, the key that links are sealed to."""

from functools import partial

from contracts import Event
from reference import ReferenceData
from runtime.outputs import Rules
from runtime.parts import Ports
from runtime.sealing import Sealer
from runtime.service import Service
from runtime.settings import RuntimeSettings
from services import wiring
from services.assembly import Base, Follower
from services.feedback import handlers, store
from services.feedback.domain import load_forms
from services.feedback.http import add_routes
from services.feedback.recovery import recovery
from services.feedback.settings import FeedbackSettings
from services.feedback.telemetry import METRICS
from services.speaking import encode


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
    """Build the service from settings; reference data and ports may be given. Raises ValueError for an unknown form."""
    sealer, forms = Sealer.parse(settings.contacts_public_key), load_forms()
    if settings.form not in forms:
        raise ValueError(f"FEEDBACK_FORM: there is no form {settings.form}; there are: {', '.join(sorted(forms))}")
    base = Base.of("feedback", runtime, METRICS, settings.reference_dir, (reference, ports))
    context = handlers.Context(base.reference, base.parts.clock, settings, sealer, forms)
    follower = Follower.of(base, rules_of(context), recovery(context))
    add_routes(follower.app, base.parts, follower.intents, context)
    return follower.service(store.declare, jobs=())
