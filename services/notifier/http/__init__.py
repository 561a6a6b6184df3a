"""The letter desk, as API and as plain pages, and the gateway's receipts."""

from fastapi import FastAPI

from runtime.intents import Intents
from runtime.parts import Parts
from services.notifier.http.api import add_api
from services.notifier.http.desk import LetterDesk
from services.notifier.http.digests import add_digests
from services.notifier.http.pages import add_pages
from services.notifier.http.told import add_told
from services.notifier.jobs import Desk


def add_routes(app: FastAPI, parts: Parts, intents: Intents, desk: Desk) -> None:
    """The routes of notifier."""
    secret = desk.settings.receipts_secret
    letters = LetterDesk(parts, intents, desk)
    add_api(app, letters, secret.get_secret_value() if secret else "")
    add_digests(app, parts)
    add_pages(app, letters)
    add_told(app, letters)
