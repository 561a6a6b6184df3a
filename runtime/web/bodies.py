"""The body of a request as a whole, and never more of it than somebody is ready to hold."""

from fastapi import Request

from runtime.web.problems import Problem, ProblemError


async def whole_body(request: Request, most: int) -> bytes:
    """All of it. Raises ProblemError 413 as soon as it is larger than `most` bytes, without reading on."""
    size, pieces = 0, []
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise ProblemError(Problem("too-large", "Yêu cầu quá lớn / the request is too large", 413, f"tối đa {most} byte"))
        pieces.append(piece)
    return b"".join(pieces)
