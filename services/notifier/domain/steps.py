"""What a person is told of the way of a dossier: it was taken in, papers or a fee are wanted, it was refused or stopped.

A message is true as long as what it tells of stands: papers that came, a fee that was paid and an end make it old news.
"""

from collections.abc import Mapping

from contracts.notices import Notice, named
from reference import ReferenceData
from services.facts import SlimT
from services.notifier.domain.dossier import Completed, Dossier, Received, Returned
from services.notifier.domain.facts import (
    FeePaid,
    FeeRequested,
    Refused,
    Step,
    Stopped,
    Supplemented,
    SupplementRequested,
    Withdrawn,
)
from services.notifier.domain.notice import FEE, RECEIVED, REFUSED, RESULT, STOPPED, SUPPLEMENT

Cause = Step | Received
_ASKED: Mapping[str, type[Step]] = {SUPPLEMENT: SupplementRequested, FEE: FeeRequested}


def causes(dossier: Dossier, reference: ReferenceData) -> dict[Notice, Cause]:
    """The messages that the facts call for as they stand, and what each tells of. A dossier that nobody received has none."""
    received, facts = dossier.facts.first(Received), dossier.facts
    if received is None:
        return {}
    found: dict[Notice, Cause] = {}
    done = facts.first(Completed) is not None or facts.first(Returned) is not None
    withdrawn, stopped, refused = facts.first(Withdrawn), facts.first(Stopped), facts.first(Refused)
    if not done and refused is not None:
        found[REFUSED] = refused
    elif not done and withdrawn is None and stopped is not None:
        found[STOPPED] = stopped
    elif not done and withdrawn is None:
        found |= {named(SUPPLEMENT, each): asked for each, asked in open_supplements(dossier).items()}
        found |= {named(FEE, each): asked for each, asked in open_fees(dossier).items()}
        unit = reference.units.get(received.receiving_unit)
        if unit is not None and unit.messages.received:
            found[RECEIVED] = received
    return found


def still_so(dossier: Dossier, name: Notice, reference: ReferenceData) -> bool:
    """Whether a message that waits still says what is so. Letters and invitations are not taken back."""
    if name == RESULT:
        return dossier.facts.first(Completed) is not None
    return not _is_of_step(name) or name in causes(dossier, reference)


def _is_of_step(name: Notice) -> bool:
    return name.partition("/")[0] in (RECEIVED, SUPPLEMENT, FEE, REFUSED, STOPPED)


def asked_at(dossier: Dossier, name: Notice) -> int | None:
    """When the papers or the payment were asked for that a message is about (ms); None of any other message."""
    kind, _, occasion = name.partition("/")
    asked = _ASKED.get(kind)
    request = None if asked is None else dossier.facts.standing(asked).get(occasion or "1")
    return None if request is None else request.at


def open_supplements(dossier: Dossier) -> Mapping[str, SupplementRequested]:
    """Requests for papers that did not come, by occasion."""
    return _unanswered(dossier, SupplementRequested, Supplemented)


def open_fees(dossier: Dossier) -> Mapping[str, FeeRequested]:
    """Payments that are asked for and did not come, by occasion."""
    return _unanswered(dossier, FeeRequested, FeePaid)


def _unanswered(dossier: Dossier, asked: type[SlimT], answered: type[Step]) -> dict[str, SlimT]:
    answers = dossier.facts.standing(answered)
    return {occasion: each for occasion, each in dossier.facts.standing(asked).items() if occasion not in answers}
