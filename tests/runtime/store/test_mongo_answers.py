"""What is made of the answers of a MongoDB server that no test can provoke on a real one."""

from typing import Any

import pytest
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WTimeoutError,
)

from runtime.errors import Invalid, InvalidDocuments, Unavailable
from runtime.store.mongo import MAX_DEPTH, REFUSED, of_command, reacting, sort_out
from tests.runtime.store.suite import nested

COMMAND_CODES = {
    1: "InternalError",
    2: "BadValue",
    6: "HostUnreachable",
    11: "UserNotFound",
    13: "Unauthorized",
    14: "TypeMismatch",
    18: "AuthenticationFailed",
    50: "MaxTimeMSExpired",
    64: "WriteConcernTimeout",
    91: "ShutdownInProgress",
    100: "UnsatisfiableWriteConcern",
    112: "WriteConflict",
    133: "FailedToSatisfyReadPreference",
    189: "PrimarySteppedDown",
    262: "ExceededTimeLimit",
    10107: "NotWritablePrimary",
    11600: "InterruptedAtShutdown",
    11601: "Interrupted",
    11602: "InterruptedDueToReplStateChange",
    13388: "StaleConfig",
    13436: "NotPrimaryOrSecondary",
    14031: "OutOfDiskSpace",
    10334: "BSONObjectTooLarge",
}
PERSON = "Nông Thị Mẫu"
ERRORS: list[PyMongoError] = [
    *(OperationFailure(f"{name}: {PERSON}", code) for code, name in COMMAND_CODES.items()),
    OperationFailure(PERSON),
    AutoReconnect("connection closed"),
    NetworkTimeout("timed out"),
    NotPrimaryError("not primary"),
    ServerSelectionTimeoutError("no servers"),
    ExecutionTimeout(PERSON, 50),
    WTimeoutError(PERSON, 64),
    WriteConcernError(PERSON, 64),
]


@pytest.mark.parametrize("error", ERRORS, ids=[f"{type(error).__name__} {getattr(error, 'code', '')}" for error in ERRORS])
async def test_an_answer_to_a_whole_command_is_tried_again(error: PyMongoError) -> None:
    @reacting
    async def ask() -> None:
        raise error

    with pytest.raises(Unavailable) as said:
        await ask()

    assert PERSON not in str(said.value)


def answer(*codes: int, write_concern: tuple[int, ...] = ()) -> dict[str, Any]:
    """A bulk write's answer with these write errors, at the indexes 0, 1, ..."""
    errors = [{"index": n, "code": code, "errmsg": PERSON, "op": {"_id": PERSON}} for n, code in enumerate(codes)]
    return {"writeErrors": errors, "writeConcernErrors": [{"code": code} for code in write_concern], "nMatched": 0}


@pytest.mark.parametrize("code", REFUSED)
def test_a_write_error_about_a_document_names_it(code: int) -> None:
    assert sort_out(answer(11000, code, 11000)) == ({0, 2}, {1: REFUSED[code]})


@pytest.mark.parametrize("code", [code for code in COMMAND_CODES if code not in REFUSED])
def test_a_write_error_about_anything_else_is_tried_again_also_beside_a_refused_document(code: int) -> None:
    with pytest.raises(Unavailable) as said:
        sort_out(answer(10334, 11000, code))

    assert PERSON not in str(said.value)


def test_documents_that_no_majority_has_are_saved_again() -> None:
    with pytest.raises(Unavailable, match="write concern error 64"):
        sort_out(answer(11000, write_concern=(64,)))


@pytest.mark.parametrize("code", [15, 22])
def test_a_command_refused_as_malformed_names_the_documents_nested_too_deeply(code: int) -> None:
    error = OperationFailure("exceeded maximum nested object depth", code)
    deep, good = ({"_id": name, "x": nested(levels)} for name, levels in (("deep", MAX_DEPTH), ("good", MAX_DEPTH - 1)))
    said = of_command(error, [good, deep])

    assert isinstance(said, InvalidDocuments)
    assert said.ids == ("deep",)
    assert of_command(error, [good]) is error
    other = OperationFailure("internal", 1)
    assert of_command(other, [deep]) is other


async def test_a_question_that_cannot_be_written_is_invalid() -> None:
    @reacting
    async def ask() -> None:
        raise OverflowError

    with pytest.raises(Invalid):
        await ask()
