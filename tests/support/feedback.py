"""feedback's rules on documents, as its loop and its page call them."""

import base64
from collections.abc import Sequence
from datetime import datetime

from nacl.public import PrivateKey

from contracts import Event
from dunghen import PROVINCE
from reference import load_reference
from runtime.clock import SteppedClock
from runtime.outputs import Output
from runtime.sealing import Sealer
from runtime.store import Document
from services.feedback.app import rules_of
from services.feedback.domain import load_forms
from services.feedback.handlers import Context
from services.feedback.settings import FeedbackSettings
from tests.support.dossiers import DOSSIER, at, fact, received

KEY = PrivateKey.generate()
REFERENCE = load_reference(PROVINCE)
FORMS = load_forms()
SETTINGS = FeedbackSettings.model_validate(
    {
        "reference_dir": PROVINCE,
        "contacts_public_key": "1:" + base64.b64encode(bytes(KEY.public_key)).decode(),
        "token_key": "k" * 32,
        "petition_key": "p" * 32,
        "public_url": "https://example.org/y-kien",
    },
    by_name=True,
)
PROMISED, DONE = received(contact_sequence=1), fact("completed", at(6))
ANSWERS = {"attitude": "0", "waiting": "1", "appointment": "1", "facilities": "2"}
PAGE = {**ANSWERS, "once": "the number of a page"}


def context(now: datetime = at(6)) -> Context:  # noqa: B008 - a constant
    sealer = Sealer.parse(SETTINGS.contacts_public_key)
    return Context(REFERENCE, SteppedClock(now), SETTINGS, sealer, FORMS)


def play(events: Sequence[Event], now: datetime = at(6)) -> tuple[Document, list[Output]]:  # noqa: B008 - a constant
    document: Document = {"_id": DOSSIER, "rev": 0}
    outputs: list[Output] = []
    for event in events:
        decision = rules_of(context(now)).handle(document, event)
        document = decision.document
        outputs += decision.outputs
    return document, outputs
