"""HTML pages in Vietnamese that work on a phone and without scripts: templates, one style, one menu."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from runtime.web import Person, Problem, ProblemError
from runtime.web.menu import menu_of

_OFFICE = timezone(timedelta(hours=7))
# No script, no frame, nothing from elsewhere; and no address of ours, which may hold a token, travels on. Under `no-referrer`
# browsers would send `Origin: null` with our own forms.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class Pages:
    """The templates of one package, on the base that all services share. What is undefined in a template is an error."""

    def __init__(self, package: str) -> None:
        loader = ChoiceLoader([PackageLoader(package), PackageLoader("runtime")])
        self._jinja = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._jinja.filters["when"] = when
        self._jinja.filters["dial"] = dial
        self._jinja.filters["number"] = number

    def show(self, template: str, values: Mapping[str, Any], status: int = 200, person: Person | None = None) -> HTMLResponse:
        """A page; for a person, with the menu."""
        return HTMLResponse(self.text(template, values, person), status, HEADERS)

    def text(self, template: str, values: Mapping[str, Any], person: Person | None = None) -> str:
        """A page as text."""
        return self._jinja.get_template(template).render(person=person, menu=menu_of(person), **values)


def when(moment: datetime | None) -> str:
    """`15:40 26/02/2026` in Vietnamese time; a dash for None."""
    return "-" if moment is None else f"{moment.astimezone(_OFFICE):%H:%M %d/%m/%Y}"


def number(whole: int) -> str:
    """A whole number as it is written in Vietnamese, in groups of three digits: `12.345`."""
    return f"{whole:,}".replace(",", ".")


def dial(phone: str) -> str:
    """A phone as a link dials it: its digits, and a plus before them if there is one."""
    return "".join(sign for sign in phone if sign.isdigit() or (sign == "+" and phone.startswith("+")))


def own_form(request: Request, public_url: str) -> None:
    """Raises ProblemError for a form of citizens that another site sent by a visitor's browser.

    Browsers name the site in `Origin`: it has to be that of the public address, or the one that was asked. Forms of officers
    need no such look: a browser alone has no bearer.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    public, asked = urlsplit(public_url), request.headers.get("host", "")
    ours = (
        origin is None or origin == f"{public.scheme}://{public.netloc}" or (asked != "" and urlsplit(origin).netloc == asked)
    )
    if not ours or site not in ("same-origin", "none"):
        raise ProblemError(Problem("foreign-form", "Biểu mẫu phải được gửi từ trang này", 403))
