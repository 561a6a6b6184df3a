"""JSON as RFC 8259 has it and no more: no NaN, no number that is none, names that stand twice are told, no broken letters."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping

from services.intake.domain import Doubled, Json, readable

MOST_VALUES = 150_000  # of a body: a thousand items of a hundred and fifty values each
MOST_TOLD = 20  # names that stand twice in one object
_ESCAPED = re.compile(rb"\\u(?:00[01]|[dD][89a-fA-F])|\\[bf]")  # only an escape brings them into a body


class TooManyValuesError(ValueError):
    """More values than any request needs; each costs memory many times its bytes."""


class BrokenJsonError(ValueError):
    """What is wrong with it, in Vietnamese, with its place."""


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    counted = Counter(name for name, _ in pairs)
    return Doubled(values, sorted(name for name, number in counted.items() if number > 1)[:MOST_TOLD])


def _constant(_: str) -> Json:
    raise BrokenJsonError("NaN và Infinity không phải là giá trị JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BrokenJsonError("có một số quá lớn")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)


def read(body: bytes) -> Json:
    """The value of a body. Raises UnicodeDecodeError, BrokenJsonError, TooManyValuesError."""
    if body.count(b",") > MOST_VALUES:  # commas of texts too: no text has so many
        raise TooManyValuesError
    text = body.decode("utf-8-sig")
    try:
        raw: Json = _DECODER.decode(text)
    except BrokenJsonError:
        raise
    except json.JSONDecodeError as error:
        raise BrokenJsonError(f"dòng {error.lineno}, cột {error.colno}") from None
    except RecursionError:
        raise BrokenJsonError("lồng nhau quá sâu") from None
    except ValueError:  # a number of more digits than anybody means
        raise BrokenJsonError("có một số quá dài") from None
    return _readable(raw) if _ESCAPED.search(body) else raw


def _readable(value: Json) -> Json:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_readable(each) for each in value]
    if isinstance(value, dict):
        values = {readable(name): _readable(each) for name, each in value.items()}
        return Doubled(values, value.names) if isinstance(value, Doubled) else values
    return value


def deepest(value: Json, most: int) -> int:
    """How deeply it is nested; counted up to one more than `most`."""
    depth, level = 0, [value]
    while level and depth <= most:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, Mapping) else outer if isinstance(outer, list) else ())
            if isinstance(inner, Mapping | list)
        ]
    return depth
