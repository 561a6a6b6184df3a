"""Who may use a route of the front. The wall has found out whose request it is; nothing of a bearer is looked at here."""

from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.params import Depends as DependsOn

from runtime.web import Door, Role
from runtime.web.access import Access, Open
from services.front.domain import ALL_UNITS, Session
from services.front.http.room import visit_of


class NotYoursError(Exception):
    """A page for other roles than those of who asks."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session


@dataclass(frozen=True, slots=True)
class LoggedIn(Access):
    """Who is logged in with one of some roles; the wall sends anybody else to the login."""

    roles: tuple[Role, ...]

    @property
    def words(self) -> str:
        """The roles."""
        return ", ".join(self.roles)

    async def admit(self, request: Request) -> None:
        """Raises NotYoursError."""
        session = visit_of(request).somebody()
        if not session.person.has(self.roles):
            raise NotYoursError(session)

    async def __call__(self) -> None:
        """A declaration, nothing else."""


@dataclass(frozen=True, slots=True)
class PassedOn(Access):
    """Whoever the service lets in that the request is passed on to."""

    @property
    def words(self) -> str:
        """As docs/access.md says it."""
        return "whom the service that owns the path lets in"

    async def __call__(self) -> None:
        """A declaration, nothing else."""


def of_all_units(session: Session) -> None:
    """Raises NotYoursError for who has a role in some units alone: what is shown is of all."""
    if ALL_UNITS not in session.person.units:
        raise NotYoursError(session)


EVERYBODY: DependsOn = Depends(Open(Door.PUBLIC))
PASSED_ON: DependsOn = Depends(PassedOn(Door.PUBLIC))


def logged_in(*roles: Role) -> DependsOn:
    """People who are logged in with one of these roles; of all roles if none is named."""
    declared: DependsOn = Depends(LoggedIn(Door.OFFICERS, roles or tuple(Role)))
    return declared
