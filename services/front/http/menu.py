"""What frames each page of the front: the menu of the roles that somebody has, and the way out."""

from typing import TypedDict

from services.front.domain import MENU, ROLES, Link, Session


class Frame(TypedDict):
    """The values that templates/front.html takes."""

    links: list[Link]
    who: str
    roles: str
    form_token: str
    reads_only: bool


def frame(session: Session | None) -> Frame:
    """For somebody, or for nobody."""
    if session is None:
        return {"links": [], "who": "", "roles": "", "form_token": "", "reads_only": False}
    person = session.person
    return {
        "links": [link for link in MENU if person.has(link.roles)],
        "who": person.name,
        "roles": ", ".join(words for role, words in ROLES.items() if role in person.roles),
        "form_token": session.form,
        "reads_only": session.unanswered(),
    }
