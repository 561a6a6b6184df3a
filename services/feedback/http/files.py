"""Files beside meetings (minutes) and petitions: handed in at the desk, given as a download and nothing else (decision 47).

Of a denunciation a file is given to whoever says what for, and that is journaled first (R34).
"""

from typing import Annotated

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.web import Person, Problem, ProblemError, also, by_role, problem_answers, whole_body
from runtime.web.uploads import MULTIPART, Upload, is_upload, read_upload
from services.feedback.attachments import Attachments, TooManyError
from services.feedback.domain.attachments import LARGEST, MEDIA_TYPES, MOST_FILES, Attachment, fault_of
from services.feedback.http.file_views import REMOVING
from services.feedback.http.petition_desk import CHANGED, Clerk, by_of, petition_for, purpose_of, seen_meeting
from services.feedback.http.public import FORM
from services.feedback.petition_room import PetitionRoom

FIELD = "file"
MOST_BYTES = LARGEST + 20_000  # of a form: its file and what stands around it
Remover = Annotated[Person, by_role(*REMOVING)]
WITH_FILE = {
    "required": True,
    "content": {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": [FIELD, "title"],
                "properties": {
                    FIELD: {"type": "string", "format": "binary"},
                    "title": {"type": "string"},
                    "once": {"type": "string"},
                },
            }
        }
    },
}
GIVEN = also(problem_answers(404, 422, 503), 200, "application/octet-stream")
# A reader that shows the file all the same runs nothing of it, and nobody's cache keeps it.
AS_FILE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "no-store",
}
NO_FILE = ProblemError(Problem("no-file", "Không có tệp này", 404))


def add_files(app: FastAPI, room: PetitionRoom) -> None:
    """The routes. They come before those of one petition."""
    _add_of_meetings(app, room)
    _add_of_petitions(app, room)


def _add_of_meetings(app: FastAPI, room: PetitionRoom) -> None:
    @app.post(
        "/meetings/{meeting}/files",
        response_class=HTMLResponse,
        summary="Trang: thêm biên bản, tệp kèm theo của một buổi",
        openapi_extra={"requestBody": WITH_FILE},
        responses=CHANGED,
    )
    async def add_to_meeting(person: Clerk, meeting: str, request: Request) -> Response:
        upload = await _upload(request)
        found = await seen_meeting(room, meeting, person)
        if not found.open_for_items(room.ground().now):
            raise ProblemError(Problem("not-yet", "Buổi này chưa diễn ra hoặc đã hủy", 422))
        await _add(room.attachments, found.id, upload, person)
        return RedirectResponse(f"/meetings/{found.id}", 303)

    @app.get(
        "/meetings/{meeting}/files/{file}",
        response_class=Response,
        summary="Tệp kèm theo của một buổi",
        responses=GIVEN,
    )
    async def of_meeting(person: Clerk, meeting: str, file: str) -> Response:
        found = await seen_meeting(room, meeting, person)
        return await _given(room.attachments, found.id, file)

    @app.post(
        "/meetings/{meeting}/files/{file}/remove",
        response_class=HTMLResponse,
        summary="Trang: gỡ một tệp của một buổi",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED,
    )
    async def remove_of_meeting(person: Remover, meeting: str, file: str) -> Response:
        found = await seen_meeting(room, meeting, person)
        await room.attachments.remove(await _one(room.attachments, found.id, file), by_of(person))
        return RedirectResponse(f"/meetings/{found.id}", 303)


def _add_of_petitions(app: FastAPI, room: PetitionRoom) -> None:
    @app.post(
        "/petitions/{petition}/files",
        response_class=HTMLResponse,
        summary="Trang: thêm một tệp kèm theo của một ý kiến",
        openapi_extra={"requestBody": WITH_FILE},
        responses=CHANGED,
    )
    async def add_to_petition(person: Clerk, petition: str, request: Request) -> Response:
        upload = await _upload(request)
        found = await petition_for(room, petition, person)
        if found.erased is not None:
            raise ProblemError(Problem("erased", "Nội dung của ý kiến này đã được xóa", 422))
        await _add(room.attachments, found.id, upload, person)
        after = await room.find(found.id)
        if after is None or after.erased is not None:  # erased while the file came
            await room.attachments.forget([found.id])
        return RedirectResponse(f"/petitions/{found.id}", 303)

    @app.get(
        "/petitions/{petition}/files/{file}",
        response_class=Response,
        summary="Tệp kèm theo của một ý kiến; của tố cáo thì phải ghi mục đích",
        responses=GIVEN,
    )
    async def of_petition(person: Clerk, petition: str, file: str) -> Response:
        found = await petition_for(room, petition, person)
        if found.secret:
            raise NO_FILE
        return await _given(room.attachments, found.id, file)

    @app.post(
        "/petitions/{petition}/files/{file}/read",
        response_class=Response,
        summary="Tệp kèm theo của một tố cáo, có ghi nhật ký",
        openapi_extra={"requestBody": FORM},
        responses=also(GIVEN, 409, "text/html"),
    )
    async def read_file(person: Clerk, petition: str, file: str, request: Request) -> Response:
        found = await petition_for(room, petition, person)
        purpose = await purpose_of(request)
        if not purpose:
            raise ProblemError(Problem("no-purpose", "Xin ghi mục đích xem, từ 5 đến 300 ký tự", 422))
        await _one(room.attachments, found.id, file)
        await room.note_reading(found.id, by_of(person), purpose)
        return await _given(room.attachments, found.id, file)

    @app.post(
        "/petitions/{petition}/files/{file}/remove",
        response_class=HTMLResponse,
        summary="Trang: gỡ một tệp của một ý kiến",
        openapi_extra={"requestBody": FORM},
        responses=CHANGED,
    )
    async def remove_of_petition(person: Remover, petition: str, file: str) -> Response:
        found = await petition_for(room, petition, person)
        await room.attachments.remove(await _one(room.attachments, found.id, file), by_of(person))
        return RedirectResponse(f"/petitions/{found.id}", 303)


async def _upload(request: Request) -> Upload:
    """The form with its file. Raises ProblemError for what is none, or too large."""
    kind = request.headers.get("content-type")
    if kind is None or not is_upload(kind):
        raise ProblemError(Problem("no-form", "Nội dung không phải biểu mẫu có tệp / not a form with a file", 400))
    return read_upload(kind, await whole_body(request, MOST_BYTES), FIELD)


async def _add(attachments: Attachments, of: str, upload: Upload, person: Person) -> None:
    title = upload.fields.get("title", "")
    problem = fault_of(upload.content, title)
    if problem:
        raise ProblemError(Problem("bad-file", problem, 422))
    try:
        await attachments.add(of, upload.content, title, by_of(person), upload.fields.get("once", "")[:100])
    except TooManyError:
        raise ProblemError(Problem("many-files", f"Mỗi buổi, mỗi ý kiến kèm nhiều nhất {MOST_FILES} tệp", 422)) from None


async def _one(attachments: Attachments, of: str, file: str) -> Attachment:
    found = await attachments.find(of, file[:64])
    if found is None:
        raise NO_FILE
    return found


async def _given(attachments: Attachments, of: str, file: str) -> Response:
    found = await _one(attachments, of, file)
    content = await attachments.content(found)
    if content is None:
        raise NO_FILE
    # A name of ours: what its sender or an officer calls it stands in no header.
    named = f'attachment; filename="{of}-{found.id[:6]}.{"jpg" if found.kind == "jpeg" else found.kind}"'
    return Response(content, media_type=MEDIA_TYPES[found.kind], headers={**AS_FILE, "content-disposition": named})
