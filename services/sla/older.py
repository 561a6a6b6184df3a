"""What the release before this one left in outboxes: statements of a due date that name what they were counted from, `of` and
`calendar`, and get their derivation when they go out. For one release; then this room goes."""

from typing import Any

from runtime.outputs import Encoder, Output
from services.sla.domain import Standing, digest_of, promise_of
from services.sla.domain.promise import steps_of
from services.sla.handlers import Context
from services.speaking import encode


def reads_older(context: Context) -> Encoder:
    """The encoder that takes outputs of both releases."""

    def encode_either(output: Output) -> bytes:
        return encode(_completed(output, context) if "of" in output.body["data"] else output)

    return encode_either


def _completed(output: Output, context: Context) -> Output:
    """A statement of the earlier release with its derivation, counted again from the same standing."""
    data: dict[str, Any] = dict(output.body["data"])
    key = data.pop("of")
    standing, line = Standing.from_key(key), context.reference.timeline(data["unit"], data["calendar"])
    steps = steps_of(standing, promise_of(standing, line, context.rules), line)
    data |= {"derivation": [step.model_dump(mode="json") for step in steps], "counted_from": digest_of(key)}
    return Output(output.topic, output.key, output.id, {**output.body, "data": data})
