"""Survey forms and invitations: pure functions."""

from services.feedback.domain.forms import FormError, Question, SurveyForm, load_forms
from services.feedback.domain.invitations import FIELDS, digest, token_of

__all__ = ["FIELDS", "FormError", "Question", "SurveyForm", "digest", "load_forms", "token_of"]
