"""GET /v1/changes: deadlines and notices of a sender's own units, for systems without Kafka."""

import base64
import json
from collections.abc import Iterable
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import Field, TypeAdapter, ValidationError

from contracts import EVENT_TYPES, decode
from contracts.codes import is_petition_id
from runtime.log import Record
from runtime.log.reader import Places
from runtime.web import Problem, ProblemError, problem_answers
from services.intake.domain import Sender
from services.intake.followed import TOPICS
from services.intake.http.answers import ChangedDossier, Changes
from services.intake.http.entrance import Entrance
from services.intake.http.gatekeeper import SENDING, Key
from services.intake.store import find_dossiers

_Offset = Annotated[int, Field(strict=True, ge=0, lt=2**63)]  # as Kafka counts
_PLACES = TypeAdapter(dict[str, Annotated[list[_Offset], Field(max_length=10_000)]])


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add it."""

    @app.get(
        "/v1/changes",
        summary="Ngày hẹn và thông báo của các đơn vị mình, cho hệ thống không đọc Kafka",
        response_model=Changes,
        dependencies=[SENDING],
        responses=problem_answers(400, 401, 403, 422, 503),
    )
    async def changes(
        key: Key,
        after: Annotated[
            str, Query(max_length=4000, description="Con trỏ của lần trước; latest: từ bây giờ; trống: từ đầu")
        ] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> Changes:
        sender = await entrance.admit(key)
        page = await entrance.log.read(None if after == "latest" else _places(after), limit)
        items = await _own(page.records, sender, entrance)
        return Changes(items=items, cursor=_cursor(page.places), more=page.more)


async def _own(records: Iterable[Record], sender: Sender, entrance: Entrance) -> list[ChangedDossier]:
    """The events of dossiers that the sender may speak of."""
    events = [event for record in records if (event := changed_dossier(record)) is not None]
    codes = list(dict.fromkeys(event.dossier for event in events))
    known = await find_dossiers(entrance.parts.store, codes) if codes else {}
    mine = {code for code in codes if sender.may_speak_of(known[code].units if code in known else set(), code)}
    return [event for event in events if event.dossier in mine]


def changed_dossier(record: Record) -> ChangedDossier | None:
    """A record as senders see it; None for one that is no event, which costs its readers nothing, and for a letter that answers
    a petition: who wrote it is nobody's sender of dossiers to know."""
    try:
        if is_petition_id(decode(record.value, EVENT_TYPES).subject):
            return None
    except ValidationError:
        return None
    event = json.loads(record.value or b"")
    return ChangedDossier.model_validate({**event, "topic": record.topic, "dossier": event["subject"]})


def _cursor(places: Places) -> str:
    return base64.urlsafe_b64encode(json.dumps(places, separators=(",", ":")).encode()).decode().rstrip("=")


def _places(cursor: str) -> Places:
    if not cursor:
        return {}
    try:
        places = _PLACES.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):  # also what pydantic and base64 raise
        raise ProblemError(Problem("bad-cursor", "Con trỏ không đúng / not a cursor of ours", 400)) from None
    return {topic: offsets for topic, offsets in places.items() if topic in TOPICS}
