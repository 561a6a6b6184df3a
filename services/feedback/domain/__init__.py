"""Dossiers, invitations and survey forms: frozen objects and pure functions."""

from services.feedback.domain.dossier import KINDS, Completed, Dossier, Invited, NotInvited, Rating, Received
from services.feedback.domain.forms import FormError, FormFileError, Question, SurveyForm, load_forms, read_form
from services.feedback.domain.invitations import (
    CannotAnswerError,
    Ground,
    digest,
    invite,
    open_form,
    same_token,
    token_of,
    wish_to_stop,
)

__all__ = [
    "KINDS",
    "CannotAnswerError",
    "Completed",
    "Dossier",
    "FormError",
    "FormFileError",
    "Ground",
    "Invited",
    "NotInvited",
    "Question",
    "Rating",
    "Received",
    "SurveyForm",
    "digest",
    "invite",
    "load_forms",
    "open_form",
    "read_form",
    "same_token",
    "token_of",
    "wish_to_stop",
]
