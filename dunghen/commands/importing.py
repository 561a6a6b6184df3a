"""`dunghen import FILE`: rows of a file to intake, good rows in, refused rows kept beside the file."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.progress import Progress
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from dunghen.commands.common import err, out, stop
from services.intake.files import FileRefusedError, RefusalFile, Row, read_file

CHUNK = 500


class _Busy(Exception):  # noqa: N818 - not an error of ours
    """intake answered that it cannot take anything now."""


def import_command(
    file: Annotated[Path, typer.Argument(help="Tệp .csv hoặc .ndjson, mỗi dòng một sự kiện")],
    url: Annotated[str, typer.Option(help="Địa chỉ của intake")] = "http://127.0.0.1:8101",
) -> None:
    """Gửi một tệp sự kiện; dòng bị từ chối được giữ lại trong TÊN.refused.csv để sửa và gửi lại."""
    try:
        table = read_file(file)
    except FileRefusedError as error:
        stop(str(error))
    refusals, accepted = RefusalFile(file, table.headings), 0
    with httpx.Client(base_url=url, timeout=30) as client, Progress(console=err, transient=True) as progress:
        task = progress.add_task("Đang gửi", total=None)
        while chunk := list(islice(table.rows, CHUNK)):
            good = [row for row in chunk if row.item is not None]
            for row in chunk:
                if row.item is None:
                    refusals.add(row, _say(row, [(f.field, f.detail) for f in row.faults]))
            accepted += _send(client, good, refusals) if good else 0
            progress.update(task, advance=len(chunk))
    refusals.write()
    out.print(f"Đã nhận {accepted} dòng, từ chối {len(refusals)} dòng.")
    if len(refusals):
        out.print(f"Dòng bị từ chối: {refusals.path} (sửa rồi gửi lại chính tệp này)", markup=False)
        raise typer.Exit(1)


def _send(client: httpx.Client, rows: list[Row], refusals: RefusalFile) -> int:
    tries = Retrying(
        retry=retry_if_exception_type((httpx.TransportError, _Busy)),
        stop=stop_after_attempt(6),
        wait=wait_exponential_jitter(multiplier=0.5, max=10),
        reraise=True,
    )
    try:
        response = tries(_post, client, rows)
    except (httpx.TransportError, _Busy) as error:
        refusals.write()
        stop(f"intake không trả lời ({type(error).__name__}); gửi lại cả tệp là an toàn: dòng đã nhận không tạo gì mới", 3)
    accepted = 0
    for row, answer in zip(rows, response.json()["items"], strict=True):
        if answer["status"] == "refused":
            places = [(e["pointer"].split("/", 2)[-1], e["detail"]) for e in answer["problem"]["errors"]]
            refusals.add(row, _say(row, places))
        else:
            accepted += 1
    return accepted


def _post(client: httpx.Client, rows: list[Row]) -> httpx.Response:
    response = client.post("/v1/dossiers/events", json=[row.item for row in rows])
    if response.status_code >= 500:
        raise _Busy
    return response


def _say(row: Row, faults: list[tuple[str, str]]) -> str:
    text = "; ".join(f"{field}: {detail}" for field, detail in faults)
    err.print(f"dòng {row.line}: {text}", markup=False)
    return text


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("import")(import_command)
