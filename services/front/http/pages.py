"""A page of the front: framed by the menu of whose it is, and by whether changes are taken now."""

from collections.abc import Mapping

from fastapi.responses import HTMLResponse

from runtime.pages import Pages
from runtime.web import Person, Role
from services.front.domain import Session

PAGES = Pages("services.front")


def page(template: str, session: Session | None, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """For somebody, or for nobody."""
    person = None if session is None else somebody(session)
    return PAGES.show(template, {**values, "reads_only": person is not None and person.reads_only}, status, person)


def somebody(session: Session) -> Person:
    """Whose session it is, as every page knows people."""
    person = session.person
    roles = frozenset(Role(role) for role in person.roles)
    return Person(person.subject, person.name, roles, person.units, session.unanswered(), session.form)
