"""Who may use the letter desk, and the secret that the gateway shows with its receipts."""

import hmac
from typing import Annotated

from fastapi import Request

from runtime.web import Person, Problem, ProblemError, Role, by_role

Reader = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.SIGNER, Role.SUPERVISOR)]
NAME_READERS = (Role.OFFICER, Role.UNIT_HEAD, Role.SIGNER)  # a letter in full names whom it goes to
NameReader = Annotated[Person, by_role(*NAME_READERS)]
Signer = Annotated[Person, by_role(Role.SIGNER)]


async def check_secret(secret: str, request: Request) -> None:
    """Raises ProblemError for a request that does not show the secret as bearer; for all of them if none is set."""
    if not secret:
        detail = "NOTIFIER_RECEIPTS_SECRET is not set"
        raise ProblemError(Problem("no-secret-set", "Chưa nhận báo phát: thiếu cấu hình / not set up", 503, detail))
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), secret.encode()):
        detail = "send Authorization: Bearer with the value of NOTIFIER_RECEIPTS_SECRET"
        problem = Problem("no-key", "Cần khóa của tổng đài / the gateway's secret is needed", 401, detail)
        raise ProblemError(problem, {"WWW-Authenticate": "Bearer"})
