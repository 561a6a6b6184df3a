"""A door with a port of its own: what belongs to another is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI, Request

from runtime.settings import RuntimeSettings
from runtime.web import Door, Role, by_key, by_role, doors, open_to_all
from runtime.web.access import GuardedRoute
from runtime.web.doors import AtDoors, InOnePiece, listeners, servers_of
from runtime.web.problems import answer_problems
from tests.support.ports import free_port

PUBLIC, OFFICERS, OPERATIONS = Door.PUBLIC, Door.OFFICERS, Door.OPERATIONS


@pytest.fixture
def app() -> FastAPI:
    """A route at each door."""
    app = FastAPI(openapi_url=None)
    app.router.route_class = GuardedRoute

    async def answer() -> str:
        return "here"

    app.get("/open", dependencies=[open_to_all()])(answer)
    app.post("/sent/{what}", dependencies=[by_key("a key")])(answer)
    app.get("/kept", dependencies=[by_key("a key", door=OFFICERS)])(answer)
    app.get("/mine", dependencies=[by_role(Role.SIGNER)])(answer)
    app.get("/livez", dependencies=[open_to_all(door=OPERATIONS)])(answer)
    answer_problems(app)
    return app


@pytest.mark.parametrize(
    ("doors", "there"),
    [
        ({PUBLIC}, {"/open", "/sent/x"}),
        ({OFFICERS}, {"/kept", "/mine"}),
        ({OPERATIONS}, {"/livez"}),
        ({PUBLIC, OPERATIONS}, {"/open", "/sent/x", "/livez"}),
        (set(Door), {"/open", "/sent/x", "/kept", "/mine", "/livez"}),
    ],
)
async def test_a_port_answers_for_its_doors_alone(app: FastAPI, doors: set[Door], there: set[str]) -> None:
    transport = httpx.ASGITransport(AtDoors(app, frozenset(doors)))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        paths = ("/open", "/sent/x", "/kept", "/mine", "/livez", "/nowhere")
        found = {path: (await client.request("POST" if "sent" in path else "GET", path)).status_code for path in paths}
        by_another_method = (await client.request("DELETE", "/mine")).status_code

    assert {path for path, status in found.items() if status != 404} == there
    assert by_another_method == (405 if OFFICERS in doors else 404)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ({}, {8000: set(Door)}),
        ({"officers_port": 8001}, {8000: {PUBLIC, OPERATIONS}, 8001: {OFFICERS}}),
        ({"officers_port": 8001, "operations_port": 8002}, {8000: {PUBLIC}, 8001: {OFFICERS}, 8002: {OPERATIONS}}),
        ({"officers_port": 8001, "operations_port": 8001}, {8000: {PUBLIC}, 8001: {OFFICERS, OPERATIONS}}),
        ({"officers_port": 8000}, {8000: set(Door)}),
    ],
)
def test_a_door_without_a_port_of_its_own_is_at_the_usual_one(ports: dict[str, int], expected: dict[int, set[Door]]) -> None:
    places = {"kafka_bootstrap_servers": "localhost:9092", "store_url": "sqlite:////dev/null"}
    settings = RuntimeSettings.model_validate({**places, **ports})

    assert listeners(settings) == expected


@asynccontextmanager
async def served() -> AsyncIterator[tuple[int, list[str]]]:
    """A port that tells where its requests come from; and from where they came."""
    app, came = FastAPI(openapi_url=None), list[str]()
    app.router.route_class = GuardedRoute

    async def answer(request: Request) -> str:
        await request.body()
        came.append("" if request.client is None else request.client.host)
        return "here"

    app.api_route("/open", methods=["GET", "POST"], dependencies=[open_to_all()])(answer)
    port = free_port()
    [server] = servers_of(app, RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", http_port=port))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield port, came
    server.leave()
    await running


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close our side."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


HEAD = b"GET /open HTTP/1.1\r\nhost: x\r\n"
WHOLE = HEAD + b"\r\n"


@pytest.mark.parametrize("sent", [b"", HEAD, WHOLE + HEAD], ids=["nothing", "half-a-head", "half-of-the-second"])
async def test_a_connection_whose_head_does_not_come_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(doors, "HEAD_SECONDS", 0.3)
    async with served() as (port, came):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(3):
            await reader.read(-1)
        await closed(writer)

    assert len(came) == sent.count(WHOLE)


async def test_a_head_that_comes_byte_by_byte_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "HEAD_SECONDS", 0.3)
    async with served() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD)
        begun = asyncio.get_running_loop().time()
        with suppress(ConnectionError):
            while not reader.at_eof() and asyncio.get_running_loop().time() < begun + 3:
                writer.write(b"a")
                await asyncio.sleep(0.02)
        took = asyncio.get_running_loop().time() - begun
        await closed(writer)

    assert took < 1.5


async def test_a_body_may_take_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "HEAD_SECONDS", 0.2)
    async with served() as (port, came):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /open HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n12")
        await asyncio.sleep(0.5)
        writer.write(b"34")
        answer = await reader.readline()
        await closed(writer)

    assert (answer.split()[1], came) == (b"200", ["127.0.0.1"])


async def test_what_a_neighbour_on_this_machine_says_of_where_a_request_comes_from_is_not_believed() -> None:
    async with served() as (port, came), httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{port}/open", headers={"x-forwarded-for": "203.0.113.7"})

    assert came == ["127.0.0.1"]


class Pipe(asyncio.Transport):
    """What reaches the transport itself."""

    def __init__(self) -> None:
        super().__init__({"peername": ("203.0.113.7", 4000)})
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")


async def test_what_is_written_in_one_turn_is_sent_in_one_piece_and_before_the_end() -> None:
    pipe = Pipe()
    transport = InOnePiece(pipe, asyncio.get_running_loop())
    for data in (b"head,", b"", b"body"):
        transport.write(data)
    assert pipe.sent == []
    await asyncio.sleep(0)
    transport.write(b"last")
    transport.close()
    await asyncio.sleep(0)

    assert pipe.sent == [b"head,body", b"last", b"closed"]
    assert transport.get_extra_info("peername") == ("203.0.113.7", 4000)


async def test_what_is_large_does_not_wait_for_the_turn_to_end() -> None:
    """Its writer is told to wait by the transport, so it must come there."""
    pipe = Pipe()
    transport = InOnePiece(pipe, asyncio.get_running_loop())
    for _ in range(10):
        transport.write(b"x" * (doors.MOST_HELD // 4))
    transport.write(b"y" * (doors.MOST_HELD + 1))

    assert len(b"".join(pipe.sent)) > 3 * doors.MOST_HELD
    assert b"".join(pipe.sent).endswith(b"xy" + b"y" * doors.MOST_HELD)


async def test_a_small_answer_is_one_write() -> None:
    """Head and body: an asker is woken once."""
    async with served() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE)
        answer = await reader.read(65_536)
        await closed(writer)

    assert answer.endswith(b'"here"')
