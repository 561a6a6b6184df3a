"""Dossiers, letters, messages and their texts: frozen objects and pure functions."""

from services.notifier.domain.contact import NOBODY, Contact, Forgotten, Invitation, Person
from services.notifier.domain.dossier import Completed, Dossier, Received
from services.notifier.domain.ground import Ground, Sending
from services.notifier.domain.notice import APOLOGY, RESULT, SURVEY, client_id, next_window

__all__ = [
    "APOLOGY",
    "NOBODY",
    "RESULT",
    "SURVEY",
    "Completed",
    "Contact",
    "Dossier",
    "Forgotten",
    "Ground",
    "Invitation",
    "Person",
    "Received",
    "Sending",
    "client_id",
    "next_window",
]
