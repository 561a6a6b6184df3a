"""Kannel's smsbox over HTTP: user, password and number go in headers and the text in the body, so that none is in an address
that servers write into their logs. Receipts come back to an address that is signed for this message alone."""

import re
from collections.abc import Callable, Mapping

from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.domain.receipts import Receipt
from services.notifier.gateways.calling import Caller, Reply

# 202 and `0: Accepted for delivery` or `3: Queued for later delivery`; what Kannel says with other numbers was not taken.
_SAID = re.compile(r"\s*(\d{1,2})\s*:")
CODES: Mapping[str, Outcome] = {"0": "taken", "3": "taken"}
# 400 with a sentence: about the number, or about something that we should not have sent.
ABOUT_THE_NUMBER = ("number", "denied")
# What `%d` of a receipt says. 4 (buffered) and 8 (the centre has it) say nothing final.
RECEIPTS: Mapping[int, Receipt | None] = {1: "delivered", 2: "undelivered", 16: "rejected", 34: "expired", 4: None, 8: None}
ALL_RECEIPTS = "31"


class KannelGateway:
    """Asks smsbox. `receipt_url`: where the receipt of a client id goes; None: none is asked for."""

    def __init__(self, user: str, password: str, caller: Caller, receipt_url: Callable[[str], str] | None = None) -> None:
        self._user, self._password, self._caller, self._receipt_url = user, password, caller, receipt_url

    async def send(self, message: Sms) -> Answer:
        """See the port."""
        headers = {
            "content-type": "text/plain; charset=UTF-8",
            "x-kannel-username": self._user,
            "x-kannel-password": self._password,
            "x-kannel-from": message.brand,
            "x-kannel-to": message.to,
            "x-kannel-coding": "0" if message.text.isascii() else "2",
        }
        if self._receipt_url is not None:
            headers |= {"x-kannel-dlr-mask": ALL_RECEIPTS, "x-kannel-dlr-url": self._receipt_url(message.client_id)}
        reply = await self._caller.post(message.text.encode(), headers)
        return reply if isinstance(reply, Answer) else _read(reply)

    async def close(self) -> None:
        """See the port."""
        await self._caller.close()


def _read(reply: Reply) -> Answer:
    answer = reply.by_status_alone()
    if answer.outcome == "taken" and reply.text is not None:
        said = _SAID.match(reply.text)
        return Answer(CODES.get(said.group(1), "odd"), f"kannel {said.group(1)}") if said else Answer("uncertain", "kannel ?")
    if reply.status == 400:
        about = any(word in (reply.text or "").lower() for word in ABOUT_THE_NUMBER)
        return Answer("refused" if about else "odd", "400")
    return answer
