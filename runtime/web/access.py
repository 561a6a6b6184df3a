"""What each route declares: who may use it, and by which door (decision 24). There is no default.

A declaration is a dependency of the route. It is looked at before anything of the body is read: who may not send is not
listened to. Hosts are not checked here: the front knows which are ours, and a bearer means the same under every name.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Annotated, Any, get_type_hints

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.base import SecurityBase

from runtime.errors import CannotStartError
from runtime.web.identity import ALL_UNITS, ROLE_NAMES, Door, Person, Role
from runtime.web.problems import Problem, ProblemError
from runtime.web.tokens import TokenError, Tokens

READING = ("GET", "HEAD", "OPTIONS")
_PERSON = HTTPBearer(
    scheme_name="person", description="Mã đăng nhập (JWT) của một người, do máy chủ đăng nhập cấp.", auto_error=False
)
Check = Callable[[Request], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route. `door`: whom it is for."""

    door: Door

    @property
    def words(self) -> str:
        """As docs/access.md says it."""
        return "anybody"

    async def admit(self, request: Request) -> None:
        """Look at a request before its body is read. Raises ProblemError."""


@dataclass(frozen=True, slots=True)
class Open(Access):
    """Anybody."""

    async def __call__(self) -> None:
        """A declaration, nothing else."""


@dataclass(frozen=True, slots=True)
class ByKey(Access):
    """Whoever shows a key. `check`: None where the route itself looks at the key, before it reads a body."""

    what: str
    check: Check | None = None

    @property
    def words(self) -> str:
        """Which key."""
        return self.what

    async def admit(self, request: Request) -> None:
        """Raises what the check raises."""
        if self.check is not None:
            await self.check(request)

    async def __call__(self) -> None:
        """A declaration, nothing else."""


@dataclass(frozen=True, slots=True)
class ByRole(Access):
    """People with one of some roles."""

    roles: tuple[Role, ...]

    @property
    def words(self) -> str:
        """The roles."""
        return ", ".join(self.roles)

    async def admit(self, request: Request) -> None:
        """Believe the bearer, or raise ProblemError: 401 without a good one, 403 for another role, 503 for a change while
        roles cannot be checked. Raises Unavailable without the issuer's keys."""
        request.state.person = await self._person(request)

    async def __call__(self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_PERSON)]) -> Person:
        """Who was admitted."""
        person: Person = request.state.person
        return person

    async def _person(self, request: Request) -> Person:
        person = await _believed(request)
        if not person.may(*self.roles):
            raise ProblemError(_other_role(person, self.roles))
        if person.reads_only and request.method not in READING:
            problem = Problem("login-unchecked", "Chưa kiểm tra lại được đăng nhập, xin thử lại sau", 503)
            raise ProblemError(problem, {"Retry-After": "60"})
        return person


@dataclass(frozen=True, slots=True)
class ByDuty(Access):
    """A part of the product that asks for itself: its bearer says for what, and holds no role."""

    duty: str

    @property
    def words(self) -> str:
        """For what."""
        return f"the front itself, for {self.duty}"

    async def admit(self, request: Request) -> None:
        """Raises ProblemError for anybody else, Unavailable without the issuer's keys."""
        if (await _believed(request)).duty != self.duty:
            title = "Việc này chỉ dành cho chính hệ thống / for the system alone"
            raise ProblemError(Problem("other-duty", title, 403))

    async def __call__(self, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_PERSON)]) -> None:
        """A declaration, nothing else."""


async def _believed(request: Request) -> Person:
    """Who shows a bearer. Raises ProblemError for one that is not believed, and for none."""
    shown = await _PERSON(request)
    if shown is None:
        raise _not_known("")
    tokens: Tokens = request.app.state.tokens
    try:
        return await tokens.person(shown.credentials)
    except TokenError as error:
        raise _not_known(str(error)) from None


def _not_known(why: str) -> ProblemError:
    detail = "Xin đăng nhập lại ở trang chủ rồi làm lại việc này" + (f" (token: {why})" if why else "")
    challenge = 'Bearer realm="dunghen"' + (', error="invalid_token"' if why else "")
    problem = Problem("no-login", "Cần đăng nhập / log in first", 401, detail)
    return ProblemError(problem, {"WWW-Authenticate": challenge})


def _other_role(person: Person, wanted: tuple[Role, ...]) -> Problem:
    own = ", ".join(ROLE_NAMES[role] for role in Role if role in person.roles) or "chưa có vai trò nào"
    detail = f"Việc này dành cho: {', '.join(ROLE_NAMES[role] for role in wanted)}. Vai trò của bạn: {own}. "
    title = "Vai trò của bạn không làm việc này được / not for your role"
    return Problem("other-role", title, 403, detail + "Nếu cần, xin liên hệ quản trị hệ thống để được giao vai trò.")


def for_all_units(person: Person) -> None:
    """Raises ProblemError for a person whose roles do not hold for the whole province: what concerns all is not theirs."""
    if not person.sees(ALL_UNITS):
        title = "Việc này của toàn tỉnh, vai trò của bạn chỉ ở một số đơn vị / not for some units only"
        raise ProblemError(Problem("other-units", title, 403, "Xin chuyển cho người được giao việc này của toàn tỉnh."))


def open_to_all(*, door: Door = Door.PUBLIC) -> Any:  # noqa: ANN401 - what FastAPI's Depends is
    """Anybody may use the route."""
    return Depends(Open(door))


def by_key(what: str, check: Check | None = None, *, door: Door = Door.PUBLIC) -> Any:  # noqa: ANN401
    """Who shows a key may use the route. `what`: which one, for docs/access.md; `check` raises ProblemError without it."""
    return Depends(ByKey(door, what, check))


def by_role(*roles: Role) -> Any:  # noqa: ANN401
    """People with one of these roles may use the route, which gets the Person."""
    return Depends(ByRole(Door.OFFICERS, roles))


def by_duty(duty: str) -> Any:  # noqa: ANN401
    """A part of the product that asks for itself may use the route; its bearer names this duty."""
    return Depends(ByDuty(Door.OFFICERS, duty))


class GuardedRoute(APIRoute):
    """A route that looks at its declaration first."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """FastAPI's own, behind the declaration; what asks FastAPI for nothing but the request is called at once, without the
        search for what it might want, which costs as much as all else of a small request."""
        handle, access = super().get_route_handler(), declared(self)
        if _wants_the_request_alone(self):
            handle = self.endpoint

        async def guarded(request: Request) -> Response:
            if access is not None:
                await access.admit(request)
            return await handle(request)

        return guarded


def _wants_the_request_alone(route: APIRoute) -> bool:
    """Whether a route answers with a response of its own making, has one parameter, the request, and depends on nothing but
    declarations of who may use it, and how keys are shown: these resolve to nothing."""
    if not iscoroutinefunction(route.endpoint) or not all(_is_words_alone(each.call) for each in route.dependant.dependencies):
        return False
    wants = get_type_hints(route.endpoint)
    answer = wants.pop("return", None)
    return isinstance(answer, type) and issubclass(answer, Response) and list(wants.values()) == [Request]


def _is_words_alone(call: object) -> bool:
    """Whether a dependency only describes: a declaration, or how a key may be shown where none is asked for by itself."""
    return isinstance(call, Open | ByKey) or (isinstance(call, SecurityBase) and getattr(call, "auto_error", True) is False)


def declared(route: APIRoute) -> Access | None:
    """What a route declares. Raises CannotStartError for two declarations, which would leave open what counts."""
    calls: list[object] = [each.call for each in route.dependant.dependencies]
    found = [call for call in calls if isinstance(call, Access)]
    if len(found) > 1:
        raise CannotStartError(f"{route.path} declares its access twice")
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Declared:
    """One way into a service."""

    method: str
    path: str
    access: Access


def access_of(app: FastAPI) -> list[Declared]:
    """Every way into an application. Raises CannotStartError for one that declares nothing, or cannot."""
    return list(_access_of(app))


def _access_of(app: FastAPI) -> Iterator[Declared]:
    for route in app.routes:
        access = declared(route) if isinstance(route, GuardedRoute) else None
        if access is None:
            raise CannotStartError(f"{getattr(route, 'path', route)} does not declare who may use it (runtime/web/access.py)")
        for method in sorted(getattr(route, "methods", None) or ()):
            yield Declared(method, getattr(route, "path", ""), access)
