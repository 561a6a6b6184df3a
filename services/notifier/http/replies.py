"""What people answer to a message, on the public door: that they want no more of those that nobody has to send (R29). A gateway
shows its secret as bearer; a Kannel posts to an address that is signed. Nothing of who wrote what is kept but that wish."""

import re
import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Header, Query, Request
from pydantic import BaseModel, Field

from runtime.web import by_key, problem_answers, whole_body
from services.notifier.gateways.opening import KANNEL_REPLIES, REPLIES
from services.notifier.http.receipts import check_bearer, check_signature
from services.notifier.http.wishes import WishDesk

MOST_BYTES = 4096  # of one message
# What operators and law (Nghị định 91/2020) have people write to refuse messages, and what takes it back.
STOP = frozenset(("TC", "TU CHOI", "STOP", "DUNG", "HUY", "KHONG NHAN"))
RESUME = frozenset(("DK", "DANG KY", "NHAN LAI", "START"))
SEND_SENDER = "Số điện thoại của người gửi; Kannel chỉ gửi kèm khi `send-sender = true`."
_BEHIND = re.compile(r" (?:QC|TIN|TIN NHAN|DUNGHEN|DUNG HEN)$")


class Reply(BaseModel):
    """One message that somebody sent."""

    sender: str = Field(alias="from", max_length=40, description="Số điện thoại của người gửi.")
    text: str = Field(max_length=1000, description="Nội dung tin nhắn.")


class Heard(BaseModel):
    """How many of the messages were wishes of somebody."""

    wishes: int


def wish_in(text: str) -> bool | None:
    """Whether a message asks to stop (True) or to go on (False). None: it is neither, or says more than that."""
    plain = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    words = " ".join(re.findall(r"[A-Z0-9]+", "".join(sign for sign in plain if not unicodedata.combining(sign))))
    said = _BEHIND.sub("", words)
    return True if said in STOP else False if said in RESUME else None


def add_replies(app: FastAPI, desk: WishDesk, secret: str) -> None:
    """The routes. `secret`: what the gateway shows; "": none was set."""

    async def heard(replies: Sequence[tuple[str, str]]) -> Heard:
        wishes = [(sender, wish) for sender, text in replies if (wish := wish_in(text)) is not None]
        kept = [await desk.by_reply(sender, stop=stop) for sender, stop in wishes]
        return Heard(wishes=sum(kept))

    @app.post(
        "/v1/replies",
        status_code=202,
        summary="Tin nhắn người dân gửi lại, qua tổng đài",
        response_model=Heard,
        dependencies=[by_key("the gateway's secret (NOTIFIER_RECEIPTS_SECRET)", partial(check_bearer, secret))],
        responses=problem_answers(401, 422, 503),
    )
    async def replies(body: Annotated[list[Reply], Field(max_length=1000)]) -> Heard:
        return await heard([(one.sender, one.text) for one in body])

    @app.post(
        KANNEL_REPLIES,
        summary="Tin nhắn người dân gửi lại, qua Kannel (post-url)",
        response_model=Heard,
        dependencies=[
            by_key("a signed address (by NOTIFIER_RECEIPTS_SECRET)", partial(check_signature, secret, signed_for=REPLIES))
        ],
        openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
        responses=problem_answers(401, 413, 422, 503),
    )
    async def kannel_replies(
        request: Request,
        sign: Annotated[str, Query(max_length=64)],
        sender: Annotated[str, Header(alias="x-kannel-from", min_length=1, max_length=40, description=SEND_SENDER)],
    ) -> Heard:
        """The number comes in a header and the text as body, so that neither stands in an address that servers log."""
        return await heard([(sender, _text(await whole_body(request, MOST_BYTES), request))])


def _text(body: bytes, request: Request) -> str:
    """What Kannel posts: UTF-8, or UTF-16 where its message was in UCS-2; what is broken holds no wish."""
    wide = "utf-16" in request.headers.get("content-type", "").lower()
    return body.decode("utf-16-be" if wide else "utf-8", "replace")
