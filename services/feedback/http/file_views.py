"""Files beside petitions and meetings as pages show them."""

import secrets
from collections.abc import Mapping

from reference import moment, moment_or_none
from runtime.web import Person, Role
from services.feedback.domain.attachments import LARGEST, FileKind
from services.feedback.domain.petition import Petition
from services.feedback.petition_room import PetitionRoom

KINDS: Mapping[FileKind, str] = {"pdf": "PDF", "jpeg": "ảnh JPEG", "png": "ảnh PNG", "docx": "Word"}
REMOVING = (Role.UNIT_HEAD, Role.INSPECTOR)


async def shown_files(room: PetitionRoom, of: str, person: Person, petition: Petition | None = None) -> Mapping[str, object]:
    """What a page shows of the files beside what it is of. Of a denunciation nothing but their kind and size."""
    secret = petition is not None and petition.secret
    return {
        "rows": [
            {
                "id": one.id,
                "title": "" if secret or one.removed is not None else room.attachments.title(one),
                "kind": KINDS[one.kind],
                "size": f"{max(1, round(one.size / 1000))} kB",
                "at": moment(one.at),
                "by": one.added_by.name,
                "removed": moment_or_none(one.removed),
                "removed_by": "" if one.removed_by is None else one.removed_by.name,
            }
            for one in await room.attachments.of(of)
        ],
        "secret": secret,
        "removes": person.may(*REMOVING),
        "adds": petition is None or petition.erased is None,
        "once": secrets.token_urlsafe(16),
        "most": LARGEST // 1_000_000,
    }
