"""feedback brought back to what it said: who was invited stands on feedback.v1.

Petitions are in this store alone: what is said of them tells how they stand, never what was written. A token is made from the
key and the dossier, so that the links people hold go on working. Which of them were used, and the answers that wait to be
said, are in this store alone too: no topic joins an answer to a dossier.
"""

from functools import partial

from contracts import Event
from contracts.codes import is_petition_id, is_response_id
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited, FeedbackRated, FeedbackStopWished
from runtime.recovery import Recall, Recovery
from services import wiring
from services.feedback import petitions
from services.feedback.domain import Dossier, Invited, Rating, digest, invite
from services.feedback.domain.petition import Petition
from services.feedback.domain.recalling import recall as recall_petition
from services.feedback.handlers import TOPIC, Context
from services.feedback.petition_room import ground_of
from services.feedback.store import CODEC, DOSSIERS, MADE_FROM_LOG


def recovery(context: Context) -> Recovery[Event]:
    """What feedback tells the runtime of itself."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(
            Recall(TOPIC, DOSSIERS, CODEC.folding(lambda dossier, event: recall(dossier, event, context)), dossier_of),
            Recall(TOPIC, petitions.PETITIONS, petitions.CODEC.folding(partial(recalled, context=context)), petition_of),
        ),
        absorb=CODEC.folding(Dossier.told),
        settle=CODEC.settling(lambda dossier: invite(dossier, context.ground()), context.clock),
    )


def recalled(petition: Petition, event: Event, context: Context) -> Petition:
    """The petition with one thing that feedback said of it; the petition itself if it knows."""
    return recall_petition(petition, event, ground_of(context).clocks)


def dossier_of(event: Event) -> str:
    """The dossier of an event; "" for one of a petition or of an answer, which is of no dossier."""
    return "" if is_petition_id(event.subject) or is_response_id(event.subject) else event.subject


def petition_of(event: Event) -> str:
    """The petition of an event; "" for one of a dossier."""
    return event.subject if is_petition_id(event.subject) else ""


def recall(dossier: Dossier, event: Event, context: Context) -> Dossier:
    """The dossier with one thing that feedback said of it; the dossier itself if it knows."""
    data = event.data
    if isinstance(data, FeedbackInvited) and dossier.token is None:
        return dossier._replace(invitation=Invited(epoch_ms(event.time), data.form), token=digest(context.token(dossier.code)))
    if isinstance(data, FeedbackRated) and dossier.rating is None:
        return dossier._replace(rating=Rating(epoch_ms(data.at), data.form, dict(data.scores)))
    if isinstance(data, FeedbackStopWished) and dossier.stopped_at is None:
        return dossier._replace(stopped_at=epoch_ms(data.at))
    return dossier
