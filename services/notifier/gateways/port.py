"""The port of SMS gateways."""

from typing import Protocol

from services.notifier.domain.outcome import Answer, Sms


class Gateway(Protocol):
    """Something that sends SMS. Its twin for tests and the demo is any object with these two."""

    async def send(self, message: Sms) -> Answer:
        """Hand over one message, once. What a network or a gateway does is an answer, never an error."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
