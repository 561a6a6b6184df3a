"""What a page of the front asks the services: in the name of whose page it is, or in nobody's."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, for how long; and with which statuses a service says that there is nothing for who asks."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = STORY_SECONDS
    unknown: tuple[int, ...] = (401, 404)


Answer = TypeVar("Answer", bound=BaseModel)


async def ask(
    room: Room, session: Session, service: str, path: str, model: type[Answer], seconds: float = STORY_SECONDS
) -> Answer | Silent | Nothing:
    """What a service answers in somebody's name, within some seconds."""
    return await ask_openly(room, service, Question(path, room.headers(session), seconds, unknown=(403, 404)), model)


async def ask_openly(room: Room, service: str, question: Question, model: type[Answer]) -> Answer | Silent | Nothing:
    """What it answers anybody, or whoever shows what is in the question's headers."""
    try:
        async with asyncio.timeout(question.seconds):
            got = await room.services[service].get(question.path, headers=question.headers)
        if got.status_code in question.unknown:
            return Nothing()
        return model.model_validate_json(got.raise_for_status().content)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValidationError) as error:
        room.parts.telemetry.count("services_away", to=service)
        room.parts.log.warning("a service does not answer", to=service, reason=type(error).__name__)
        return Silent(PARTS[service])
