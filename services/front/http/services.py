"""What the services say to operators, and asking them: how each stands, its dead letters, and what is to be done with them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from services.front.domain import Session
from services.front.domain.operations import DEEDS, about_words, kind_words
from services.front.http.room import Room

LOOK_SECONDS = 5.0  # a page does not wait longer for a service
DO_SECONDS = 12.0  # a service answers after eight


class Kind(BaseModel):
    """Dead letters of one topic with one kind of reason."""

    topic: str
    kind: str
    count: int
    first_at: datetime | None

    @property
    def words(self) -> str:
        """The kind, on a page."""
        return kind_words(self.kind)


class Done(BaseModel):
    """What an operator did."""

    at: datetime
    what: str
    about: str
    why: str
    name: str
    done: int
    failed: int

    @property
    def about_words(self) -> str:
        """On a page."""
        return about_words(self.about)

    @property
    def what_words(self) -> str:
        """On a page."""
        return DEEDS.get(self.what, self.what)


class Standing(BaseModel):
    """How a service stands; see runtime/web/operations.py."""

    service: str
    at: datetime
    ready: bool
    reason: str
    follows: bool
    lag: int | None
    brake: str
    letters: int | None
    kinds: list[Kind]
    numbers: dict[str, int | None]
    lately: list[Done]


class Letter(BaseModel):
    """A dead letter, without its record."""

    place: str
    topic: str
    key: str
    reason: str
    first_at: datetime | None
    too_large: bool

    @property
    def words(self) -> str:
        """Its reason, on a page."""
        return kind_words(self.reason)


class Letters(BaseModel):
    """The first of those that wait, and how many there are."""

    total: int
    letters: list[Letter]


class Failed(BaseModel):
    """A letter that still cannot be handled."""

    place: str
    why: str


class Lifted(BaseModel):
    """What became of letters."""

    done: int
    failed: list[Failed]
    left: int
    gone: int
    stopped: str


class Released(BaseModel):
    """The reason of a brake that was released; empty: there was none."""

    reason: str


class _Refusal(BaseModel):
    title: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """A service that does not answer, or does not do what it is asked. `why`: as it says, or how it failed; `status`: 0 where
    it is not known whether it was done."""

    why: str
    status: int = 0


Answer = TypeVar("Answer", bound=BaseModel)


async def look(room: Room, session: Session, service: str, path: str, model: type[Answer], **query: str) -> Answer | Away:
    """What a service says in somebody's name."""
    return await _asked(room, session, service, httpx.Request("GET", _url(room, service, path), params=query), model)


async def do(
    room: Room, session: Session, service: str, path: str, model: type[Answer], wanted: Mapping[str, str | Sequence[str]]
) -> Answer | Away:
    """Have a service do something in somebody's name."""
    request = httpx.Request("POST", _url(room, service, path), json=wanted)
    return await _asked(room, session, service, request, model, DO_SECONDS)


def _url(room: Room, service: str, path: str) -> httpx.URL:
    return room.services[service].base_url.join(path)


async def _asked(
    room: Room, session: Session, service: str, request: httpx.Request, model: type[Answer], seconds: float = LOOK_SECONDS
) -> Answer | Away:
    request.headers.update(room.headers(session))
    try:
        async with asyncio.timeout(seconds):
            got = await room.services[service].send(request)
        if got.is_success:
            return model.model_validate_json(got.content)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValidationError) as error:
        room.parts.telemetry.count("services_away", to=service)
        room.parts.log.warning("a service does not answer", to=service, reason=type(error).__name__)
        return Away("không trả lời" if not isinstance(error, ValidationError) else "trả lời không đúng dạng")
    return Away(_why(got), got.status_code)


def _why(got: httpx.Response) -> str:
    try:
        said = _Refusal.model_validate_json(got.content)
    except ValidationError:
        said = _Refusal()
    return said.detail or said.title.partition(" / ")[0] or f"trả lời {got.status_code}"
