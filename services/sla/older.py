"""What the release before this one left in outboxes: statements of a due date that name what they were counted from, `of` and
`calendar`, and get their derivation when they go out. For one release; then this room goes."""

from runtime.outputs import Encoder, Output
from services.sla.domain.promise import promise_of, steps_of
from services.sla.handlers import Context
from services.sla.store import standing_from
from services.speaking import encode


def reads_older(context: Context) -> Encoder:
    """The encoder that takes outputs of both releases."""

    def encode_either(output: Output) -> bytes:
        return encode(_completed(output, context) if "of" in output.body["data"] else output)

    return encode_either


def _completed(output: Output, context: Context) -> Output:
    """A statement of the earlier release with its derivation, counted again from the same standing."""
    data = dict(output.body["data"])
    standing, line = standing_from(data.pop("of")), context.reference.timeline(data["unit"], data["calendar"])
    steps = steps_of(standing, promise_of(standing, line, context.ground.rules), line)
    data |= {"derivation": [step.model_dump(mode="json") for step in steps], "counted_from": standing.digest()}
    return Output(output.topic, output.key, output.id, {**output.body, "data": data})
