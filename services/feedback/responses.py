"""Answers to the survey: the one mark of a dossier or of a printed sheet, which the store lets in once, and the answer beside
it that nothing joins to it.

A mark holds its answer, and what was written beside it, until each lies in a document of its own, and then no more than a
digest by which the same page, sent again, is thanked. Every step may be repeated; what died in between the job finishes.
Answers that come at the same time take each step together (docs/decisions/0037-anonymous-ratings.md, 0023-group-commit.md).
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from operator import itemgetter
from typing import Any, NamedTuple

from contracts.facts import epoch_ms
from reference import OFFICE_TIME
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.store import Document, Documents, Index
from services.feedback import notes, sheets
from services.feedback.domain import CannotAnswerError, Dossier, FormError
from services.feedback.domain.responses import Note, Response, due, say
from services.feedback.domain.sheets import Asked, Sheet, asked_by
from services.feedback.handlers import Context
from services.feedback.vault import Vault
from services.feedback.waiting import CELL, DAY, PAGE, due_cells, pages_of
from services.gathering import Gathering
from services.stored import Codec

MARKS, RESPONSES = "marks", "responses"
WRITTEN, LONGEST_NOTE = "y-kien-khac", 1000  # a field that no question is called by; characters
MOVING = "moving"
SHORTEST, LONGEST = 16, 100  # characters of the number that a page is given


async def declare(store: Documents) -> None:
    """Make the collections."""
    await store.declare(MARKS, [Index(MOVING)])
    await store.declare(RESPONSES, [Index(DAY), Index(CELL)])
    await notes.declare(store)


def load(document: Document) -> Response:
    """The answer of a document."""
    return Response(
        document["_id"],
        document["unit"],
        document["procedure"],
        document["form"],
        document["month"],
        document["scores"],
        document.get(DAY),
    )


def dump(response: Response) -> Mapping[str, Any]:
    """An answer as its document keeps it."""
    plain = {name: getattr(response, name) for name in ("unit", "procedure", "form", "month", DAY)}
    return {**plain, "scores": dict(response.scores), CELL: None if response.day is None else response.cell}


RESPONSE = Codec.whole(load, dump, ("unit", "procedure", "form", "month", "scores", DAY, CELL))


class TooLongError(ValueError):
    """More was written than anybody keeps."""


class Given(NamedTuple):
    """What somebody sent. `key`: by which the same page, sent again, is known."""

    asking: Dossier | Sheet
    answers: Mapping[str, str]
    key: str

    @property
    def mark(self) -> str:
        """The id of the mark, which is one for all that is sent by one link or sheet."""
        return self.asking.token or ""


Taken = str | None | Exception  # the form that was answered; None: it was taken before; why it is not taken


class ResponseRoom:
    """Takes answers in, and says them when enough are there."""

    def __init__(self, parts: Parts, intents: Intents, context: Context, vault: Vault) -> None:
        """`intents`: of the answers. `vault`: what is written is locked with."""
        self.parts, self.intents, self.context, self.vault = parts, intents, context, vault
        self._gathering: Gathering[Given, Taken] = Gathering(self._take_all, lambda given: given.mark)
        self._said_on: date | None = None  # the day on which all that was due was said

    def asked(self, asking: Dossier | Sheet) -> Asked:
        """What an invitation or a printed sheet asks now. Raises CannotAnswerError."""
        return asked_by(asking, self.context.ground(), self.context.settings.sheets_for)

    async def is_answered(self, asking: Dossier | Sheet) -> bool:
        """Whether the mark is there."""
        name = asking.token or ""
        return name in await self.parts.store.get_many(MARKS, [name])

    async def take(self, asking: Dossier | Sheet, given: Mapping[str, str]) -> str | None:
        """One person's answers, and the form they are to; None where the same page was taken before: the thanks for it were
        lost on the way. Raises CannotAnswerError, FormError naming questions without answer, TooLongError, Unavailable."""
        key = _key(given) or self.parts.machine.new_id()  # who sends no number of a page is not known again
        taken = await self._gathering.ask(Given(asking, given, key))
        if isinstance(taken, Exception):
            raise taken
        return taken

    async def drain(self) -> None:
        """Take nothing more, and wait until what was taken is saved."""
        await self._gathering.drain()

    async def _take_all(self, given: Sequence[Given]) -> list[Taken]:
        """What becomes of each of these, as if they had come one after the other; each write is one of all."""
        marks = await self.parts.store.get_many(MARKS, {one.mark for one in given})
        taken: list[Taken] = [None] * len(given)
        new = dict[str, Document]()
        for number, one in enumerate(given):
            if one.mark not in marks and one.mark not in new:
                try:
                    taken[number], new[one.mark] = self._marked(one)
                except (CannotAnswerError, FormError, TooLongError) as error:
                    taken[number] = error
        lost = await self.parts.store.save_many(MARKS, [*new.values()]) if new else set[str]()
        marks |= {name: {**mark, "rev": 1} for name, mark in new.items() if name not in lost}
        if lost:  # to another instance; or to an earlier try of this one, and then the key tells
            marks |= await self.parts.store.get_many(MARKS, lost)
        moving = dict[str, Document]()
        for number, one in enumerate(given):
            mark = marks.get(one.mark)
            if isinstance(taken[number], Exception):
                continue
            if mark is None or not hmac.compare_digest(mark["key"], one.key):
                taken[number] = CannotAnswerError()
                continue
            moving[one.mark] = mark
            if one.mark in lost:
                taken[number] = None
        await self._move([*moving.values()])
        return taken

    def _marked(self, given: Given) -> tuple[str, Document]:
        """The form of an answer, and the mark that holds it. Raises CannotAnswerError, FormError, TooLongError."""
        response = self._response(self.asked(given.asking), given.answers)
        moves = [[RESPONSES, {"_id": response.id, **dump(response)}], *self._note(response, given.answers)]
        return response.form, {"_id": given.mark, "rev": 0, "key": given.key, MOVING: 1, "moves": moves}

    def _response(self, asked: Asked, given: Mapping[str, str]) -> Response:
        today, form = self._today(), asked.form
        name = f"PH-{self.parts.machine.new_id()}"
        place = (asked.unit, asked.procedure, form.id, f"{today:%Y-%m}")
        return Response(name, *place, form.scores(given), today.isoformat())

    def _note(self, response: Response, given: Mapping[str, str]) -> list[list[Any]]:
        """What was written, as a document that has nothing of the answer but its unit and month. Raises TooLongError."""
        text = given.get(WRITTEN, "").strip()
        if len(text) > LONGEST_NOTE:
            raise TooLongError
        if not text:
            return []
        note = Note(self.parts.machine.new_id(), response.unit, response.month, self.vault.lock(text), response.day)
        return [[notes.NOTES, {"_id": note.id, **notes.dump(note)}]]

    def _today(self) -> date:
        return self.context.clock.now().astimezone(OFFICE_TIME).date()

    async def work(self) -> None:
        """The job: finish what died on its way, and once a day say what is due."""
        started = self.context.clock.now()
        while moving := await self.parts.store.find(MARKS, {MOVING: 1}, limit=PAGE):
            await self._move(moving)
        today = self._today()
        if self._said_on != today:
            await self._say_due(today)
            await notes.show_due(self.parts.store, today)
            self._said_on = today
        self.parts.telemetry.set("responses_looked_at_seconds", started.timestamp())

    async def _move(self, marks: Sequence[Document]) -> None:
        """Give the answers of some marks their own documents, then leave nothing of them on the marks.

        In the order of their random ids, not in that of the marks: how documents lie in a store joins nothing either.
        """
        moving = [mark for mark in marks if MOVING in mark]
        moves = [move for mark in moving for move in mark["moves"]]
        for collection in sorted({name for name, _ in moves}):
            documents = [{**document, "rev": 0} for name, document in moves if name == collection]
            await self.parts.store.save_many(collection, sorted(documents, key=itemgetter("_id")))  # what is there is there
        left = [{name: value for name, value in mark.items() if name not in (MOVING, "moves")} for mark in moving]
        if left:
            await self.parts.store.save_many(MARKS, left)  # one that is lost here another has left so

    async def forget_old(self) -> None:
        """The job: delete notes that nobody needs any more, and sheets that nobody may answer."""
        settings = self.context.settings
        await notes.forget(self.parts.store, self._today(), settings.note_days)
        await sheets.forget(self.parts.store, epoch_ms(self.context.clock.now() - settings.sheets_for))

    async def _say_due(self, today: date) -> None:
        for cell in await due_cells(self.parts.store, RESPONSES, today):
            await self._say(cell, today)

    async def _say(self, cell: str, today: date) -> None:
        waiting = [one async for page in pages_of(self.parts.store, RESPONSES, cell) for one in RESPONSE.read_all(page)]
        names, moment = due(waiting, today), datetime.combine(today, time(), OFFICE_TIME)
        for start in range(0, len(names), PAGE):
            await self.intents.apply(names[start : start + PAGE], lambda document: RESPONSE.decide(document, say, moment))


def _key(given: Mapping[str, str]) -> str:
    """What a mark keeps of a page that was sent: nobody who does not have the page's number can try answers against it. ""
    without such a number."""
    once = given.get("once", "")
    if not SHORTEST <= len(once) <= LONGEST:
        return ""
    answers = json.dumps(sorted((name, value) for name, value in given.items() if name != "once"))
    return hmac.digest(once.encode(), answers.encode(), "sha256").hex()
