"""The wall: which requests a browser may make in somebody's name (decision 24)."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

SAFE = ("GET", "HEAD")
FORM = "application/x-www-form-urlencoded"
WITH_FILE = "multipart/form-data"


class Refusal(StrEnum):
    """Why a request goes no further."""

    HOST = "foreign-host"
    PATH = "odd-path"
    METHOD = "method"
    ORIGIN = "foreign-origin"
    NO_ORIGIN = "no-origin"
    CROSS_SITE = "cross-site"
    NO_FORM = "no-form"
    TOO_LARGE = "too-large"
    FORM_TOKEN = "form-token"  # noqa: S105 - a reason
    NO_SESSION = "no-session"
    READS_ONLY = "reads-only"


@dataclass(frozen=True, slots=True)
class Told:
    """What a browser tells of the page that a request came from; None: it told nothing."""

    method: str
    origin: str | None
    fetch_site: str | None
    content_type: str | None


def judge_change(told: Told, ours: Collection[str], *, in_a_name: bool, files: bool = False) -> Refusal | None:
    """Why a change is refused, as far as its head shows.

    `in_a_name`: of somebody who is logged in. A browser names the origin of each such request, also over plain http; what comes
    without one is no browser of today. Where no log-in is used there is none that another site could misuse: silence is no
    reason there, another site's name is. `files`: whether a form with a file is taken there too.
    """
    if told.method != "POST":
        return Refusal.METHOD
    if told.origin is None and in_a_name:
        return Refusal.NO_ORIGIN
    if told.origin is not None and told.origin not in ours:
        return Refusal.ORIGIN
    if told.fetch_site not in ((None, "same-origin") if in_a_name else (None, "same-origin", "none")):
        return Refusal.CROSS_SITE
    kind = (told.content_type or "").partition(";")[0].strip().lower()
    return None if kind == FORM or (files and kind == WITH_FILE) else Refusal.NO_FORM


def same_form(given: str, own: str) -> bool:
    """Whether a form carries the token of the session that it is sent in."""
    return hmac.compare_digest(given.encode(), own.encode())
