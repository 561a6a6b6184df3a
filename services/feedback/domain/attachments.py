"""What may be kept beside a petition or a meeting: files whose kind is told by their bytes, never by their names."""

import io
import zipfile
from dataclasses import dataclass
from typing import Literal

from services.changes import By

FileKind = Literal["pdf", "jpeg", "png", "docx"]
MEDIA_TYPES: dict[FileKind, str] = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
LARGEST, MOST_FILES = 10_000_000, 10  # bytes of a file; files beside one petition or meeting
LONGEST_TITLE = 200
_MOST_MEMBERS = 2000  # of a DOCX
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One of them. `of`: a petition or a meeting; `title`: what an officer calls it, locked; `ready`: its content is kept;
    `removed`: when somebody took it away again, ms."""

    id: str
    of: str
    kind: FileKind
    size: int
    title: str
    at: int
    added_by: By
    ready: bool = False
    removed: int | None = None
    removed_by: By | None = None


def kind_of(content: bytes) -> FileKind | None:
    """What a file is by its first and last bytes, and for a DOCX by what is listed in it; None for anything else."""
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "pdf"
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[-1024:]:
        return "jpeg"
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and b"IEND" in content[-32:]:
        return "png"
    return "docx" if content.startswith(b"PK\x03\x04") and _is_docx(content) else None


def _is_docx(content: bytes) -> bool:
    """Nothing is unpacked: the list alone is read. One with macros is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return False
    names = {member.filename for member in members}
    locked = any(member.flag_bits & 1 for member in members)
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return len(members) <= _MOST_MEMBERS and not locked and not macros and {"[Content_Types].xml", "word/document.xml"} <= names


def fault_of(content: bytes, title: str) -> str:
    """What is wrong with a file that is handed in; "" if nothing is."""
    if not content:
        return "Xin chọn một tệp"
    if len(content) > LARGEST:
        return f"Tệp lớn hơn {LARGEST // 1_000_000} MB"
    if kind_of(content) is None:
        return "Tệp không phải PDF, JPEG, PNG hay DOCX (không có macro), hoặc không còn nguyên vẹn"
    if not title.strip() or len(title) > LONGEST_TITLE:
        return f"Xin ghi tệp là gì, không quá {LONGEST_TITLE} ký tự"
    return ""
