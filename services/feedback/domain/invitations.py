"""Who is asked, and the token that lets one person answer once."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited, FeedbackStopWished
from reference import ReferenceData, moment, silence
from services.changes import Changed, Once
from services.feedback.domain.dossier import Completed, Dossier, Invited, NotInvited, Received
from services.feedback.domain.forms import SurveyForm


class CannotAnswerError(Exception):
    """The invitation was used, has expired, or its form is gone. Whoever holds the link is not told which."""


class Ground(NamedTuple):
    """What a decision may look at beside the dossier. `token`: makes the token of a dossier; `seal`: seals the link with it."""

    now: datetime
    reference: ReferenceData
    forms: Mapping[str, SurveyForm]
    form: str  # the one that invitations are made with
    valid_for: timedelta
    key_epoch: int
    token: Callable[[str], str]
    seal: Callable[[str], str]


def invite(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """Invite the person of a completed dossier once, or note why nobody is."""
    if dossier.reported_at is None or dossier.invitation is not None:
        return Changed(dossier)  # as long as there is no completion, nothing else has to be read
    received, completed = dossier.facts.first(Received), dossier.facts.first(Completed)
    if received is None or completed is None:
        return Changed(dossier)
    at, unit = moment(completed.at), ground.reference.units.get(received.competent_unit)
    why_not = silence(at, moment(dossier.reported_at), unit) or ("no-contact" if received.contact_sequence is None else None)
    if why_not is not None:
        return Changed(dossier._replace(invitation=NotInvited(dossier.reported_at, ground.form, why_not)))
    token = ground.token(dossier.code)
    invited = FeedbackInvited(at=at, form=ground.form, key_epoch=ground.key_epoch, sealed=ground.seal(token))
    invitation = Invited(epoch_ms(ground.now), ground.form)
    return Changed(dossier._replace(invitation=invitation, token=digest(token)), [Once(invited)])


def wish_to_stop(dossier: Dossier, now: datetime) -> Changed[Dossier]:
    """Whoever holds its link wants no more messages that nobody has to send (R29); said once, and nothing of a rating."""
    if dossier.stopped_at is not None or not isinstance(dossier.invitation, Invited):
        return Changed(dossier)
    return Changed(dossier._replace(stopped_at=epoch_ms(now)), [Once(FeedbackStopWished(at=now))])


def open_form(dossier: Dossier, ground: Ground) -> SurveyForm:
    """The form an invitation was made with. Raises CannotAnswerError if nobody can answer any more, or it was answered before
    answers were kept apart from dossiers."""
    invitation = dossier.invitation
    if dossier.rating is not None or not isinstance(invitation, Invited):
        raise CannotAnswerError
    form = ground.forms.get(invitation.form)
    if form is None or moment(invitation.at) + ground.valid_for < ground.now:
        raise CannotAnswerError
    return form


def token_of(key: bytes, dossier: str) -> str:
    """128 bits that only the holder of the key can make; the same for a dossier however often it is asked for."""
    return base64.urlsafe_b64encode(hmac.new(key, dossier.encode(), hashlib.sha256).digest()[:16]).rstrip(b"=").decode()


def digest(token: str) -> str:
    """What a store may keep of a token: enough to find it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def same_token(dossier: Dossier, token: str) -> bool:
    """Whether it is the token of this dossier, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(dossier.token or "", digest(token))
