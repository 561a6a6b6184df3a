"""What people did with held items: who, when, which fields, why, and what became of it. The items themselves are gone then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

What = Literal["sent", "seen", "discarded"]
Result = Literal["", "accepted", "quarantined", "refused", "done"]  # "": not known, the process ended before it was

# Why somebody discards an item. A list, no free text: that might be about somebody.
REASONS: Mapping[str, str] = {
    "resent": "hệ thống gửi đã gửi lại bản đúng",
    "elsewhere": "đã được nhận bằng cách khác",
    "mistaken": "hệ thống gửi nhầm, không có hồ sơ này",
    "trial": "dữ liệu thử",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One line. `at`: ms since 1970. `held`: id of the item. `who`: the subject at the issuer. `fields`: those that were
    changed, by name. `why`: a key of REASONS, of what was discarded. `of`: the units whose people saw the item."""

    id: str
    at: int
    held: str
    dossier: str
    what: What
    who: str
    name: str
    fields: tuple[str, ...] = ()
    why: str = ""
    result: Result = ""
    of: frozenset[str] = frozenset()
