"""Asks a running service over HTTP, and says clearly what it answered instead."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn, TypeVar

import httpx
import typer
from pydantic import ValidationError

from dunghen.answers import Answer, Refusal
from dunghen.commands.common import err, out, stop

AnswerT = TypeVar("AnswerT", bound=Answer)
PATIENCE = 60.0  # seconds
NONE: Mapping[str, str] = {}


class RefusedError(Exception):
    """A service refused, or answered what is none of its answers."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        try:
            self.refusal = Refusal.model_validate_json(response.content)
        except ValidationError:
            self.refusal = Refusal(title=f"HTTP {response.status_code}")
        places = "; ".join(f"{place.pointer}: {place.detail}" for place in self.refusal.errors)
        super().__init__(" ".join(part for part in (self.refusal.title, self.refusal.detail, places) if part))


def call(url: str, path: str, *, key: str = "", params: Mapping[str, str] = NONE, body: object = None) -> httpx.Response:
    """Ask, or say with a body. Raises httpx.TransportError, RefusedError."""
    method = "GET" if body is None else "POST"
    headers = {"authorization": f"Bearer {key}"} if key else {}
    response = httpx.request(method, f"{url}{path}", headers=headers, params=dict(params), json=body, timeout=PATIENCE)
    if response.is_error:
        raise RefusedError(response)
    return response


def ask(
    kind: type[AnswerT],
    service: str,
    url: str,
    path: str,
    *,
    key: str = "",
    params: Mapping[str, str] = NONE,
    body: object = None,
) -> AnswerT:
    """The answer of a service; ends the command without one."""
    try:
        return kind.model_validate_json(call(url, path, key=key, params=params, body=body).content)
    except httpx.TransportError as error:
        away(service, url, error)
    except RefusedError as error:
        stop(str(error))
    except ValidationError:
        stop(f"{service} tại {url} trả lời điều không hiểu được: có đúng địa chỉ không?", 3)


class Saying(NamedTuple):
    """One thing of several to be said to a service. `of`: what a refusal is said of."""

    of: str
    path: str
    body: object
    params: Mapping[str, str] = NONE


def say_each(service: str, url: str, key: str, sayings: Sequence[Saying], called: str) -> None:
    """Say each; one that is refused stops no other. `called`: what they are, for the count at the end. Ends the command with 1
    if any was refused."""
    done = 0
    for one in sayings:
        try:
            call(url, one.path, key=key, params=one.params, body=one.body)
        except httpx.TransportError as error:
            away(service, url, error)
        except RefusedError as error:
            err.print(f"{one.of}: {error}", markup=False)
        else:
            done += 1
    out.print(f"{done}/{len(sayings)} {called}", markup=False)
    if done < len(sayings):
        raise typer.Exit(1)


def away(service: str, url: str, error: httpx.TransportError) -> NoReturn:
    """End the command: the service does not answer."""
    stop(f"{service} tại {url} không trả lời ({type(error).__name__})", 3)
