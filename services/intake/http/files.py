"""POST /v1/dossiers/files: a file of events or a register, taken in row by row in bounded memory."""

import asyncio
import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.background import BackgroundTask

from runtime.web import Answers, Problem, ProblemError, also, problem_answers
from services.intake.domain import Accepted, Answer, Quarantined, Refused, Sender
from services.intake.files import FileRefusedError, RefusalFile, Row, read_file
from services.intake.http.answers import FileSummary, RefusedRow
from services.intake.http.entrance import Entrance
from services.intake.http.gatekeeper import Key

MOST_FILE_BYTES = 64 * 1024 * 1024
CHUNK = 500
TOLD = 1000  # refused rows named in the answer; the refusal file has them all
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = {".csv": "text/csv", ".ndjson": "application/x-ndjson", ".xlsx": XLSX}
_ANSWERS: Answers = {
    **problem_answers(400, 401, 403, 413, 422, 429, 503),
    200: {"description": "Tổng kết, hoặc tệp các dòng bị từ chối", "model": FileSummary},
}
_BODY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add it."""

    @app.post(
        "/v1/dossiers/files",
        response_model=None,
        summary="Gửi một tệp .csv, .xlsx hoặc .ndjson; dòng tốt được nhận, dòng sai được trả lại",
        openapi_extra={"requestBody": _BODY},
        responses=also(_ANSWERS, 200, "text/csv", "application/x-ndjson", XLSX, "application/octet-stream"),
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
            path = Path(folder.name) / f"upload{Path(name).suffix.lower()[:10]}"
            await _receive(request, path)
            summary, refusals = await _take_file(path, entrance, sender)
        except FileRefusedError as error:
            folder.cleanup()
            detail = str(error).removeprefix(f"{path.name}: ")
            raise ProblemError(Problem("unreadable-file", "Không đọc được tệp / unreadable file", 422, detail)) from None
        except BaseException:
            folder.cleanup()
            raise
        if answer == "refused" and len(refusals):
            media = MEDIA.get(path.suffix, "application/octet-stream")
            said = f"{Path(name).stem}.refused{path.suffix}"
            return FileResponse(refusals.path, filename=said, media_type=media, background=done)
        return JSONResponse(summary.model_dump(), background=done)


async def _receive(request: Request, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_FILE_BYTES:
                detail = f"at most {MOST_FILE_BYTES} bytes; split the file"
                raise ProblemError(Problem("too-large", "Tệp quá lớn / the file is too large", 413, detail))
            file.write(piece)


async def _take_file(path: Path, entrance: Entrance, sender: Sender) -> tuple[FileSummary, RefusalFile]:
    """Row by row; reading is work for a thread, the loop has others to serve."""
    table = await asyncio.to_thread(read_file, path)
    summary = FileSummary(rows=0, accepted=0, quarantined=0, refused=0, errors=[])
    with RefusalFile(path, table) as refusals:
        while chunk := await asyncio.to_thread(lambda: list(islice(table.rows, CHUNK))):
            summary.rows += len(chunk)
            for row, answer in zip(chunk, await _answers(chunk, entrance, sender), strict=True):
                match answer:
                    case Refused(faults):
                        _refuse(row, table.say([(f.field, f.detail) for f in faults]), refusals, summary)
                    case Quarantined():
                        summary.quarantined += 1
                    case Accepted():
                        summary.accepted += 1
    return summary, refusals


async def _answers(chunk: list[Row], entrance: Entrance, sender: Sender) -> list[Answer]:
    """An answer per row: rows that say no item are refused without asking."""
    good = [row for row in chunk if row.item is not None]
    taken = iter((await entrance.take([row.item for row in good], sender)).answers() if good else ())
    return [Refused(tuple(row.faults)) if row.item is None else next(taken) for row in chunk]


def _refuse(row: Row, reason: str, refusals: RefusalFile, summary: FileSummary) -> None:
    refusals.add(row, reason)
    summary.refused += 1
    if len(summary.errors) < TOLD:
        summary.errors.append(RefusedRow(line=row.line, reason=reason))
