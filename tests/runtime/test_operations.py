"""What operators see of a service and do with it: dead letters by kind, lifted once and in order; the brake; who did it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition

from runtime.deadletters import settlement
from runtime.errors import Unavailable
from runtime.health import Health
from runtime.operations import ACTS, Act, Operations, Wanted, by_kind
from runtime.parked import ContentGoneError, DeadLetters
from runtime.store import Index
from runtime.web import Role, Tokens, make_app
from runtime.web.operations import add_operations
from tests.runtime.hand import IN, LETTERS, NOW, RULES, THINGS, Bench, Member, fact, until
from tests.support.identity import ISSUER, as_person

pytestmark = pytest.mark.provokes_failures
PARKED = TopicPartition(LETTERS, 0)
ACT = Act("act", NOW, "replayed", "in.v1: handler failed", "đã sửa bản phát hành", "local:a", "Tô Văn Hành (thử)")
OPERATOR = as_person(Role.OPERATOR, name="Tô Văn Hành (thử)")
KIND = Wanted(kind="handler failed", topic=IN)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A store and a log."""
    bench = Bench()
    bench.tables.declare(ACTS, [Index("at")])
    yield bench
    await bench.close()


def operations_of(member: Member, **more: Any) -> Operations:
    """Of a process; keys of one letter may be shown."""
    health = Health(member.parts, member.loop)
    health.waits_for = ""
    return Operations(member.parts, health, member.loop, member.intents, lambda key: len(key) == 1, **more)


async def parked(bench: Bench, *letters: tuple[str, bytes], mended: bool = True) -> Member:
    """A process whose dead letters are these records: (key, value); once `mended`, its rules can handle a misfortune."""
    member = await bench.reading()
    for key, value in letters:
        bench.broker.append(TopicPartition(IN, 0), key.encode(), value)
    await until(lambda: len(bench.broker.records(PARKED)) == len(letters))
    if mended:
        rules = replace(RULES, handle=lambda document, new: RULES.handle(document, replace(new, kind="said")))
        member.loop.rules = rules
    return member


def broken(identity: str, subject: str) -> tuple[str, bytes]:
    return subject, fact(identity, subject, "broken")


async def test_letters_are_counted_by_topic_and_kind_of_reason_and_who_looks_again_reads_only_what_came_since(
    bench: Bench,
) -> None:
    member = await parked(bench, broken("1", "a"), ("b", b"garbage"), broken("2", "c"))
    operations = operations_of(member)
    found = await operations.waiting()
    before = member.way.count("read")
    await operations.waiting()

    assert [(letter.place, letter.value) for letter in found] == [(f"in.v1/0/{n}", b"") for n in range(3)]
    assert by_kind(found) == [(IN, "handler failed", 2, NOW), (IN, "not a fact", 1, NOW)]
    assert member.way.count("read") == before + 1


async def test_all_of_a_kind_are_handled_anew_in_the_order_of_the_log_and_never_again(bench: Bench) -> None:
    member = await parked(bench, *(broken(str(number), "a") for number in range(12)), ("b", b"garbage"))
    operations = operations_of(member)
    first = await operations.lift(KIND, "replayed", ACT)
    second = await operations.lift(KIND, "replayed", replace(ACT, id="second"))
    document = (await member.parts.store.get_many(THINGS, ["a"]))["a"]

    assert (first.done, first.failed, first.left) == (12, {}, 0)
    assert (second.done, second.left) == (0, 0)
    assert document["facts"] == [str(number) for number in range(12)]
    assert "incomplete" not in document
    assert [letter.place for letter in await operations.waiting()] == ["in.v1/0/12"]


async def test_what_still_cannot_be_handled_waits_with_its_reason_and_its_neighbours_go_on(bench: Bench) -> None:
    member = await parked(bench, ("b", b"garbage"), broken("1", "a"), mended=False)
    operations = operations_of(member)
    places = Wanted(("in.v1/0/0", "in.v1/0/1", "in.v1/0/9"))
    lifted = await operations.lift(places, "replayed", ACT)

    assert (lifted.done, lifted.left, lifted.gone) == (0, 2, 1)
    assert lifted.failed == {"in.v1/0/0": "not a fact", "in.v1/0/1": "lỗi của dịch vụ khi xử lý: LookupError"}
    assert len(await operations.waiting()) == 2


async def test_a_discarded_letter_waits_no_more_and_whose_act_it_was_is_kept(bench: Bench) -> None:
    member = await parked(bench, ("b", b"garbage"))
    operations = operations_of(member)
    await operations.lift(Wanted(("in.v1/0/0",)), "discarded", replace(ACT, what="discarded", about="in.v1/0/0"))
    [act] = await operations.lately()

    assert await operations.waiting() == []
    assert (act.what, act.about, act.why, act.name, act.done, act.failed) == (
        *("discarded", "in.v1/0/0", "đã sửa bản phát hành", "Tô Văn Hành (thử)"),
        *(1, 0),
    )
    assert b"T" not in b"".join(record.value or b"" for record in bench.broker.records(PARKED)[1:])


async def test_two_operators_at_one_letter_have_it_handled_once(bench: Bench) -> None:
    member = await parked(bench, broken("1", "a"))
    other = bench.member("b", rules=member.loop.rules)
    both = await asyncio.gather(
        operations_of(member).lift(KIND, "replayed", ACT),
        operations_of(other).lift(KIND, "replayed", replace(ACT, id="other")),
    )
    document = (await member.parts.store.get_many(THINGS, ["a"]))["a"]

    assert sum(lifted.done for lifted in both) >= 1
    assert (document["facts"], document["lifted"]) == (["1"], ["in.v1/0/0"])
    assert await operations_of(other).waiting() == []


async def test_when_the_time_is_up_or_a_part_goes_away_the_rest_waits(bench: Bench) -> None:
    member = await parked(bench, *(broken(str(number), "a") for number in range(3)))
    operations = operations_of(member)
    member.way.before_next("publish", lambda: bench.machine.pass_by(timedelta(seconds=6)))
    slow = await operations.lift(KIND, "replayed", ACT)
    member.way.refuse(Unavailable("kafka: away"), "publish")
    away = await operations.lift(KIND, "replayed", replace(ACT, id="second"))

    assert (slow.done, slow.left) == (1, 2)
    assert (away.done, away.left, away.stopped) == (0, 2, "kafka: away")


async def test_what_cannot_be_written_down_is_not_done(bench: Bench) -> None:
    member = await parked(bench, broken("1", "a"))
    member.way.refuse(Unavailable("away"), f"insert_unique {ACTS}")
    with pytest.raises(Unavailable):
        await operations_of(member).lift(KIND, "replayed", ACT)
    member.way.mend()

    assert len(await operations_of(member).waiting()) == 1


async def test_a_letter_whose_record_the_log_dropped_can_only_be_discarded(bench: Bench) -> None:
    member = await parked(bench, broken("1", "a"))
    letters = DeadLetters(member.parts, member.loop.rules, member.intents)
    [found] = (await letters.all()).values()
    letters._found.clear()

    with pytest.raises(ContentGoneError):
        await letters.replay(found.letter)
    await letters.discard(found.letter)
    assert [each.waits for each in (await letters.all()).values()] == [False]


async def test_a_settlement_of_elsewhere_is_known_at_the_next_look(bench: Bench) -> None:
    member = await parked(bench, ("", b"garbage"))
    operations = operations_of(member)
    [letter] = await operations.waiting()
    await member.parts.topics.publish([settlement(LETTERS, letter, "discarded")])

    assert await operations.waiting() == []


async def test_a_brake_is_released_once_with_its_reason_and_by_whom(bench: Bench) -> None:
    member = await bench.reading()
    operations = operations_of(member)
    nothing = await operations.release_brake(ACT)
    await member.loop.brake.engage("9 of 10 records failed")
    act = replace(ACT, what="released", id="brake")
    reason = await operations.release_brake(act)
    [kept] = await operations.lately()

    assert (nothing, reason, member.loop.brake.engaged) == ("", "9 of 10 records failed", "")
    assert (kept.what, kept.about, kept.done, kept.name) == ("released", reason, 1, act.name)


# --- over HTTP


async def _client(operations: Operations) -> httpx.AsyncClient:
    parts = operations.parts
    app = make_app("toy", operations.health, parts.telemetry, tokens=Tokens((ISSUER.trusted(),), parts.machine))
    add_operations(app, operations)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy")


async def test_an_operator_sees_letters_without_their_records_and_keys_that_are_codes_alone(bench: Bench) -> None:
    bench.machine.clock = datetime.now(UTC)  # tokens are of today
    member = await parked(bench, broken("1", "a"), ("Nông Thị Mẫu", b'{"phone": "0912000007"}'))
    async with await _client(operations_of(member, numbers={"held": _three, "away": _away})) as client:
        standing = (await client.get("/v1/operations", headers=OPERATOR)).json()
        listed = await client.get("/v1/operations/letters", headers=OPERATOR)
        of_kind = await client.get("/v1/operations/letters", params={"topic": IN, "kind": "not a fact"}, headers=OPERATOR)

    assert (standing["service"], standing["letters"], standing["brake"]) == ("toy", 2, "")
    assert {kind["kind"]: kind["count"] for kind in standing["kinds"]} == {"handler failed": 1, "not a fact": 1}
    assert standing["numbers"] == {"held": 3, "away": None}
    assert [letter["key"] for letter in listed.json()["letters"]] == ["a", ""]
    assert of_kind.json()["total"] == 1
    for personal in ("Nông", "0912000007"):
        assert personal not in listed.text


async def test_an_operators_act_is_his_by_his_token(bench: Bench) -> None:
    bench.machine.clock = datetime.now(UTC)  # tokens are of today
    member = await parked(bench, broken("1", "a"))
    wanted = {"what": "replayed", "why": "đã sửa", "kind": "handler failed", "topic": IN}
    async with await _client(operations_of(member)) as client:
        somewhere = await client.post(
            "/v1/operations/letters", json=wanted, headers=as_person(Role.OPERATOR, units=("H37.12",))
        )
        without_reason = await client.post("/v1/operations/letters", json={**wanted, "why": ""}, headers=OPERATOR)
        lifted = await client.post("/v1/operations/letters", json=wanted, headers=OPERATOR)
        released = await client.post("/v1/operations/brake/release", json={"why": "xong"}, headers=OPERATOR)
        standing = (await client.get("/v1/operations", headers=OPERATOR)).json()

    assert (somewhere.status_code, without_reason.status_code) == (403, 422)
    assert lifted.json() == {"done": 1, "failed": [], "left": 0, "gone": 0, "stopped": ""}
    assert released.json() == {"reason": ""}
    assert [(act["what"], act["name"], act["why"]) for act in standing["lately"]] == [
        ("replayed", "Tô Văn Hành (thử)", "đã sửa")
    ]


async def test_a_log_that_is_away_leaves_what_is_known_without_it(bench: Bench) -> None:
    bench.machine.clock = datetime.now(UTC)  # tokens are of today
    member = await parked(bench, broken("1", "a"))
    member.way.refuse(Unavailable("kafka: away"), "partitions", "ends", "read")
    async with await _client(operations_of(member)) as client:
        standing = await client.get("/v1/operations", headers=OPERATOR)

    assert standing.status_code == 200
    assert (standing.json()["letters"], standing.json()["lag"]) == (None, None)


async def _three() -> int | None:
    return 3


async def _away() -> int | None:
    raise Unavailable("away")
