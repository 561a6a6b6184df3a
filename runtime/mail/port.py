"""What a way to send e-mail has to offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Outcome = Literal["taken", "refused", "busy", "away", "uncertain"]


@dataclass(frozen=True, slots=True)
class Attached:
    """A PDF that goes with a message. `name`: of the file, in plain letters, with `.pdf`."""

    name: str
    pdf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mailing:
    """One message as plain text for some mailboxes, each of which sees the others.

    `name` is the same for every try of the same message: it becomes its Message-ID, by which mail systems tell a repetition.
    Letters, digits, dots and dashes.
    """

    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    at: datetime
    attached: Attached | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message for one mailbox.

    - `taken`: the server answers for it from now on.
    - `refused`: it never will be; a person has to look at the address.
    - `busy`: not now, for this mailbox alone.
    - `away`: not now, for none: no server, or one that does not let us in. Nothing was handed over.
    - `uncertain`: it was handed over and the answer is lost. Sent again, it may come twice.

    `why`: code or kind of error, for logs; never an address.
    """

    outcome: Outcome
    why: str = ""


Answers = Mapping[str, Answer]  # by mailbox


def all_answer(to: tuple[str, ...], outcome: Outcome, why: str = "") -> dict[str, Answer]:
    """The same for all of these mailboxes."""
    return dict.fromkeys(to, Answer(outcome, why))


class Mail(Protocol):
    """Something that sends e-mail."""

    async def send(self, mailing: Mailing) -> Answers:
        """Hand over one message; an answer for each mailbox. Never raises for what a network or a server does."""
        ...

    async def rest(self) -> None:
        """The batch is over: give the connection back. The next `send` opens another. Raises nothing."""
        ...
