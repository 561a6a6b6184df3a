"""What feedback says of a petition that calls for a letter, and how to reach its person."""

import base64
import json
from datetime import datetime
from typing import Any

from nacl.public import SealedBox

from contracts import Event
from contracts.contacts import ContactSealed
from contracts.petitions import (
    ContributionRecorded,
    PetitionReraised,
    PetitionStated,
    PetitionUpheld,
    SuggestionAccepted,
)
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import KEY

PETITION = "PA-260302-7QK2M4XA"
WHO = {"name": "Ánh Thị Ví Dụ", "phone": "0912 000 009", "email": "", "address": "thôn Tưởng Tượng, xã Hoàng Vân"}


def told(model: type[PetitionStated], version: int, when: datetime, unit: str = "H37.12", **more: Any) -> Event:
    """One thing that feedback says."""
    stands = {"at": when, "unit": unit, "kind": "petition", "channel": "portal", "round": 1, "version": version}
    data = model.model_validate({**stands, **more})
    return Event(f"{model.TYPE}/{version}", "/feedback", model.TYPE, PETITION, when, data)


def upheld(version: int = 5, when: datetime | None = None, *, error: bool = True, **more: Any) -> Event:
    """The person was right, and by default the office made an error."""
    return told(PetitionUpheld, version, when or at(5), error=error, dossier=more.pop("dossier", DOSSIER), **more)


def accepted(version: int = 6, when: datetime | None = None, **more: Any) -> Event:
    """A suggestion is taken up."""
    return told(SuggestionAccepted, version, when or at(5), kind="suggestion", **more)


def given(giver: str = "group", what: str = "goods", when: datetime | None = None) -> Event:
    """Somebody gave something."""
    own: dict[str, Any] = {"kind": "contribution", "channel": "counter", "given": what, "giver": giver, "contact_sequence": 1}
    return told(ContributionRecorded, 1, when or at(5), **own)


def reraised(version: int = 8, when: datetime | None = None) -> Event:
    """The person is not content."""
    return told(PetitionReraised, version, when or at(9), round=2)


def petitioner(who: dict[str, str] = WHO) -> Event:
    """How to reach who brought it forward."""
    sealed = base64.b64encode(SealedBox(KEY.public_key).encrypt(json.dumps(who).encode())).decode()
    data = ContactSealed(at=at(2), contact_sequence=1, key_epoch=1, sealed=sealed)
    return Event("petitioner", "/feedback", ContactSealed.TYPE, PETITION, at(2), data)
