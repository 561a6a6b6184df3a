"""The gateways' receipts, on the public door: ours as JSON with a bearer, Kannel's as an address that is signed per message."""

import hmac
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, Field

from runtime.web import Problem, ProblemError, by_key, problem_answers
from services.notifier.domain.receipts import Receipt as Said
from services.notifier.gateways.kannel import RECEIPTS
from services.notifier.gateways.opening import KANNEL_RECEIPTS, signature
from services.notifier.http.desk import LetterDesk


class Known(BaseModel):
    """How many dossiers the receipts concern."""

    known: int


class Receipt(BaseModel):
    """What became of one message at the operator."""

    client_id: str = Field(max_length=64)
    status: Said


def add_receipts(app: FastAPI, desk: LetterDesk, secret: str) -> None:
    """The routes. `secret`: what the gateway shows; "": none was set."""

    @app.post(
        "/v1/receipts",
        status_code=202,
        summary="Báo phát của tổng đài",
        response_model=Known,
        dependencies=[by_key("the gateway's secret (NOTIFIER_RECEIPTS_SECRET)", partial(check_bearer, secret))],
        responses=problem_answers(401, 422, 503),
    )
    async def receipts(body: Annotated[list[Receipt], Field(max_length=1000)]) -> Known:
        """Of several about one message a delivery counts, else the last."""
        told: dict[str, Said] = {}
        for receipt in body:
            if told.get(receipt.client_id) != "delivered":
                told[receipt.client_id] = receipt.status
        return Known(known=await desk.receipts(told))

    @app.get(
        KANNEL_RECEIPTS,
        summary="Báo phát của Kannel (dlr-url)",
        response_model=Known,
        dependencies=[by_key("a signature per message (by NOTIFIER_RECEIPTS_SECRET)", partial(check_signature, secret))],
        responses=problem_answers(401, 422, 503),
    )
    async def of_kannel(
        client_id: Annotated[str, Query(alias="id", max_length=64)],
        sign: Annotated[str, Query(max_length=64)],
        status: Annotated[int, Query(ge=0, le=255)],
    ) -> Known:
        """What says nothing final is answered as well, or Kannel would say it again."""
        said = RECEIPTS.get(status)
        return Known(known=0 if said is None else await desk.receipts({client_id: said}))


def _needs(secret: str) -> None:
    if not secret:
        detail = "NOTIFIER_RECEIPTS_SECRET is not set"
        raise ProblemError(Problem("no-secret-set", "Chưa nhận báo phát: thiếu cấu hình / not set up", 503, detail))


async def check_bearer(secret: str, request: Request) -> None:
    """Raises ProblemError for a request that does not show the secret as bearer; for all of them if none is set."""
    _needs(secret)
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), secret.encode()):
        detail = "send Authorization: Bearer with the value of NOTIFIER_RECEIPTS_SECRET"
        problem = Problem("no-key", "Cần khóa của tổng đài / the gateway's secret is needed", 401, detail)
        raise ProblemError(problem, {"WWW-Authenticate": "Bearer"})


async def check_signature(secret: str, request: Request, signed_for: str = "") -> None:
    """Raises ProblemError for an address that this service did not make; for all of them if no secret is set. `signed_for`: ""
    for the client id that stands in it."""
    _needs(secret)
    shown, wanted = request.query_params.get("sign", ""), signed_for or request.query_params.get("id", "")
    if not hmac.compare_digest(shown.encode(), signature(secret, wanted).encode()):
        raise ProblemError(Problem("no-key", "Địa chỉ này không do hệ thống cấp / not one of our addresses", 401))
