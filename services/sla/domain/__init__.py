"""The promise of a dossier: frozen objects, and rules as pure functions over them."""

from services.sla.domain.acceptance import pass_acceptance, recount_acceptance, restate_acceptance
from services.sla.domain.dossier import (
    Conflict,
    Deadline,
    Dossier,
    End,
    Ended,
    LimitUse,
    Reopened,
    Settled,
    Watch,
)
from services.sla.domain.facts import KINDS
from services.sla.domain.ground import Ground, Heard, RungRules
from services.sla.domain.outcome import end_of, outcome_of
from services.sla.domain.promise import Standing, Wait, promise_of, standing_of
from services.sla.domain.repromise import Ask
from services.sla.domain.rungs import fire
from services.sla.domain.spent import time_spent
from services.sla.domain.statements import answer, recount, restate
from services.sla.domain.submission import Acceptance, Submission

__all__ = [
    "KINDS",
    "Acceptance",
    "Ask",
    "Conflict",
    "Deadline",
    "Dossier",
    "End",
    "Ended",
    "Ground",
    "Heard",
    "LimitUse",
    "Reopened",
    "RungRules",
    "Settled",
    "Standing",
    "Submission",
    "Wait",
    "Watch",
    "answer",
    "end_of",
    "fire",
    "outcome_of",
    "pass_acceptance",
    "promise_of",
    "recount",
    "recount_acceptance",
    "restate",
    "restate_acceptance",
    "standing_of",
    "time_spent",
]
