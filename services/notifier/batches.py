"""A batch of letters for the post: whom they go to, their addresses to be cut out, and the letters as they were issued.

It names people, so whoever prints it is written down before anything is opened, each time (decision 30); nothing of it is kept.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files

from pyhanko.pdf_utils.generic import DictionaryObject, NameObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from runtime.typeset import typeset
from services.notifier.domain.contact import Person
from services.notifier.domain.lines import breakable, cleaned

MOST = 100  # letters of a batch: more are printed in the next one
_LAYOUT = files("services.notifier").joinpath("templates/batch.typ").read_bytes()
_OF_PAGE = ("/MediaBox", "/Resources", "/Contents")  # without the field of a signature, which is of the file that it signs


@dataclass(frozen=True, slots=True)
class Line:
    """One letter of a batch. `pdf`: as it was issued."""

    dossier: str
    symbol: str
    kind: str
    person: Person
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands over the list. `left`: letters that could not be printed, and why."""

    body: str
    batch: str
    printed_at: datetime
    by: str
    left: tuple[tuple[str, str], ...] = ()


def render(cover: Cover, lines: Sequence[Line]) -> bytes:
    """The batch as one PDF. It works for some ten milliseconds a letter: callers take it off their event loop."""
    shown = {
        "body": cleaned(cover.body),
        "batch": cover.batch,
        "printed": f"{cover.printed_at:%H:%M ngày %d/%m/%Y}",
        "dated": (cover.printed_at.year, cover.printed_at.month, cover.printed_at.day),
        "by": cleaned(cover.by),
        "left": [{"dossier": dossier, "why": why} for dossier, why in cover.left],
        "lines": [_line(line) for line in lines],
    }
    return joined([typeset(_LAYOUT, batch=shown), *(line.pdf for line in lines)])


def _line(line: Line) -> dict[str, str]:
    told = {name: breakable(cleaned(value)) for name, value in asdict(line.person).items() if name in ("name", "address")}
    return {"dossier": line.dossier, "symbol": line.symbol, "kind": line.kind, **told}


def joined(documents: Sequence[bytes]) -> bytes:
    """The pages of some PDFs as one, for a printer: what was signed stays signed in its own file alone."""
    writer = PdfFileWriter(stream_xrefs=True)  # type: ignore[no-untyped-call]
    for document in documents:
        reader = PdfFileReader(io.BytesIO(document))
        for number in range(int(reader.root["/Pages"]["/Count"])):
            page = reader.find_page_for_modification(number)[0].get_object()  # type: ignore[no-untyped-call]
            own = {NameObject(key): writer.import_object(page.raw_get(key)) for key in _OF_PAGE}
            copied = DictionaryObject({NameObject("/Type"): NameObject("/Page"), **own})  # type: ignore[no-untyped-call]
            writer.insert_page(copied)  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()
