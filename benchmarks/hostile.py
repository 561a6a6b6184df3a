"""`./dev bench hostile`: what each hostile input costs intake, against bounds. `--write` puts the table into the docs.

A process of intake on embedded parts takes them one after the other. No Kafka and no MongoDB is needed.
"""

import asyncio
import gzip
import io
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.watched import Cost, Served, said, serving

MOST_MEMORY, MOST_COMPUTED = 150, 5.0  # MB beyond idle and seconds of the serving process
MOST_CHILD_MEMORY, MOST_CHILD_COMPUTED = 300, 60.0  # of the process that unpacks a workbook
MOST_LIVEZ = 100.0  # ms of computing before an answer; a machine may have others to serve besides
PAGE = Path(__file__).parents[1] / "docs" / "integration" / "hostile.md"
EVENTS, PORTAL, FILES = "/v1/dossiers/events", "/mapi/g", "/v1/dossiers/files?name="
MILLION = 1_000_000
HEADINGS = ("Mã hồ sơ", "Mã TTHC", "Tên cá nhân, tổ chức", "Số điện thoại", "Ngày nhận", "Ngày hẹn trả", "Trạng thái")
XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
Talk = Callable[[Served], Awaitable[bytes]]
Making = Callable[[], Talk]


def head(served: Served, path: str, length: int | None, *more: str) -> bytes:
    """The beginning of a request."""
    lines = [f"POST {path} HTTP/1.1", "host: intake", f"authorization: Bearer {served.key}", "connection: close", *more]
    lines += [] if length is None else [f"content-length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def posting(path: str, make: Callable[[], bytes], *more: str) -> Making:
    """A body, whole and at once; it is made before anything is measured."""

    def making() -> Talk:
        body = make()

        async def talk(served: Served) -> bytes:
            return await said(served.port, head(served, path, len(body), *more), body)

        return talk

    return making


def register(sheet: Callable[[IO[bytes]], None], **more: bytes) -> bytes:
    """A workbook whose one sheet is written by hand, perhaps with other parts of it in place of the usual ones."""
    from openpyxl import Workbook  # noqa: PLC0415 - the process that asks /livez imports this module too

    book = Workbook(write_only=True)
    book.create_sheet().append(HEADINGS)
    book.save(plain := io.BytesIO())
    with zipfile.ZipFile(plain) as usual, zipfile.ZipFile(made := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in usual.namelist():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, more.get(Path(name).stem, usual.read(name)))
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            sheet(part)
    return made.getvalue()


def _sheet(*rows: bytes, before: bytes = b"") -> Callable[[IO[bytes]], None]:
    heads = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADINGS)
    first = f"<worksheet {XMLNS}><sheetData><row>{heads}</row>".encode()

    def write(part: IO[bytes]) -> None:
        for piece in (before, first, *rows, b"</sheetData></worksheet>"):
            part.write(piece)

    return write


def _zip_bomb() -> bytes:
    return register(_sheet(*[b" " * 4_000_000] * 175))


def _entity_bomb() -> bytes:
    names = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    before = f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a0 "ha">{names}]>'.encode()
    return register(_sheet(b'<row><c t="inlineStr"><is><t>&a9;</t></is></c></row>', before=before))


def _deep_xml() -> bytes:
    return register(_sheet(b"".join(f"<a{n * 2654435761 % 2**32:x}>".encode() for n in range(100_000))))


def _many_rows() -> bytes:
    """Each is a dossier with everything wrong, and packs badly."""
    row = '<row><c t="inlineStr"><is><t>H37.12-{}</t></is></c></row>'
    return register(_sheet(*(row.format(n * 2654435761 % 2**32).encode() for n in range(MILLION))))


def _many_columns() -> bytes:
    row = b"<row>" + b"".join(f"<c><v>{n * 2654435761 % 2**32}</v></c>".encode() for n in range(16_384)) + b"</row>"
    return register(_sheet(*[row] * 20))


def _doubled() -> bytes:
    return b"{" + b",".join(b'"a%d":1,"a%d":2' % (n, n) for n in range(100_000)) + b"}"


def _multipart() -> bytes:
    return b"".join(b'--x\r\ncontent-disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(10_000)) + b"--x--\r\n"


async def _slowly(served: Served) -> bytes:
    """Fifty senders, each a byte at a time."""
    pieces = [head(served, EVENTS, 1000), *[b" "] * 30]
    await asyncio.gather(*(said(served.port, *pieces, pause=0.1, hang_up=True) for _ in range(50)))
    return b""


async def _half(served: Served) -> bytes:
    """A hundred senders that hang up in the middle of a megabyte."""
    pieces = (head(served, EVENTS, 2 * MILLION), b"[" + b" " * MILLION)
    await asyncio.gather(*(said(served.port, *pieces, hang_up=True) for _ in range(100)))
    return b""


async def _longer_than_said(served: Served) -> bytes:
    return await said(served.port, head(served, EVENTS, 2), b"[]" + b"[" * 4 * MILLION)


async def _headers(served: Served) -> bytes:
    return await said(served.port, head(served, EVENTS, 2, *(f"x-{n}: {n}" for n in range(10_000))), b"[]")


async def _long_header(served: Served) -> bytes:
    return await said(served.port, head(served, EVENTS, 2, "x: " + "x" * 4 * MILLION), b"[]")


async def _many_keys(served: Served) -> bytes:
    """A thousand keys, ten at a time."""

    async def some(first: int) -> bytes:
        answer = b""
        for number in range(first, 1000, 10):
            answer = await said(served.port, head(served, EVENTS, 4, f"idempotency-key: {number:0150}"), b"[{}]")
        return answer

    return (await asyncio.gather(*(some(n) for n in range(10))))[0]


INPUTS: dict[str, Making] = {
    "JSON, 100,000 lists in each other": posting(EVENTS, lambda: b"[" * 100_000),
    "JSON, 60,000 objects in each other, at the portal's door": posting(PORTAL, lambda: b'{"a":' * 60_000),
    "JSON of 10 MB, one string": posting(EVENTS, lambda: b'["' + b"x" * 10 * MILLION + b'"]'),
    "JSON of 8 MB, one string": posting(EVENTS, lambda: b'["' + b"x" * 8 * MILLION + b'"]'),
    "JSON of 8 MB, one string of escapes": posting(EVENTS, lambda: b'["' + b"\\u0001" * (8 * MILLION // 6) + b'"]'),
    "JSON, 1,000,000 small objects": posting(EVENTS, lambda: b"[" + b",".join([b'{"a":1}'] * MILLION) + b"]"),
    "JSON, 4,000,000 numbers": posting(PORTAL, lambda: b"[" + b",".join([b"1"] * 4 * MILLION) + b"]"),
    "JSON, a number of 8,000,000 digits": posting(EVENTS, lambda: b"[" + b"9" * 8 * MILLION + b"]"),
    "JSON, 200,000 numbers like 1e308": posting(EVENTS, lambda: b"[" + b",".join([b"1.7e308"] * 200_000) + b"]"),
    "JSON, 100,000 names twice": posting(EVENTS, _doubled),
    "portal's data as JSON in JSON": posting(
        PORTAL, lambda: b'{"service":"DongBoHoSoMC","data":"[' + b",".join([b"{}"] * MILLION) + b']"}'
    ),
    "workbook, a sheet of 700 MB packed": posting(f"{FILES}a.xlsx", _zip_bomb),
    "workbook, entities of entities": posting(f"{FILES}a.xlsx", _entity_bomb),
    "workbook, 100,000 elements in each other": posting(f"{FILES}a.xlsx", _deep_xml),
    "workbook, 1,000,000 rows": posting(f"{FILES}a.xlsx", _many_rows),
    "workbook, 16,384 columns": posting(f"{FILES}a.xlsx", _many_columns),
    "CSV, one line of 50 MB": posting(f"{FILES}a.csv", lambda: b"x" * 50 * MILLION),
    "CSV, one line of 50 MB of separators": posting(f"{FILES}a.csv", lambda: b"," * 50 * MILLION),
    "body in gzip": posting(EVENTS, lambda: gzip.compress(b"[" + b" " * 100 * MILLION), "content-encoding: gzip"),
    "body of a byte at a time, 50 senders": lambda: _slowly,
    "half a request, 100 senders": lambda: _half,
    "body longer than its Content-Length": lambda: _longer_than_said,
    "multipart, 10,000 parts": posting(EVENTS, _multipart, "content-type: multipart/form-data; boundary=x"),
    "10,000 headers": lambda: _headers,
    "a header of 4 MB": lambda: _long_header,
    "1,000 requests, each with an Idempotency-Key of its own": lambda: _many_keys,
}


@dataclass(frozen=True)
class Line:
    """One input, its answer, its cost."""

    name: str
    answer: str
    cost: Cost

    def broken(self) -> list[str]:
        """Which bounds it breaks."""
        cost = self.cost
        bounds = (
            ("memory", cost.memory, MOST_MEMORY),
            ("computing", cost.computed, MOST_COMPUTED),
            ("memory of the child", cost.child_memory, MOST_CHILD_MEMORY),
            ("computing of the child", cost.child_computed, MOST_CHILD_COMPUTED),
            ("/livez", cost.blocked, MOST_LIVEZ),
        )
        found = [f"{self.name}: {what} {value:.1f}, at most {most}" for what, value, most in bounds if value > most]
        return [*found, f"{self.name}: {self.answer}"] if self.answer.startswith("5") else found

    def __str__(self) -> str:
        cost = self.cost
        child = f"{cost.child_memory} MB, {cost.child_computed:.1f} s" if cost.child_memory else "-"
        return (
            f"| {self.name} | {self.answer} | {cost.memory} MB | {cost.computed:.2f} s | {child} | {cost.took:.1f} s "
            f"| {cost.livez:.0f} ms ({cost.blocked:.0f} ms) |"
        )


async def measured(served: Served, name: str) -> Line:
    """One input."""
    talk = INPUTS[name]()
    async with served.costs() as cost:
        answer = await talk(served)
    status = answer.split(b" ", 2)[1].decode() if answer.startswith(b"HTTP/") else "hung up"
    await asyncio.sleep(0.2)
    return Line(name, status, cost)


HEAD = ("input", "answer", "memory beyond idle", "computing", "child", "took", "worst `/livez` (computing meanwhile)")


async def table(names: Sequence[str] = ()) -> list[Line]:
    """The named inputs, or all; each is printed when it is measured."""
    async with serving() as served:
        lines = []
        for name in names or INPUTS:
            lines.append(await measured(served, name))
            print(lines[-1], flush=True)
        return lines


def run(*, write: bool = False) -> int:
    """Print the table; 1 if a bound breaks."""
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    lines = asyncio.run(table())
    if write:
        text = "\n".join((f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *map(str, lines)))
        kept = PAGE.read_text("utf-8").partition("| input |")[0]
        PAGE.write_text(f"{kept}{text}\n", "utf-8")
    broken = [fault for line in lines for fault in line.broken()]
    print("\n".join(broken) if broken else "no bound breaks")
    return 1 if broken else 0
