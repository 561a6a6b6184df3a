"""Codes as the offices write them: mã hồ sơ, mã TTHC, mã định danh cơ quan."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# Three generations of mã hồ sơ: 000.00.14.H56-200203-0118, H56.12-250701-0001, G09.20-20260609-0092637.
_DOSSIER = re.compile(r"(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[HG][0-9]{2}(?:\.[0-9]{2,3})*-([0-9]{6}|[0-9]{8})-[0-9]{4,7}")
_EXAMPLES = ("H56.12-250701-0001", "G09.20-20260609-0092637", "000.00.14.H56-200203-0118")
PROCEDURE_PATTERN = r"^[0-9]\.[0-9]{6}(?:\.(?:000\.00\.00\.)?[HG][0-9]{2})?$"
UNIT_PATTERN = r"^(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[HG][0-9]{2}(?:\.[0-9]{2,3})*$"
_UNIT = re.compile(UNIT_PATTERN)


def check_dossier_code(code: str) -> str:
    """Return `code` unchanged if it is a mã hồ sơ of one of the three generations (R1).

    Raises ValueError naming the rule otherwise. ASCII digits only, no line end, and a date that exists.
    """
    match = _DOSSIER.fullmatch(code)
    if match is None:
        raise ValueError(f"không phải mã hồ sơ: cần dạng {', '.join(_EXAMPLES)}")
    digits = match.group(1)
    full = digits if len(digits) == 8 else "20" + digits
    try:
        date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        raise ValueError(f"mã hồ sơ có {digits}, không phải là một ngày") from None
    return code


def is_dossier_code(text: str) -> bool:
    """Whether `text` is a mã hồ sơ (R1)."""
    try:
        check_dossier_code(text)
    except ValueError:
        return False
    return True


def body_of(dossier: str) -> str:
    """What a mã hồ sơ begins with: since 2025 the mã định danh of the body that received it."""
    return dossier.split("-", 1)[0]


def bodies_of(dossier: str) -> list[str]:
    """The body that a mã hồ sơ begins with, and those above it: of H56.12.01-250701-0001 they are H56.12.01, H56.12, H56."""
    body = body_of(dossier)
    found = [body]
    while "." in body:
        body = body.rpartition(".")[0]
        found.append(body)
    return found


def is_unit_code(text: str) -> bool:
    """Whether `text` is written as a mã định danh, and so is not the name of a body."""
    return _UNIT.fullmatch(text) is not None


_PETITION = re.compile(r"PA-[0-9]{6}-[A-Z2-7]{8}")  # the day it came, and chance: nobody guesses who else wrote


def is_petition_id(text: str) -> bool:
    """Whether `text` is the id of a petition (R30): it travels beside dossier codes on feedback.v1 and contacts.v1."""
    return _PETITION.fullmatch(text) is not None


_RESPONSE = re.compile(r"PH-[0-9a-f]{32}")  # chance alone: it says neither who answered nor when


def is_response_id(text: str) -> bool:
    """Whether `text` is the id of an answer to the survey: it travels beside dossier codes on feedback.v1."""
    return _RESPONSE.fullmatch(text) is not None


DossierCode = Annotated[str, StringConstraints(max_length=64), AfterValidator(check_dossier_code)]
ProcedureCode = Annotated[str, StringConstraints(pattern=PROCEDURE_PATTERN)]
UnitCode = Annotated[str, StringConstraints(pattern=UNIT_PATTERN)]
