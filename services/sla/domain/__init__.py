"""The promise of a dossier: pure functions over its facts."""

from services.sla.domain.outcome import End, end_of, outcome_of
from services.sla.domain.promise import FIELDS, Promise, Standing, digest_of, promise_of, standing_of
from services.sla.domain.rungs import Rung, RungRules, overtaken, passed, rungs_of, second_tier, step_rung
from services.sla.domain.spent import limit_used, time_spent

__all__ = [
    "FIELDS",
    "End",
    "Promise",
    "Rung",
    "RungRules",
    "Standing",
    "digest_of",
    "end_of",
    "limit_used",
    "outcome_of",
    "overtaken",
    "passed",
    "promise_of",
    "rungs_of",
    "second_tier",
    "standing_of",
    "step_rung",
    "time_spent",
]
