"""People of tests: an issuer made for the run, and headers with their tokens."""

from collections.abc import Iterable

from dunghen.identity import LocalIssuer
from runtime.web import Role

ISSUER = LocalIssuer.new()  # give `ISSUER.trusted()` to a service that is to believe it


def as_person(
    *roles: Role, units: Iterable[str] = ("*",), name: str = "Nguyễn Thị Ký (thử)", issuer: LocalIssuer = ISSUER
) -> dict[str, str]:
    """The header of somebody with some roles in some units."""
    return issuer.headers(*roles, units=units, name=name)
