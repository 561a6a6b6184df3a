"""The desk of letters and messages, as API and as plain pages, and the gateways' receipts."""

from fastapi import FastAPI

from runtime.intents import Intents
from runtime.parts import Parts
from services.notifier.http.api import add_api
from services.notifier.http.contacts import ContactDesk, add_contacts
from services.notifier.http.desk import LetterDesk
from services.notifier.http.digests import add_digests
from services.notifier.http.dossier_page import DossierPage, add_dossier_page
from services.notifier.http.linked import add_linked
from services.notifier.http.names import add_names
from services.notifier.http.on_paper import PaperDesk, add_on_paper
from services.notifier.http.on_paper_pages import add_on_paper_pages
from services.notifier.http.outgoing import add_outgoing
from services.notifier.http.pages import add_pages
from services.notifier.http.receipts import add_receipts
from services.notifier.http.replies import add_replies
from services.notifier.http.text_pages import add_text_pages
from services.notifier.http.texts import TextDesk
from services.notifier.http.told import add_told
from services.notifier.http.wishes import WishDesk, add_wishes
from services.notifier.http.worklist import Worklist, add_worklist
from services.notifier.http.worklist_pages import add_worklist_pages
from services.notifier.jobs import Desk


def add_routes(app: FastAPI, parts: Parts, intents: Intents, desk: Desk) -> None:
    """The routes of notifier."""
    secret = desk.settings.receipts_secret
    letters, worklist, wishes = LetterDesk(parts, intents, desk), Worklist(parts, intents, desk), WishDesk(parts, desk)
    add_api(app, letters)
    add_digests(app, parts, desk)
    add_linked(app, parts, desk)
    add_names(app, parts, desk)
    paper = PaperDesk(parts, intents, desk, letters)
    add_on_paper(app, paper)
    add_on_paper_pages(app, paper)
    add_outgoing(app, parts, letters)
    add_pages(app, letters)
    contacts = ContactDesk(parts, intents, desk, wishes)
    add_contacts(app, contacts)
    add_dossier_page(app, DossierPage(desk, wishes), wishes, contacts)
    add_receipts(app, letters, secret.get_secret_value() if secret else "")
    add_replies(app, wishes, secret.get_secret_value() if secret else "")
    add_text_pages(app, TextDesk(parts, desk))
    add_told(app, letters)
    add_wishes(app, wishes)
    add_worklist(app, worklist)
    add_worklist_pages(app, worklist)
