"""The wall as middleware: every request of a browser passes here first, and leaves with the headers that hold for all pages."""

import asyncio
from urllib.parse import parse_qs, quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.errors import Unavailable
from runtime.pages import HEADERS
from runtime.web import PROBES, ProblemError, whole_body
from runtime.web.uploads import is_upload, read_upload
from services.front.domain import SAFE, Refusal, Session, What, for_anybody, hostile, judge_change, same_form, takes_files
from services.front.http.login import LEFT, OPEN, SILENT_ISSUER, login_page
from services.front.http.room import Room, Visit, cookie_name, told_of
from services.front.http.said import BROKEN, NOT_NOW, WORDS, say
from services.front.sessions import NoSession

JWKS = "/.well-known/jwks.json"
INSIDE = (*PROBES, JWKS)  # what the cluster asks by other names than ours
MOST_BYTES = 1_000_000  # of a form
MOST_WITH_FILE = 10_100_000  # of a form with a file; what takes it looks closer
MOST_OF_STRANGERS = 65_536  # of a form that nobody is logged in for: a survey
MOST_FIELDS = 200
FILE = "file"  # the field of a form that is one
FORM_SECONDS, FILE_SECONDS = 20.0, 180.0  # a browser has to send one, and one with a file on a slow line
JUDGE_SECONDS = FORM_SECONDS + 10  # within which it is known whether a request passes, however long the store takes
ALWAYS = {**HEADERS, "cross-origin-opener-policy": "same-origin"}

BY_TLS_ALONE = {"strict-transport-security": "max-age=31536000"}  # a year: a browser that was here once never asks in the clear


class _Stopped(Exception):  # noqa: N818
    """A request goes no further; `answer` is what is said instead."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class Wall:
    """Lets a request through to `app` with a Visit in its scope, or answers it. `probes` answers what the cluster asks."""

    def __init__(self, app: ASGIApp, room: Room, probes: ASGIApp) -> None:
        self._app, self._room, self._probes = app, room, probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        hosts = request.headers.getlist("host")
        origin = self._room.origin_of(hosts[0]) if len(hosts) == 1 else None
        if scope["path"] in INSIDE and (origin is None or scope["path"] == JWKS):
            await (self._app if scope["path"] == JWKS else self._probes)(scope, receive, send)
            return

        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                _dress(message, origin)
            await send(message)

        try:
            scope["visit"] = await self._judged(request, origin)
            await self._app(scope, receive, sending)
        except _Stopped as stopped:
            await stopped.answer(scope, receive, sending)
        except ClientDisconnect:
            return
        except Unavailable as error:
            self._room.parts.log.warning("not answered: a part is away", reason=str(error))
            await say(NOT_NOW)(scope, receive, sending)
        except Exception:
            self._room.parts.log.exception("a request failed")
            if begun:
                raise
            await say(BROKEN)(scope, receive, sending)

    # --- what is looked at, in this order -----------------------------------------------------------------------------------

    async def _judged(self, request: Request, origin: str | None) -> Visit:
        """The judgement, in time. Raises _Stopped, Unavailable."""
        try:
            more = FILE_SECONDS if takes_files(request.scope["path"]) else 0.0
            async with asyncio.timeout(JUDGE_SECONDS + more):
                return await self._judge(request, origin)
        except TimeoutError:
            raise Unavailable("the store did not answer in time") from None

    async def _judge(self, request: Request, origin: str | None) -> Visit:
        """Who asks, if he may. Raises _Stopped, Unavailable."""
        if origin is None:
            raise self._stop(Refusal.HOST)
        path = bytes(request.scope.get("raw_path") or b"").decode("latin-1")
        if hostile(path):
            raise self._stop(Refusal.PATH)
        if for_anybody(path):
            return await self._in_nobodys_name(request, origin, path)
        name = request.cookies.get(cookie_name(origin, "session"), "")
        found = await self._room.sessions.of(name) if name else NoSession.UNKNOWN
        if isinstance(found, Session):
            return await self._in_somebodys_name(request, Visit(origin, path, found, name), found)
        if path in OPEN and request.method in SAFE:
            return Visit(origin, path, None, "")
        if found is NoSession.ISSUER_AWAY:
            raise _Stopped(await self._while_away(request, path, name))
        if request.method not in SAFE:
            raise self._stop(Refusal.NO_SESSION)
        target = path + (f"?{request.url.query}" if request.url.query else "")
        raise _Stopped(RedirectResponse("/login" if target == "/" else f"/login?next={quote(target, safe='')}", 303))

    async def _while_away(self, request: Request, path: str, name: str) -> Response:
        """The issuer has not answered for too long: nothing is left but to leave, and that has to be possible."""
        leaving = path == "/logout" and request.method not in SAFE
        if leaving and judge_change(told_of(request), self._room.origins, in_a_name=True) is None:
            await self._room.sessions.close(name)
            return RedirectResponse(LEFT, 303)
        return login_page("/", SILENT_ISSUER, 503)

    async def _in_nobodys_name(self, request: Request, origin: str, path: str) -> Visit:
        if request.method in SAFE:
            return Visit(origin, path, None, "")
        refusal = judge_change(told_of(request), self._room.origins, in_a_name=False)
        if refusal is not None:
            raise self._stop(refusal)
        return Visit(origin, path, None, "", await self._form(request, MOST_OF_STRANGERS))

    async def _in_somebodys_name(self, request: Request, visit: Visit, session: Session) -> Visit:
        if request.method in SAFE:
            return visit
        files = takes_files(visit.path)
        refusal = judge_change(told_of(request), self._room.origins, in_a_name=True, files=files)
        body = b""
        if refusal is None:
            most, seconds = (MOST_WITH_FILE, FILE_SECONDS) if files else (MOST_BYTES, FORM_SECONDS)
            body = await self._form(request, most, seconds)
            refusal = None if _carries(body, session.form, request.headers.get("content-type", "")) else Refusal.FORM_TOKEN
        if refusal is None and session.unanswered() and visit.path != "/logout":
            refusal = Refusal.READS_ONLY
        if refusal is not None:
            await self._room.journal.note(What.REFUSED, session.person, request.method, visit.path, why=refusal)
            raise self._stop(refusal, session)
        return Visit(visit.origin, visit.path, session, visit.name, body)

    async def _form(self, request: Request, most: int, seconds: float = FORM_SECONDS) -> bytes:
        """The body of a form. Raises _Stopped for one that is too large or does not come."""
        try:
            async with asyncio.timeout(seconds):
                return await whole_body(request, most)
        except ProblemError:
            raise self._stop(Refusal.TOO_LARGE) from None
        except TimeoutError:
            raise self._stop(Refusal.NO_FORM) from None

    def _stop(self, refusal: Refusal, session: Session | None = None) -> _Stopped:
        self._room.parts.telemetry.count("changes_refused", reason=refusal.value)
        return _Stopped(say(WORDS[refusal], session))


def _dress(message: Message, origin: str | None) -> None:
    """The headers that every page has; one that says less of itself, as that of a secret link does, keeps its own."""
    headers = MutableHeaders(scope=message)
    by_tls = origin is not None and origin.startswith("https:")
    for name, value in (ALWAYS | BY_TLS_ALONE if by_tls else ALWAYS).items():
        headers.setdefault(name, value)


def _carries(body: bytes, token: str, content_type: str) -> bool:
    """Whether a form carries a session's token, once."""
    try:
        if is_upload(content_type):
            given = [read_upload(content_type, body, FILE).fields.get("form_token", "")]
        else:
            given = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS).get("form_token", [])
    except (ValueError, ProblemError):
        return False
    return len(given) == 1 and same_form(given[0], token)
