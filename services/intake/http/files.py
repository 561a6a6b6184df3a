"""POST /v1/dossiers/files: a file of events or a register, taken in row by row in bounded memory."""

import asyncio
import json
import re
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from runtime.web import Answers, Problem, ProblemError, also, problem_answers
from services.intake.domain import Accepted, Answer, Quarantined, Refused, Sender, readable
from services.intake.files import SUFFIXES, FileRefusedError, RefusalFile, Row, SheetReport, read_file
from services.intake.http.answers import FileSummary, PassedLine, RefusedRow, SheetSummary
from services.intake.http.entrance import Entrance
from services.intake.http.gatekeeper import SENDING, Key

FILES = "/v1/dossiers/files"
MOST_FILE_BYTES = 64 * 1024 * 1024
TOLD = 1000  # refused rows named in the answer; the refusal file has them all
GIVEN_UP = 2_000  # rows, if none of them could be taken: the file is of another kind, or made to keep us busy
WORKBOOKS = 2  # unpacked at a time, each in a process of its own with memory of its own
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".ndjson": "application/x-ndjson",
    ".xlsx": XLSX,
}
_NO_CONTROLS = dict.fromkeys(range(32))
_ANSWERS: Answers = {
    **problem_answers(400, 401, 403, 413, 422, 429, 503),
    200: {"description": "Tổng kết, hoặc tệp các dòng bị từ chối", "model": FileSummary},
}
_BODY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add it."""
    unpacking = asyncio.Semaphore(WORKBOOKS)

    @app.post(
        FILES,
        response_model=None,
        summary="Gửi một tệp .csv, .xlsx hoặc .ndjson; dòng tốt được nhận, dòng sai được trả lại",
        openapi_extra={"requestBody": _BODY},
        dependencies=[SENDING],
        responses=also(_ANSWERS, 200, *MEDIA.values()),
    )
    async def files(
        request: Request,
        key: Key,
        name: Annotated[str, Query(max_length=200, description="Tên tệp; đuôi tệp cho biết dạng tệp")],
        answer: Annotated[Literal["json", "refused"], Query(description="refused: trả về tệp các dòng bị từ chối")] = "json",
    ) -> Response:
        sender = await entrance.admit(key)
        folder = tempfile.TemporaryDirectory(prefix="intake-")
        done = BackgroundTask(folder.cleanup)
        try:
            path = Path(folder.name) / f"upload{_suffix(request, name)}"
            await _receive(request, path)
            async with AsyncExitStack() as turn:
                if path.suffix == ".xlsx":
                    await turn.enter_async_context(unpacking)
                summary, refusals = await _take_file(path, entrance, sender)
        except FileRefusedError as error:
            folder.cleanup()
            detail = re.sub(r"^upload\.\w+: ", "", str(error))
            raise ProblemError(
                Problem("unreadable-file", "Không đọc được tệp / unreadable file", 422, readable(detail))
            ) from None
        except BaseException:
            folder.cleanup()
            raise
        if answer == "refused" and len(refusals):
            media = MEDIA[path.suffix]
            said = f"{Path(name.translate(_NO_CONTROLS)).stem}.refused{path.suffix}"
            return FileResponse(refusals.path, filename=said, media_type=media, background=done)
        # Headings come back as they were found, and may hold bytes that are no text.
        shown = json.dumps(summary.model_dump(), ensure_ascii=False).encode(errors="replace")
        return Response(shown, media_type="application/json", background=done)


def _suffix(request: Request, name: str) -> str:
    """The suffix of a file that is read. Raises FileRefusedError for another, and for a form instead of a file."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise FileRefusedError("thân yêu cầu phải là chính tệp (curl --data-binary @tệp), không phải biểu mẫu multipart")
    suffix = Path(name.translate(_NO_CONTROLS)).suffix.lower()
    if suffix not in SUFFIXES:
        raise FileRefusedError(f"cần tệp {', '.join(SUFFIXES[:3])}; đuôi tệp đứng ở cuối tham số name")
    return suffix


async def _receive(request: Request, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_FILE_BYTES:
                detail = f"nhiều nhất {MOST_FILE_BYTES >> 20} MB; hãy chia tệp thành nhiều tệp"
                raise ProblemError(Problem("too-large", "Tệp quá lớn / the file is too large", 413, detail))
            file.write(piece)


async def _take_file(path: Path, entrance: Entrance, sender: Sender) -> tuple[FileSummary, RefusalFile]:
    """Row by row; reading and writing files is work for threads, the loop has others to serve."""
    table = await asyncio.to_thread(read_file, path)
    summary = FileSummary(rows=0, accepted=0, quarantined=0, refused=0, errors=[])
    refusals = RefusalFile(path, table)
    chunks = table.chunks()
    try:
        while chunk := await asyncio.to_thread(next, chunks, None):
            summary.rows += len(chunk)
            refused = _count(chunk, await _answers(chunk, entrance, sender), summary)
            if refused:
                await asyncio.to_thread(refusals.add_all, refused)
            if summary.refused == summary.rows >= GIVEN_UP:
                raise FileRefusedError(
                    f"{summary.rows} dòng đầu đều sai; dòng {summary.errors[0].line}: {summary.errors[0].reason}"
                )
    finally:
        table.close()
        await asyncio.to_thread(refusals.close)
    summary.sheets = [_said_of(sheet) for sheet in table.sheets]
    return summary, refusals


def _count(chunk: list[Row], answers: list[Answer], summary: FileSummary) -> list[tuple[Row, str]]:
    """Count the answers; the refused rows with their reasons."""
    refused = []
    for row, answer in zip(chunk, answers, strict=True):
        match answer:
            case Refused(faults):
                reason = row.say([(fault.field, fault.detail) for fault in faults])
                refused.append((row, reason))
                summary.refused += 1
                if len(summary.errors) < TOLD:
                    summary.errors.append(RefusedRow(line=row.line, reason=reason, sheet=row.head.sheet))
            case Quarantined():
                summary.quarantined += 1
            case Accepted():
                summary.accepted += 1
    return refused


def _said_of(sheet: SheetReport) -> SheetSummary:
    return SheetSummary(
        sheet=sheet.title,
        read=not sheet.unread,
        reason=sheet.unread,
        rows=sheet.rows,
        columns=sheet.columns,
        unread_columns=sheet.unread_columns,
        notes=sheet.notes,
        passed=len(sheet.passed),
        passed_lines=[PassedLine(line=line, what=what) for line, what in sheet.passed[:TOLD]],
    )


async def _answers(chunk: list[Row], entrance: Entrance, sender: Sender) -> list[Answer]:
    """An answer per row: rows that say no item are refused without asking."""
    good = [row for row in chunk if row.item is not None]
    taken = iter((await entrance.take([row.item for row in good], sender)).answers() if good else ())
    return [Refused(tuple(row.faults)) if row.item is None else next(taken) for row in chunk]
