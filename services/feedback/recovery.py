"""feedback brought back to what it said: who was invited and how they rated stand on feedback.v1.

A token is made from the key and the dossier, so that the links people hold go on working. Lost are only the answers that were
saved and never published.
"""

from functools import partial

from contracts import Event
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited, FeedbackRated
from runtime.recovery import Recall, Recovery
from runtime.store import Document
from services import wiring
from services.feedback.domain import digest, token_of
from services.feedback.handlers import TOPIC, Context, fold, invite
from services.feedback.store import DOSSIERS, MADE_FROM_LOG, TOKEN


def recovery(context: Context) -> Recovery[Event]:
    """What feedback tells the runtime of itself."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(Recall(TOPIC, DOSSIERS, partial(recall, context=context)),),
        absorb=fold,
        settle=partial(invite, context=context),
    )


def recall(document: Document, event: Event, context: Context) -> Document:
    """The document with one thing that feedback said of it; the document itself if it knows."""
    data = event.data
    if isinstance(data, FeedbackInvited) and TOKEN not in document:
        token = token_of(context.settings.token_key.get_secret_value().encode(), document["_id"])
        return {**document, "invited": {"at": epoch_ms(event.time), "form": data.form}, TOKEN: digest(token)}
    if isinstance(data, FeedbackRated) and "rating" not in document:
        return {**document, "rating": {"at": epoch_ms(data.at), "form": data.form, "scores": dict(data.scores)}}
    return document
