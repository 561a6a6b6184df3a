"""Survey forms and invitations: pure functions."""

from services.feedback.domain.forms import Form, FormError, Question, load_forms
from services.feedback.domain.invitations import FIELDS, digest, token_of

__all__ = ["FIELDS", "Form", "FormError", "Question", "digest", "load_forms", "token_of"]
