"""An answer is one that the service's OpenAPI document describes: its status, its media type, its JSON."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx
import jsonschema
from fastapi import FastAPI

ELSEWHERE = ("/livez", "/readyz", "/metrics", "/openapi.json")  # described by the runbook, or the document itself


def operation_of(document: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any] | None:
    """The operation that answers a request; a path without parameters goes before one with them."""
    found: Mapping[str, Any] | None = None
    for template, operations in sorted(document["paths"].items(), key=lambda item: item[0].count("{"), reverse=True):
        if method.lower() in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", re.sub(r"\.", r"\\.", template)), path):
            found = operations[method.lower()]
    return found


def undescribed(document: Mapping[str, Any], response: httpx.Response) -> Iterator[str]:
    """What an answer has that its document does not say."""
    request = response.request
    place = f"{request.method} {request.url.path}: {response.status_code}"
    operation = operation_of(document, request.method, request.url.path)
    if operation is None:
        if response.status_code not in (404, 405):
            yield f"{place}: no such operation"
        return
    described = operation["responses"].get(str(response.status_code))
    if described is None:
        yield f"{place}: this status is not described"
        return
    media = response.headers.get("content-type", "").partition(";")[0]
    content = described.get("content", {})
    if media not in content and (media or content):
        yield f"{place}: {media or 'an answer without a body'} is not described, {', '.join(content) or 'nothing'} is"
    elif media.endswith("json") and not media.endswith("ndjson"):
        schema = {**content[media]["schema"], "components": document["components"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(response.json()):
            yield f"{place}: {error.json_path}: {error.message[:300]}"


def watching(app: FastAPI) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for an httpx client: each answer has to be described."""

    async def look(response: httpx.Response) -> None:
        if response.request.url.path in ELSEWHERE:
            return
        await response.aread()
        found = list(undescribed(app.openapi(), response))
        assert not found, "\n".join(found)

    return look
