"""Logging in at the province's issuer, and out."""

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse

from runtime.errors import Unavailable
from services.front.domain import Claims, Person, What, local
from services.front.http.access import EVERYBODY, logged_in
from services.front.http.pages import page
from services.front.http.room import Room, Visit, cookie_name, visit_of
from services.front.issuer import Refused
from services.front.tokens import LoginUnderWay, Tokens

CALLBACK = "/login/callback"
OUT = "/login/out"
LEFT = "/login?out=true"  # where the issuer sends people back to, who have left there, too
OPEN = ("/login", "/login/start", CALLBACK, OUT)  # own pages that nobody has to be logged in for
UNDER_WAY_SECONDS = 600  # from our page to the issuer and back
SILENT_ISSUER = "Máy chủ đăng nhập chưa trả lời. Xin thử lại sau ít phút."
FAILED = "Đăng nhập không thành công. Hãy bắt đầu lại từ trang này."
NO_ROLE = "Bạn đã đăng nhập, nhưng chưa được giao vai trò nào trong hệ thống. Hãy hỏi người quản trị của đơn vị."
LOGGED_OUT = "Bạn đã đăng xuất."


def login_page(target: str, said: str = "", status: int = 200) -> Response:
    """The page with the way to the issuer."""
    start = "/login/start" if target == "/" else f"/login/start?next={quote(target, safe='')}"
    return page("login.html", None, {"start": start, "said": said}, status)


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/login", dependencies=[EVERYBODY])
    async def login(request: Request, target: Annotated[str, Query(alias="next")] = "/", out: bool = False) -> Response:
        if visit_of(request).session is not None:
            return RedirectResponse(local(target), 303)
        return login_page(local(target), LOGGED_OUT if out else "")

    @app.get("/login/start", dependencies=[EVERYBODY])
    async def start(request: Request, target: Annotated[str, Query(alias="next")] = "/") -> Response:
        return await _start(room, visit_of(request), local(target))

    @app.get(CALLBACK, dependencies=[EVERYBODY])
    async def callback(request: Request, code: str = "", state: str = "") -> Response:
        return await _back(room, request, code, state)

    @app.post("/logout", dependencies=[logged_in()])
    async def logout(request: Request) -> Response:
        visit = visit_of(request)
        await room.sessions.close(visit.name)
        await room.journal.note(What.LOGOUT, visit.somebody().person)
        answer = RedirectResponse(LEFT if visit.somebody().unanswered() else OUT, 303)
        _set(answer, visit.origin, "session", "")
        return answer

    @app.get(OUT, dependencies=[EVERYBODY])
    async def out(request: Request) -> Response:
        """On to the issuer, by a page: browsers do not let a form of ours be redirected to another site."""
        visit = visit_of(request)
        if visit.session is not None:  # a link that somebody was sent ends nothing
            return RedirectResponse("/", 303)
        there = await room.issuer.way_out(f"{visit.origin}{LEFT}")
        return RedirectResponse(LEFT, 303) if there is None else page("leaving.html", None, {"there": there})


async def _start(room: Room, visit: Visit, target: str) -> Response:
    under_way = LoginUnderWay(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        target=target,
        begun=int(room.sessions.now().timestamp()),
    )
    redirect = f"{visit.origin}{CALLBACK}"
    try:
        address = await room.issuer.address(redirect, under_way.state, under_way.nonce, under_way.verifier)
    except Unavailable as error:
        return _silent(room, error)
    answer = RedirectResponse(address, 303)
    _set(answer, visit.origin, "login", under_way.sealed(room.bearers.box), UNDER_WAY_SECONDS)
    return answer


async def _back(room: Room, request: Request, code: str, state: str) -> Response:
    """From the issuer, with a code. What does not belong to the log-in that this browser began is refused."""
    visit = visit_of(request)
    try:
        under_way = _begun(room, request, state)
        if not code:
            raise Refused("denied")
        claims, tokens = await room.issuer.exchange(code, f"{visit.origin}{CALLBACK}", under_way.nonce, under_way.verifier)
    except Refused as refused:
        return _failed(room, refused.reason)
    except Unavailable as error:
        return _silent(room, error)
    person = room.sessions.person(claims)
    if not person.roles:
        return _failed(room, "no-role", NO_ROLE)
    name = await _open(room, request, person, (claims, tokens))
    answer = RedirectResponse(under_way.target, 303)
    _set(answer, visit.origin, "session", name)
    _set(answer, visit.origin, "login", "")
    return answer


def _begun(room: Room, request: Request, state: str) -> LoginUnderWay:
    """The log-in that this browser began. Raises Refused."""
    cookie = request.cookies.get(cookie_name(visit_of(request).origin, "login"), "")
    under_way = LoginUnderWay.opened(cookie, room.bearers.box)
    if under_way is None or not secrets.compare_digest(under_way.state.encode(), state.encode()):
        raise Refused("state")
    if room.sessions.now().timestamp() - under_way.begun > UNDER_WAY_SECONDS:
        raise Refused("late")
    return under_way


async def _open(room: Room, request: Request, person: Person, given: tuple[Claims, Tokens]) -> str:
    """A session under a new name; whatever this browser held before ends."""
    old = request.cookies.get(cookie_name(visit_of(request).origin, "session"), "")
    await room.journal.note(What.LOGIN, person)
    name, _ = await room.sessions.open(*given, old)
    room.parts.telemetry.count("logins")
    return name


def _failed(room: Room, reason: str, said: str = FAILED) -> Response:
    """A log-in that failed: what was wrong is counted and logged, who tried is not."""
    room.parts.telemetry.count("logins_failed", reason=reason)
    room.parts.log.warning("a log-in failed", reason=reason)
    return login_page("/", said, 403)


def _silent(room: Room, error: Unavailable) -> Response:
    room.parts.telemetry.count("issuer_away")
    room.parts.log.warning("the issuer of log-ins does not answer", reason=str(error))
    return login_page("/", SILENT_ISSUER, 503)


def _set(answer: Response, origin: str, what: str, value: str, seconds: int | None = None) -> None:
    """A cookie of ours; without a value it is taken back."""
    answer.set_cookie(
        cookie_name(origin, what),
        value,
        max_age=seconds if value else 0,
        path="/",
        secure=origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
