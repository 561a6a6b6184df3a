"""What a page of the front asks the services, in the name of whose page it is."""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from services.front.domain import Session
from services.front.http.room import Room
from services.front.http.said import PARTS

STORY_SECONDS = 3.0  # a page does not wait longer for a part


@dataclass(frozen=True, slots=True)
class Silent:
    """A service that did not answer."""

    part: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A service that knows nothing of what it was asked, or does not say it to this person."""


Answer = TypeVar("Answer", bound=BaseModel)


async def ask(
    room: Room, session: Session, service: str, path: str, model: type[Answer], seconds: float = STORY_SECONDS
) -> Answer | Silent | Nothing:
    """What a service answers in somebody's name, within some seconds."""
    try:
        async with asyncio.timeout(seconds):
            got = await room.services[service].get(path, headers=room.headers(session))
        if got.status_code in (403, 404):
            return Nothing()
        return model.model_validate_json(got.raise_for_status().content)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValidationError) as error:
        room.parts.telemetry.count("services_away", to=service)
        room.parts.log.warning("a service does not answer", to=service, reason=type(error).__name__)
        return Silent(PARTS[service])
