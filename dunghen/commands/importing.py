"""`dunghen import FILE`: rows of a file to intake, good rows in, refused rows kept beside the file."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError
from rich.progress import Progress
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from dunghen.answers import ItemAnswer, ItemAnswers
from dunghen.commands.asking import RefusedError
from dunghen.commands.common import INTAKE, IntakeUrl, Key, err, out, stop
from dunghen.together import bearer
from services.intake.files import FileRefusedError, RefusalFile, Row, SheetReport, read_file

MOST_LINES = 10  # told of each kind that is passed over


class _Busy(Exception):  # noqa: N818 - not an error of ours
    """intake answered that it cannot take anything now."""


def import_command(
    file: Annotated[Path, typer.Argument(help="Tệp .csv, .xlsx hoặc .ndjson: mỗi dòng một sự kiện, hoặc Sổ theo dõi hồ sơ")],
    key: Key,
    url: IntakeUrl = INTAKE,
) -> None:
    """Gửi một tệp; dòng bị từ chối được giữ lại trong TÊN.refused.ĐUÔI để sửa và gửi lại."""
    counts = Counter[str]()
    client = httpx.Client(base_url=url, timeout=60, headers=bearer(key))
    try:
        table = read_file(file)
        with client, RefusalFile(file, table) as refusals, Progress(console=err, transient=True) as progress:
            task = progress.add_task("Đang gửi", total=None)
            for chunk in table.chunks():
                for row, faults in _send(client, chunk, counts):
                    reason = row.say(faults)
                    where = f"trang “{row.head.sheet}”, " if row.head.sheet else ""
                    err.print(f"{where}dòng {row.line}: {reason}", markup=False)
                    refusals.add(row, reason)
                progress.update(task, advance=len(chunk))
    except FileRefusedError as error:
        stop(str(error))
    for sheet in table.sheets:
        _tell(sheet)
    accepted, held = (counts[status] for status in ("accepted", "quarantined"))
    kept = f", giữ lại chờ kiểm tra {held} dòng" if held else ""
    out.print(f"Đã nhận {accepted} dòng{kept}, từ chối {len(refusals)} dòng.")
    if len(refusals):
        out.print(f"Dòng bị từ chối: {refusals.path} (sửa rồi gửi lại chính tệp này)", markup=False)
        raise typer.Exit(1)


def _tell(sheet: SheetReport) -> None:
    """What was read of a sheet, and what was not."""
    name = f"Trang “{sheet.title}”" if sheet.title else "Bảng"
    if sheet.unread:
        out.print(f"{name}: KHÔNG ĐỌC: {sheet.unread}", markup=False)
        return
    out.print(f"{name}: {sheet.rows} dòng; đọc các cột {', '.join(sheet.columns)}", markup=False)
    if sheet.unread_columns:
        out.print(f"  Cột không đọc: {', '.join(sheet.unread_columns)}", markup=False)
    for note in sheet.notes:
        out.print(f"  Lưu ý: {note}", markup=False)
    for what, lines in _by_kind(sheet.passed).items():
        more = ", …" if len(lines) > MOST_LINES else ""
        out.print(f"  Bỏ qua {len(lines)} {what}: {', '.join(map(str, lines[:MOST_LINES]))}{more}", markup=False)


def _by_kind(passed: list[tuple[int, str]]) -> dict[str, list[int]]:
    kinds: dict[str, list[int]] = {}
    for line, what in passed:
        kinds.setdefault(what, []).append(line)
    return kinds


def _send(client: httpx.Client, chunk: list[Row], counts: Counter[str]) -> Iterator[tuple[Row, list[tuple[str, str]]]]:
    """Send the rows that say an item; yields the refused ones in their order, with field and reason."""
    good = [row for row in chunk if row.item is not None]
    answers = iter(_ask(client, good) if good else ())
    for row in chunk:
        if row.item is None:
            yield row, [(fault.field, fault.detail) for fault in row.faults]
            continue
        said = next(answers)
        if said.status == "refused":
            yield row, [(_field(place.pointer), place.detail) for place in (said.problem.errors if said.problem else ())]
        else:
            counts[said.status] += 1


def _field(pointer: str) -> str:
    """`supplements.0.requested_at` for `#/7/supplements/0/requested_at`."""
    return pointer.split("/", 2)[-1].replace("/", ".")


def _ask(client: httpx.Client, rows: list[Row]) -> tuple[ItemAnswer, ...]:
    tries = Retrying(
        retry=retry_if_exception_type((httpx.TransportError, _Busy)),
        stop=stop_after_attempt(6),
        wait=wait_exponential_jitter(multiplier=0.5, max=10),
        reraise=True,
    )
    try:
        response = tries(_post, client, rows)
    except (httpx.TransportError, _Busy) as error:
        stop(f"intake không trả lời ({type(error).__name__}); gửi lại cả tệp là an toàn: dòng đã nhận không tạo gì mới", 3)
    try:
        return ItemAnswers.model_validate_json(response.content).items
    except ValidationError:
        stop(str(RefusedError(response)))


def _post(client: httpx.Client, rows: list[Row]) -> httpx.Response:
    response = client.post("/v1/dossiers/events", json=[row.item for row in rows])
    if response.status_code == 429 or response.status_code >= 500:
        raise _Busy
    return response


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("import")(import_command)
