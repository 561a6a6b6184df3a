"""Documents as JSON bytes, for the adapters that keep them so; what MongoDB could not hold is refused here too."""

from collections.abc import Sequence

import orjson

from runtime.errors import InvalidDocuments
from runtime.store.port import INTEGERS, MAX_DOCUMENT_BYTES, Document


def encoded_all(documents: Sequence[Document]) -> list[bytes]:
    """Each with its next revision. Raises InvalidDocuments, which names all that no store can hold."""
    encoded, refused = [], {}
    for document in documents:
        try:
            encoded.append(_encoded({**document, "rev": document["rev"] + 1}))
        except (orjson.JSONEncodeError, OverflowError) as error:  # their text may name a type, never a value
            refused[document["_id"]] = str(error)
    if refused:
        raise InvalidDocuments(refused, ", ".join(sorted(set(refused.values()))))
    return encoded


def _encoded(document: Document) -> bytes:
    try:
        text = orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER)  # 53 bits: nearly every document passes
    except orjson.JSONEncodeError:
        text = orjson.dumps(document)  # up to 2^64
        if _beyond(document):
            raise OverflowError("an integer beyond 64 bits") from None
    if len(text) > MAX_DOCUMENT_BYTES:
        raise OverflowError("too large")
    return text


def _beyond(value: object) -> bool:
    """Whether an integer in it is none of 64 bits with a sign."""
    if isinstance(value, dict):
        return any(_beyond(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_beyond(inner) for inner in value)
    return isinstance(value, int) and value not in INTEGERS
