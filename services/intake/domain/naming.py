"""Of whom and of what a snapshot speaks: procedure and units, by code or by name."""

from typing import NamedTuple

from contracts.codes import body_of
from reference import ReferenceData
from services.intake.domain.dossier import Dossier
from services.intake.domain.items import SnapshotItem


class Named(NamedTuple):
    """What a snapshot names, by itself or by what is known; None where nobody did."""

    procedure: str | None
    receiving_unit: str | None
    competent_unit: str | None


def named_in(snapshot: SnapshotItem, dossier: Dossier, reference: ReferenceData) -> Named:
    """What the sender names, else what is known by now. The receiving unit at last by the mã định danh that begins the mã hồ sơ
    (rule 3.1)."""
    procedure = _code(snapshot.procedure, snapshot.procedure_name, reference)
    competent = _code(snapshot.competent_unit, snapshot.competent_unit_name, reference)
    receiving, known = snapshot.receiving_unit, dossier.reception or dossier.submission
    if known is not None:
        procedure, competent = procedure or known.procedure, competent or known.competent_unit
        receiving = receiving or known.receiving_unit
    body = body_of(snapshot.dossier)
    by_code = body if body in reference.units else None
    return Named(procedure, receiving or by_code or competent, competent)


def _code(code: str | None, official_name: str | None, reference: ReferenceData) -> str | None:
    """The code itself, or the catalogue's code for a name; a name nobody knows goes on, to be held as unknown."""
    if code is None and official_name is not None:
        return reference.code_named(official_name) or official_name
    return code
