"""HTML pages in Vietnamese that work on a phone and without scripts: templates, one style, forms from our own pages only."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from runtime.web import Problem, ProblemError

_OFFICE = timezone(timedelta(hours=7))
# No script, no frame, nothing from elsewhere; and no address of ours, which may hold a token, travels on.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
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

    def show(self, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """A page."""
        return HTMLResponse(self.text(template, values), status, HEADERS)

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """A page as text."""
        return self._jinja.get_template(template).render(values)


def when(moment: datetime | None) -> str:
    """`15:40 26/02/2026` in Vietnamese time; a dash for None."""
    return "-" if moment is None else f"{moment.astimezone(_OFFICE):%H:%M %d/%m/%Y}"


def own_form(request: Request) -> None:
    """Raises ProblemError for a form that another site sent by a visitor's browser."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ProblemError(Problem("foreign-form", "Biểu mẫu phải được gửi từ trang này", 403))
