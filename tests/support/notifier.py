"""notifier's rules on documents, as loop, jobs and pages take them: load, decide, dump. For tests that play whole lives."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from nacl.public import PrivateKey

from contracts import Event
from contracts.notices import Notice, RejectReason
from dunghen import PROVINCE
from reference import ReferenceData, load_reference
from runtime.clock import SteppedClock
from runtime.machine import SystemMachine
from runtime.outputs import Decision
from runtime.sealing import Opener
from runtime.store import Document
from services.changes import Answering, Changed
from services.notifier.app import rules_of
from services.notifier.domain import Dossier, apologies, outcome, preview, receipts, sending, signing, telling
from services.notifier.domain.letter_text import LetterText
from services.notifier.domain.locked import Locked
from services.notifier.domain.outcome import Answer, Sms, Tried
from services.notifier.domain.receipts import Receipt
from services.notifier.domain.signing import Approval
from services.notifier.gateways.lines import Line, Switchboard
from services.notifier.handlers import Context
from services.notifier.http import views
from services.notifier.http.views import LetterView
from services.notifier.jobs import Desk
from services.notifier.recovery import recovery
from services.notifier.settings import NotifierSettings
from services.notifier.store import CODEC, load

KEY = PrivateKey.generate()
HASH_KEY = "a secret of the tests"
REFERENCE = load_reference(PROVINCE)


def context(now: datetime, reference: ReferenceData = REFERENCE) -> Context:
    """notifier at a moment."""
    return Context(reference, SteppedClock(now))


def key_ring(keys: Mapping[int, PrivateKey | str]) -> str:
    """As CONTACTS_PRIVATE_KEYS names them."""
    written = {epoch: key if isinstance(key, str) else base64.b64encode(bytes(key)).decode() for epoch, key in keys.items()}
    return ",".join(f"{epoch}:{key}" for epoch, key in written.items())


def desk(
    now: datetime, *, deduplicates: bool = False, reference: ReferenceData = REFERENCE, keys: str = "", **more: object
) -> Desk:
    """A sender at a moment, which holds the key of epoch 1, or others; `more`: of its settings."""
    settings = NotifierSettings.model_validate(
        {
            "reference_dir": PROVINCE,
            "contacts_private_keys": keys or key_ring({1: KEY}),
            "hash_keys": HASH_KEY,
            "gateway_url": "http://gateway/sms",
            "public_url": "https://example.org/y-kien",
            "gateway_deduplicates": deduplicates,
            **more,
        },
        by_name=True,
    )
    opener = Opener.parse(settings.contacts_private_keys.get_secret_value())
    return Desk(Always(settings), opener, settings, context(now, reference), settings.lookup(), settings.letters())


class Always(Switchboard):
    """Gateways of which the first is open whatever happens; rules alone are asked, nothing is sent."""

    def __init__(self, settings: NotifierSettings) -> None:
        self.lines = {plan.name: Line(plan, Unused(), SystemMachine()) for plan, _ in settings.gateways()}


class Unused:
    """A gateway that nobody may ask."""

    async def send(self, message: Sms) -> Answer:
        """Never called."""
        raise AssertionError("no test of rules sends")

    async def close(self) -> None:
        """Nothing to give back."""


def handle(document: Document, event: Event, at: Context) -> Decision:
    """An event, as the loop hands it over."""
    return rules_of(at).handle(document, event)


def decide(
    document: Document, rule: Callable[[Dossier], Changed[Dossier] | Answering[Dossier, Sms | None]], at: Context
) -> Decision:
    """A rule about what a document holds."""
    return CODEC.decide(document, rule, at.clock.now())


def forget(document: Document, at: Context) -> Decision:
    """A null on contacts.v1."""
    return decide(document, lambda dossier: telling.forget(dossier, at.ground()), at)


def approve(document: Document, approval: Approval, at: Context) -> Decision:
    """The signer looks at the letter and signs it."""
    return decide(document, lambda dossier: signing.approve(dossier, seen(dossier, approval, at), at.ground()), at)


def seen(dossier: Dossier, approval: Approval, at: Context) -> Approval:
    """With what the signer saw."""
    return replace(approval, previewed=signing.preview(dossier, approval, at.ground()).digest)


def reject(document: Document, reason: RejectReason, by: str, at: Context) -> Decision:
    """The signer does not."""
    return decide(document, lambda dossier: signing.reject(dossier, reason, by, at.ground()), at)


def issue(document: Document, number: int, year: int, at: Context) -> Decision:
    """The letter gets its number."""
    return decide(document, lambda dossier: apologies.issue(dossier, (number, year), at.ground()), at)


def claim(document: Document, name: Notice, by: Desk) -> Decision:
    """A message is claimed; the answer is what is to be sent, None if nothing is."""
    return decide(document, lambda dossier: sending.claim_message(dossier, name, by.ground("first")), by.context)


def claimed(document: Document, by: Desk, name: Notice = "result-ready") -> tuple[Document, Sms]:
    """A document whose message was claimed, and what is to be sent."""
    decision = claim(document, name, by)
    assert isinstance(decision.answer, Sms)
    return decision.document, decision.answer


def settle_answer(document: Document, name: Notice, answer: Answer, sms: Sms, by: Desk) -> Decision:
    """What the gateway said to a message."""
    return decide(document, lambda dossier: outcome.settle_answer(dossier, name, Tried(sms, answer), by.ground()), by.context)


def on_receipt(document: Document, name: Notice, receipt: Receipt, context: Context) -> Decision:
    """What the gateway reports of a message."""
    ground = context.ground()
    return decide(document, lambda dossier: receipts.on_receipt(dossier, name, receipt, ground), context)


def view(document: Document, at: Context) -> LetterView:
    """The letter as the desk shows it."""
    dossier = load(document)
    assert dossier.letter is not None
    return views.view(dossier, dossier.letter, at.ground())


def text_of(document: Document, by: Desk) -> LetterText | None:
    """The letter in full, by a desk that holds its key."""
    dossier = load(document)
    assert dossier.letter is not None
    person = preview.addressed(dossier, dossier.letter, by.ground())
    assert not isinstance(person, Locked)
    return preview.text_of(dossier, dossier.letter, by.ground(), person)


def recall(document: Document, event: Event) -> Document:
    """What notifier itself said, read back from the log."""
    return recovery(_ANY, deduplicates=False).recalls[0].fold(document, event)


def absorb(document: Document, event: Event) -> Document:
    """What others say, while the store is brought back."""
    taken_in = recovery(_ANY, deduplicates=False).absorb
    assert taken_in is not None
    return taken_in(document, event)


def settle(document: Document, at: Context, *, deduplicates: bool) -> Decision:
    """The end of a recovery."""
    end = recovery(at, deduplicates=deduplicates).settle
    assert end is not None
    return end(document)


_ANY = context(datetime.fromisoformat("2026-03-02T07:00+07:00"))
