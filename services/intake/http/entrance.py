"""What every way in shares: who sends, how much and how fast, and what happens to items then."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from contracts.lookup import LookupKeys
from runtime.log.reader import LogReader
from runtime.parts import Parts
from runtime.web import Problem, ProblemError, whole_body
from services.intake import strict
from services.intake.domain import Json, Sender
from services.intake.domain.keys import Role
from services.intake.handlers import Batch, Context, Intake
from services.intake.http.gatekeeper import Gatekeeper
from services.intake.http.replays import Replays
from services.intake.unlisted import Words

MOST_BYTES = 8 * 1024 * 1024
LARGE_BYTES = 256 * 1024  # are read in some milliseconds
MOST_DEPTH = 20


class Pace:
    """So many items per minute and system. Each instance counts alone."""

    def __init__(self, items_per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(items_per_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def admit(self, system: str, items: int, now: float) -> None:
        """Count items. Raises ProblemError 429 that says when to come again."""
        if await self._limiter.hit(self._limit, system, cost=items):
            return
        again = max(1, round((await self._limiter.get_window_stats(self._limit, system)).reset_time - now))
        detail = f"tối đa {self._limit.amount} mục mỗi phút cho một hệ thống; gửi lại sau {again} giây"
        problem = Problem("too-fast", "Gửi quá nhanh, xin gửi lại sau / too fast, come again later", 429, detail)
        raise ProblemError(problem, {"Retry-After": str(again)})


@dataclass(frozen=True, slots=True)
class Entrance:
    """The parts of intake that its routes need."""

    parts: Parts
    context: Context
    intake: Intake
    gatekeeper: Gatekeeper
    pace: Pace
    replays: Replays
    log: LogReader
    words: Words
    lookup: LookupKeys | None  # what look-up codes are made from; None: none are given out

    async def admit(self, key: str, role: Role = "send") -> Sender:
        """Who sends. Raises ProblemError."""
        return await self.gatekeeper.sender_of(key, role)

    async def take(self, items: Sequence[object], sender: Sender) -> Batch:
        """Take items in and have them published. Raises Unavailable, ProblemError."""
        await self.pace.admit(sender.system, len(items), self.parts.machine.wall().timestamp())
        return await self.intake.take(items, sender)


async def read_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """The whole body. Raises ProblemError 413 as soon as it is too large, without reading on, 415 for what is no JSON."""
    _check_kind(request)
    return await whole_body(request, most)


def _check_kind(request: Request) -> None:
    """What says of itself that it is no plain JSON. A wrong name for JSON is none of our business: senders use many."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        title = "Nội dung nén chưa được nhận / compressed bodies are not taken"
        raise ProblemError(Problem("compressed", title, 415, "hãy gửi không có Content-Encoding"))
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        title = "Cần JSON, không phải biểu mẫu / JSON is needed, no form"
        raise ProblemError(Problem("not-json", title, 415, "hãy gửi nội dung JSON trực tiếp"))


async def read_json(body: bytes) -> Json:
    """A body as JSON. Raises ProblemError. A large one is work for a thread, the loop has others to serve."""
    return _json_of(body) if len(body) < LARGE_BYTES else await asyncio.to_thread(_json_of, body)


def _json_of(body: bytes) -> Json:
    try:
        raw = strict.read(body)
    except UnicodeDecodeError:
        title = "Nội dung không phải UTF-8 / the body is not UTF-8"
        raise ProblemError(Problem("not-utf-8", title, 400)) from None
    except strict.TooManyValuesError:
        title = "Quá nhiều giá trị trong một yêu cầu / too many values in one request"
        raise ProblemError(Problem("too-many-values", title, 413, f"tối đa {strict.MOST_VALUES} giá trị")) from None
    except strict.BrokenJsonError as error:
        raise ProblemError(Problem("broken-json", "Nội dung không phải JSON / not JSON", 400, str(error))) from None
    if strict.deepest(raw, MOST_DEPTH) > MOST_DEPTH:
        title = "Nội dung lồng nhau quá sâu / nested too deeply"
        raise ProblemError(Problem("too-deep", title, 413, f"tối đa {MOST_DEPTH} tầng"))
    return raw


def read_items(raw: Json, most: int) -> list[Json]:
    """One object or a list of them. Raises ProblemError."""
    if not isinstance(raw, dict | list) or not raw:
        title = "Cần một đối tượng hoặc một danh sách / an object or a list is needed"
        raise ProblemError(Problem("invalid", title, 422, "không được để trống"))
    items: list[Json] = raw if isinstance(raw, list) else [raw]
    if len(items) > most:
        title = "Quá nhiều sự kiện trong một yêu cầu / too many items in one request"
        raise ProblemError(Problem("too-many-items", title, 413, f"tối đa {most} mục"))
    return items
