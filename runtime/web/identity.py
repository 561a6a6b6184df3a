"""Who asks: a person with roles in some units, as a token of a trusted issuer says (decision 24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ALL_UNITS = "*"


class Role(StrEnum):
    """What a person works as. Each holds for the units of the token."""

    OFFICER = "officer"
    UNIT_HEAD = "unit-head"
    SIGNER = "signer"
    INSPECTOR = "inspector"
    REPORTER = "reporter"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


ROLE_NAMES: Mapping[Role, str] = {
    Role.OFFICER: "cán bộ một cửa",
    Role.UNIT_HEAD: "thủ trưởng đơn vị",
    Role.SIGNER: "người ký",
    Role.INSPECTOR: "thanh tra",
    Role.REPORTER: "cán bộ báo cáo",
    Role.SUPERVISOR: "giám sát",
    Role.OPERATOR: "vận hành",
    Role.ADMINISTRATOR: "quản trị",
}


class Door(StrEnum):
    """Whom a route is for. Only the public one may face outside."""

    PUBLIC = "public"  # citizens and sending systems
    OFFICERS = "officers"  # people with a token, operators with a key
    OPERATIONS = "operations"  # probes and metrics


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. `units`: codes, or `*` for the whole province. `reads_only`: the issuer could not be asked lately whether the
    roles still hold. `form`: the token that forms of the session carry; the front checks it. `duty`: of a part of the product
    that asks for itself, and so has no role and no unit: what it asks for."""

    subject: str
    name: str
    roles: frozenset[Role]
    units: frozenset[str]
    reads_only: bool = False
    form: str = ""
    duty: str = ""

    @property
    def works_as(self) -> str:
        """The person's roles in words."""
        return ", ".join(words for role, words in ROLE_NAMES.items() if role in self.roles)

    def may(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def sees(self, unit: str) -> bool:
        """Whether what belongs to a unit is there for this person."""
        return ALL_UNITS in self.units or unit in self.units

    def units_of(self, asked: str = "") -> tuple[str, ...] | None:
        """Which units a list is of: the one that was asked for, or all; those the person does not see are left out.
        None: it is of all units there are."""
        if asked:
            return (asked,) if self.sees(asked) else ()
        return None if ALL_UNITS in self.units else tuple(sorted(self.units))
