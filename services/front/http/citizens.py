"""/ho-so: a citizen's own dossier, by mã hồ sơ and the look-up code of its receipt, typed or in the link that a QR code is
(decision 26). Nobody is logged in here, and nothing of a person is shown."""

import math
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from contracts.codes import check_dossier_code
from contracts.lookup import typed
from services.front.domain.citizens import UNNAMED, Stage, headline, next_step
from services.front.http.access import EVERYBODY
from services.front.http.asking import Nothing, Question, Silent, ask_openly
from services.front.http.pages import page
from services.front.http.room import Room, source, visit_of
from services.front.http.said import away, say
from services.front.tries import LATER_SECONDS, TooOften

HEADER = "x-lookup-code"  # of a question to sla: a code stands in no address there
LONGEST = 64  # characters of a mã hồ sơ
MOST_FIELDS = 10
# Address of this page's own link: what a page says of where it came from must not hold it.
UNTOLD = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}


class Why(BaseModel):
    """A step of how a date came about."""

    text: str
    source: str = ""


class Shown(BaseModel):
    """What sla says of a dossier to its citizen."""

    dossier: str
    unit: str
    unit_name: str
    hotline: str
    procedure_name: str
    stage: Stage
    submitted_at: datetime | None = None
    received_at: datetime | None
    due_at: datetime | None
    urgency: str | None
    waits_for: str
    waits_since: datetime | None
    asked_for: str
    outcome: str | None
    end_state: int | None
    ended_at: datetime | None
    step: str
    why: list[Why]

    @property
    def late(self) -> bool:
        """Whether the promised date has passed, or had when it ended."""
        return self.urgency == "late" or self.outcome == "late"

    @property
    def step_words(self) -> str:
        """The step it is in, if it has a name and goes on."""
        return "" if self.stage == "ended" or self.step == UNNAMED else self.step

    @property
    def headline(self) -> str:
        """Where it stands."""
        return headline(self.stage, self.end_state, late=self.late)

    @property
    def next_step(self) -> str:
        """What comes next."""
        due: Literal["late", "known", ""] = "late" if self.urgency == "late" else "known" if self.due_at else ""
        return next_step(self.stage, self.end_state, self.waits_for, self.asked_for, due)


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/ho-so", dependencies=[EVERYBODY])
    async def form() -> Response:
        return _form("", "")

    @app.post("/ho-so", dependencies=[EVERYBODY])
    async def by_form(request: Request) -> Response:
        given = _fields(visit_of(request).body)
        return await _look_up(room, request, given.get("ma-ho-so", ""), given.get("ma-tra-cuu", ""))

    @app.get("/ho-so/{dossier}/{code}", dependencies=[EVERYBODY])
    async def by_link(request: Request, dossier: str, code: str) -> Response:
        return await _look_up(room, request, dossier, code)


async def _look_up(room: Room, request: Request, dossier: str, code: str) -> Response:
    """The dossier, if the code is its own. Whatever else is wrong is answered alike."""
    wanted, secret = _dossier(dossier), typed(code)
    begun = room.tries.begin(source(room, request), wanted)
    if isinstance(begun, TooOften):
        room.parts.telemetry.count("lookups", result="slowed")
        return _slowed(begun, dossier)
    if begun.later:
        await room.parts.machine.sleep(LATER_SECONDS)
    if wanted is None or secret is None:
        room.parts.telemetry.count("lookups", result="wrong")
        return _form(dossier, "wrong", 404)
    found = await ask_openly(room, "sla", Question(f"/v1/lookup/{quote(wanted)}", {HEADER: secret}), Shown)
    if isinstance(found, Nothing):
        room.parts.telemetry.count("lookups", result="wrong")
        return _form(dossier, "wrong", 404)
    room.tries.forgive(begun)
    if isinstance(found, Silent):
        room.parts.telemetry.count("lookups", result="away")
        return _untold(say(away("sla")))
    room.parts.telemetry.count("lookups", result="shown")
    return _untold(page("citizen.html", None, {"found": found}))


def _form(dossier: str, problem: str, status: int = 200) -> Response:
    """The form; after a try with what was typed of the mã hồ sơ, and never with the code."""
    return page("lookup.html", None, {"dossier": dossier[:LONGEST], "problem": problem, "wait": 0}, status)


def _slowed(refused: TooOften, dossier: str) -> Response:
    wait = math.ceil(refused.seconds)
    answer = page("lookup.html", None, {"dossier": dossier[:LONGEST], "problem": "slowed", "wait": wait}, 429)
    answer.headers["retry-after"] = str(wait)
    return answer


def _untold(answer: Response) -> Response:
    answer.headers.update(UNTOLD)
    return answer


def _dossier(text: str) -> str | None:
    try:
        return check_dossier_code(text.strip().upper()) if len(text) <= LONGEST else None
    except ValueError:
        return None


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form; none of what is no form."""
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in given.items()}
