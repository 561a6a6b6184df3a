"""People as the front knows them: what the issuer says of one, and what the province's own file says (decision 24)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

ALL_UNITS = "*"
LONGEST_NAME = 200  # characters that services take of one
# Role -> its words on pages. What each may do is said by the services' routes.
ROLES = {
    "officer": "cán bộ một cửa",
    "unit-head": "thủ trưởng đơn vị",
    "signer": "người ký",
    "inspector": "thanh tra",
    "reporter": "cán bộ báo cáo",
    "supervisor": "giám sát",
    "operator": "vận hành",
    "administrator": "quản trị",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. `roles` are of ROLES; each holds for all of `units`."""

    subject: str
    name: str
    roles: frozenset[str]
    units: frozenset[str]

    def has(self, roles: Iterable[str]) -> bool:
        """Whether one of these roles is theirs."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the issuer says of somebody. `email` is empty unless the issuer has verified it."""

    subject: str
    name: str
    email: str
    roles: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """A line of the province's file: roles and units of one person (`who`: subject or e-mail), from a day to a day, both
    included; None leaves an end open."""

    who: str
    roles: frozenset[str]
    units: frozenset[str]
    first: date | None = None
    last: date | None = None

    def on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: "Grant") -> bool:
        """Whether there is a day on which both hold for one person."""
        if self.who != other.who:
            return False
        return (self.first or date.min) <= (other.last or date.max) and (other.first or date.min) <= (self.last or date.max)


def person_of(claims: Claims, grants: Iterable[Grant], day: date) -> Person:
    """Who somebody is on a day. A grant in force takes the place of what the issuer claims: a role of the one would else hold
    for the units of the other. Words that are no role of ours are left out."""
    own = [grant for grant in grants if grant.who in {claims.subject, claims.email} - {""} and grant.on(day)]
    roles = frozenset().union(*(grant.roles for grant in own)) if own else frozenset(claims.roles) & ROLES.keys()
    units = frozenset().union(*(grant.units for grant in own)) if own else frozenset(claims.units)
    return Person(claims.subject, (claims.name or claims.subject)[:LONGEST_NAME], roles, units)


def faults_of(grants: Sequence[Grant]) -> list[str]:
    """What is wrong with the lines of a file: roles that there are not, and days on which a person would have roles for
    different units, which one bearer cannot say."""
    faults = []
    for number, grant in enumerate(grants, start=1):
        unknown = sorted(grant.roles - ROLES.keys())
        if unknown:
            faults.append(f"line {number}: there is no role {', '.join(unknown)}; there are: {', '.join(ROLES)}")
        if grant.first is not None and grant.last is not None and grant.last < grant.first:
            faults.append(f"line {number}: ends before it begins")
        for before, earlier in enumerate(grants[: number - 1], start=1):
            if grant.overlaps(earlier) and grant.units != earlier.units:
                faults.append(f"lines {before} and {number}: one person has different units on the same days")
    return faults
