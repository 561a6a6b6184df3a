"""What operators ask of every service over HTTP: how it stands, its dead letters (no record), its brake."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from runtime.deadletters import Letter
from runtime.errors import Unavailable
from runtime.operations import MOST, Act, Operations, Wanted, What, by_kind, topic_of
from runtime.settings import version_of
from runtime.web.access import by_role, for_all_units
from runtime.web.identity import Person, Role
from runtime.web.problems import problem_answers

Operator = Annotated[Person, by_role(Role.OPERATOR, Role.ADMINISTRATOR)]
LONGEST = 300  # characters of a reason


class Kind(BaseModel):
    """Dead letters of one topic with one kind of reason."""

    topic: str
    kind: str
    count: int
    first_at: datetime | None = Field(description="When the first of them was met.")


class Done(BaseModel):
    """What an operator did."""

    at: datetime
    what: What
    about: str
    why: str
    name: str
    done: int = Field(description="Letters; -1: not known.")
    failed: int


class Standing(BaseModel):
    """How a service stands."""

    service: str
    version: str
    at: datetime = Field(description="When this was looked up.")
    ready: bool
    reason: str = Field(description="Why it is not ready.")
    follows: bool = Field(description="Whether it follows topics: if not it has neither lag nor brake nor dead letters.")
    lag: int | None = Field(description="Records that wait in the partitions of the instance that answers; null: not known.")
    brake: str = Field(description="Why it is braked; empty: it is not.")
    letters: int | None = Field(description="Dead letters that wait; null: the log does not answer.")
    kinds: list[Kind]
    numbers: dict[str, int | None] = Field(description="What its rooms count; null: not known.")
    lately: list[Done]


class DeadLetter(BaseModel):
    """A dead letter. `key`: empty where it may not be shown."""

    place: str
    topic: str
    key: str
    reason: str
    first_at: datetime | None
    too_large: bool


class LettersAnswer(BaseModel):
    """Those that wait, in the order of the log: the first of them, and how many there are."""

    total: int
    letters: list[DeadLetter]


class Lift(BaseModel):
    """Which letters, what to do with them, and why."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["replayed", "discarded"]
    why: str = Field(min_length=1, max_length=LONGEST)
    places: list[Annotated[str, Field(max_length=400)]] = Field(default=[], max_length=MOST)
    kind: str = Field(default="", max_length=40)
    topic: str = Field(default="", max_length=249)


class Failed(BaseModel):
    """A letter that still cannot be handled."""

    place: str
    why: str


class LiftedAnswer(BaseModel):
    """What became of them."""

    done: int
    failed: list[Failed]
    left: int = Field(description="Of those that were meant, how many still wait.")
    gone: int = Field(description="Places that wait no more: somebody was faster.")
    stopped: str = Field(description="The part that went away meanwhile.")


class Release(BaseModel):
    """Why the brake is released."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=LONGEST)


class Released(BaseModel):
    """The reason of the brake that was released; empty: there was none."""

    reason: str


def add_operations(app: FastAPI, operations: Operations) -> None:
    """Add them. For operators of the whole province: what a service holds is of all units."""

    @app.get(
        "/v1/operations",
        summary="Vận hành: dịch vụ đang thế nào",
        response_model=Standing,
        responses=problem_answers(401, 403, 503),
    )
    async def standing(person: Operator) -> Standing:
        for_all_units(person)
        return await _standing(operations)

    @app.get(
        "/v1/operations/letters",
        summary="Vận hành: bản ghi bị giữ lại (dead letters), không có nội dung",
        response_model=LettersAnswer,
        responses=problem_answers(401, 403, 422, 503),
    )
    async def dead_letters(
        person: Operator,
        kind: Annotated[str, Query(max_length=40)] = "",
        topic: Annotated[str, Query(max_length=249)] = "",
    ) -> LettersAnswer:
        for_all_units(person)
        found = [
            letter for letter in await operations.waiting() if not kind or (topic_of(letter), letter.kind) == (topic, kind)
        ]
        return LettersAnswer(total=len(found), letters=[_view(letter, operations) for letter in found[:MOST]])

    @app.post(
        "/v1/operations/letters",
        summary="Vận hành: xử lý lại hoặc bỏ bản ghi bị giữ lại",
        response_model=LiftedAnswer,
        responses=problem_answers(401, 403, 422, 503),
    )
    async def lift_letters(person: Operator, wanted: Lift) -> LiftedAnswer:
        for_all_units(person)
        which = Wanted(tuple(wanted.places), wanted.kind, wanted.topic)
        lifted = await operations.lift(which, wanted.what, _act(operations, wanted.what, which.words, wanted.why, person))
        failed = [Failed(place=place, why=why) for place, why in lifted.failed.items()]
        return LiftedAnswer(done=lifted.done, failed=failed, left=lifted.left, gone=lifted.gone, stopped=lifted.stopped)

    @app.post(
        "/v1/operations/brake/release",
        summary="Vận hành: nhả phanh",
        response_model=Released,
        responses=problem_answers(401, 403, 422, 503),
    )
    async def release_brake(person: Operator, wanted: Release) -> Released:
        for_all_units(person)
        return Released(reason=await operations.release_brake(_act(operations, "released", "", wanted.why, person)))


async def _standing(operations: Operations) -> Standing:
    ready, reason = await operations.health.ready()
    letters: list[Letter] | None = None
    lag: int | None = None
    try:
        letters, lag = await operations.waiting(), await operations.lag()
    except Unavailable as error:
        ready, reason = False, reason if not ready else str(error)
    loop = operations.loop
    kinds = [Kind(topic=topic, kind=kind, count=count, first_at=at) for topic, kind, count, at in by_kind(letters or [])]
    return Standing(
        service=operations.parts.name,
        version=version_of(),
        at=operations.parts.machine.wall(),
        ready=ready,
        reason="" if ready else reason,
        follows=loop is not None,
        lag=lag,
        brake="" if loop is None else loop.brake.engaged,
        letters=None if letters is None else len(letters),
        kinds=kinds,
        numbers=await operations.counted(),
        lately=[_done(act) for act in await operations.lately()],
    )


def _view(letter: Letter, operations: Operations) -> DeadLetter:
    return DeadLetter(
        place=letter.place,
        topic=topic_of(letter),
        key=letter.key if operations.is_key(letter.key) else "",
        reason=letter.reason[:LONGEST],
        first_at=letter.first_at,
        too_large=letter.is_left_out,
    )


def _done(act: Act) -> Done:
    return Done(at=act.at, what=act.what, about=act.about, why=act.why, name=act.name, done=act.done, failed=act.failed)


def _act(operations: Operations, what: What, about: str, why: str, person: Person) -> Act:
    machine = operations.parts.machine
    return Act(machine.new_id(), machine.wall(), what, about[:LONGEST], why, person.subject, person.name)
