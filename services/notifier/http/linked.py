"""The letter that the link in an SMS opens, for whoever shows its token (decision 43). The front asks, and slows guesses."""

from fastapi import Depends, FastAPI, Request, Response
from fastapi.security import APIKeyHeader

from runtime.parts import Parts
from runtime.web import Problem, ProblemError, also, by_key, problem_answers
from services.notifier.domain.letter_links import is_token
from services.notifier.domain.locked import Locked
from services.notifier.domain.wording import ATTACHED
from services.notifier.jobs import Desk
from services.notifier.papers import opened_by

HEADER = "x-letter-token"
_SHOWN = APIKeyHeader(
    name=HEADER, scheme_name="letter-token", description="Mã cuối liên kết mở thư trong tin nhắn.", auto_error=False
)


def add_linked(app: FastAPI, parts: Parts, desk: Desk) -> None:
    """The route."""

    @app.get(
        "/v1/linked-letter",
        summary="Thư mà liên kết trong tin nhắn mở",
        response_class=Response,
        dependencies=[by_key("the token of a link to a letter"), Depends(_SHOWN)],
        responses=also(problem_answers(401, 503), 200, "application/pdf"),
    )
    async def linked(request: Request) -> Response:
        """Whatever is wrong with a token is answered alike."""
        if desk.letters is None:
            raise ProblemError(Problem("no-links", "Chưa mở thư qua liên kết / links are not set up", 503))
        token = request.headers.get(HEADER, "")
        pdf = await opened_by(parts, desk.opener, token, desk.context.clock.now()) if is_token(token) else None
        if isinstance(pdf, Locked):
            detail = f"Thiếu khóa mở thông tin liên hệ đợt {pdf.epoch}"
            raise ProblemError(Problem("locked", "Chưa mở được thư / the key is not here", 503, detail))
        if pdf is None:
            raise ProblemError(Problem("no-key", "Liên kết không mở được thư nào / this opens no letter", 401))
        headers = {"content-disposition": f'inline; filename="{ATTACHED}"', "cache-control": "no-store"}
        return Response(pdf, media_type="application/pdf", headers=headers)
