"""The HTTP side every service has: its application, problems, who asks, and what each route declares of who may use it."""

from runtime.web.access import GuardedRoute, by_duty, by_key, by_role, for_all_units, open_to_all
from runtime.web.app import Patience, make_app
from runtime.web.bodies import whole_body
from runtime.web.identity import Door, Person, Role
from runtime.web.measured import PROBES, Measured
from runtime.web.problems import PROBLEM, Answers, Problem, ProblemError, also, problem_answers, problem_response
from runtime.web.tokens import Tokens

__all__ = [
    "PROBES",
    "PROBLEM",
    "Answers",
    "Door",
    "GuardedRoute",
    "Measured",
    "Patience",
    "Person",
    "Problem",
    "ProblemError",
    "Role",
    "Tokens",
    "also",
    "by_duty",
    "by_key",
    "by_role",
    "for_all_units",
    "make_app",
    "open_to_all",
    "problem_answers",
    "problem_response",
    "whole_body",
]
