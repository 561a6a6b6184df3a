"""A gateway that takes JSON over HTTP, by a form that the province sets: most brand name services of operators are one."""

import json
from collections.abc import Mapping

import httpx

from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.gateways.calling import Caller, Reply
from services.notifier.gateways.plans import DEFAULT_FORM, Form

TEN_SECONDS, TEN_AT_ONCE = 10.0, 10


class HttpGateway:
    """Posts the form; without a form of its own {client_id, to, brand, text}, where the status alone is the answer."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        user: str = "",
        form: Form = DEFAULT_FORM,
        limits: tuple[float, int] = (TEN_SECONDS, TEN_AT_ONCE),
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """`limits`: seconds for each step of a call, and calls at once."""
        self._user, self._token, self._form = user, token, form
        self._caller = Caller(url, *limits, client)

    async def send(self, message: Sms) -> Answer:
        """See the port."""
        values = {
            "client_id": message.client_id,
            "to": message.to,
            "to84": message.to.removeprefix("+"),
            "to0": f"0{message.to.removeprefix('+84')}",
            "brand": message.brand,
            "text": message.text,
            "user": self._user,
            "token": self._token,
        }
        body = {name: _filled(value, values) for name, value in self._form.body.items()}
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self._token and not self._form.headers:
            headers["authorization"] = f"Bearer {self._token}"
        headers |= {name: str(_filled(value, values)) for name, value in self._form.headers.items()}
        reply = await self._caller.post(json.dumps(body, ensure_ascii=False).encode(), headers)
        return reply if isinstance(reply, Answer) else self._read(reply)

    def _read(self, reply: Reply) -> Answer:
        """By the gateway's own code where it says one, else by the status."""
        code = _code(reply.text, self._form.code) if self._form.code else None
        if code is not None:
            return reply.believed(Answer(self._of_code(code), f"code {code[:20]}", reply.pause))
        answer = reply.by_status()
        if self._form.code and answer.outcome == "taken":
            return Answer("uncertain", f"{reply.status} without a code")
        return answer

    def _of_code(self, code: str) -> Outcome:
        listed: tuple[tuple[tuple[str, ...], Outcome], ...] = (
            (self._form.taken, "taken"),
            (self._form.refused, "refused"),
            (self._form.busy, "busy"),
            (self._form.broken, "broken"),
        )
        return next((outcome for codes, outcome in listed if code in codes), "odd")

    async def close(self) -> None:
        """See the port."""
        await self._caller.close()


def _filled(value: str | int | bool, values: Mapping[str, str]) -> str | int | bool:
    """A value of the form with its names filled in, once: what was filled in is not looked at again."""
    if not isinstance(value, str):
        return value
    pieces = value.split("{")
    filled = pieces[0]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        filled += values[name] + rest if closed and name in values else "{" + piece
    return filled


def _code(text: str | None, path: str) -> str | None:
    """The code in an answer; None if there is none. Numbers as they are written."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):  # the second: a body of brackets alone
        return None
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None
