"""What feedback does with each message and each answer: (document, ..., context) -> (document, outputs)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import Event
from contracts.dossiers import DOSSIER_TYPES, Completed
from contracts.facts import epoch_ms, first_standing, merge_fact
from contracts.feedback import FeedbackInvited, FeedbackRated
from reference import ReferenceData, moment, silence
from runtime.clock import Clock
from runtime.outputs import Decision
from runtime.sealing import Sealer
from runtime.store import Document
from services.feedback.domain import FIELDS, SurveyForm, digest, token_of
from services.feedback.settings import FeedbackSettings
from services.feedback.store import TOKEN
from services.speaking import say_once

TOPIC = "feedback.v1"
ONCE = "1"  # a dossier has one invitation and one rating


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    reference: ReferenceData
    clock: Clock
    settings: FeedbackSettings
    sealer: Sealer
    forms: Mapping[str, SurveyForm]


class CannotAnswerError(Exception):
    """The invitation was used or has expired; `used` says which."""

    def __init__(self, *, used: bool) -> None:
        super().__init__("used" if used else "expired")
        self.used = used


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier; the first completion that stands invites its person, once, if there is somebody to invite."""
    after = fold(document, event)
    return Decision(document) if after is document else invite(after, context)


def fold(document: Document, event: Event) -> Document:
    """The document with a fact; the document itself if it says nothing new."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return document
    after = {**document, "facts": facts}
    if isinstance(event.data, Completed):
        after["reported_at"] = min(epoch_ms(event.time), document.get("reported_at", 1 << 60))
    return after


def invite(after: Document, context: Context) -> Decision:
    """Invite the person of a completed dossier, or note why nobody is."""
    facts = after.get("facts", {})
    received, completed = first_standing(facts, "received"), first_standing(facts, "completed")
    if received is None or completed is None or "invited" in after:
        return Decision(after)
    at, unit, form = moment(completed["at"]), context.reference.units.get(received["competent_unit"]), context.settings.form
    why_not = silence(at, moment(after["reported_at"]), unit) or ("no-contact" if "contact_sequence" not in received else None)
    if why_not is not None:
        return Decision({**after, "invited": {"at": after["reported_at"], "form": form, "not": why_not}})
    token = token_of(context.settings.token_key.get_secret_value().encode(), after["_id"])
    invited = {**after, "invited": {"at": epoch_ms(context.clock.now()), "form": form}, TOKEN: digest(token)}
    sealed = context.sealer.seal({"link": f"{context.settings.public_url}/{token}"})
    said = FeedbackInvited(at=at, form=form, key_epoch=context.sealer.epoch, sealed=sealed)
    return Decision(invited, [say_once(said, ONCE, after["_id"], context.clock.now())])


def rate(document: Document, given: Mapping[str, Any], context: Context) -> Decision:
    """One person's answers. Raises CannotAnswerError, FormError naming the questions without answer."""
    form = open_form(document, context)
    scores = form.scores(given)
    now = context.clock.now()
    after = {**document, "rating": {"at": epoch_ms(now), "form": form.id, "scores": scores}}
    received = first_standing(after["facts"], "received") or {}
    said = FeedbackRated(at=now, unit=received.get("competent_unit", "unknown"), form=form.id, scores=scores)
    return Decision(after, [say_once(said, ONCE, document["_id"], now)])


def open_form(document: Document, context: Context) -> SurveyForm:
    """The form an invitation was made with. Raises CannotAnswerError if it was answered or is too old."""
    if "rating" in document:
        raise CannotAnswerError(used=True)
    if moment(document["invited"]["at"]) + context.settings.valid_for < context.clock.now():
        raise CannotAnswerError(used=False)
    return context.forms[document["invited"]["form"]]


HANDLERS = {model.TYPE: on_fact for model in DOSSIER_TYPES}


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)
