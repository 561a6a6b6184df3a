"""The mail server as one more way out. Its answers mean what those of gateways mean: silence after the text is uncertain."""

import asyncio
from collections.abc import Mapping

from runtime.clock import Clock
from runtime.mail import Attached, Mail, Mailing
from runtime.mail import Outcome as MailOutcome
from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.domain.wording import ATTACHED, with_letter

MOST_SECONDS = 40.0  # for one message, however slow each step is: a claim lasts longer
OUTCOMES: Mapping[MailOutcome, Outcome] = {
    "taken": "taken",
    "refused": "refused",
    "busy": "busy",
    "away": "busy",
    "uncertain": "uncertain",
}
# Kinds of errors that time does not mend: a password, a certificate, a server without STARTTLS.
SETTINGS = ("SMTPAuthenticationError", "SSL", "SMTPNotSupported", "SMTPException")


class MailGateway:
    """Sends one message to one mailbox."""

    def __init__(self, mail: Mail, clock: Clock) -> None:
        self._mail, self._clock = mail, clock

    async def send(self, message: Sms) -> Answer:
        """See the port."""
        attached = Attached(ATTACHED, message.pdf) if message.pdf else None
        text = with_letter(message.text) if attached else message.text
        mailing = Mailing(message.client_id, (message.to,), message.subject, text, self._clock.now(), attached)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                said = (await self._mail.send(mailing))[message.to]
        except TimeoutError:
            return Answer("uncertain", "TimeoutError")
        outcome = OUTCOMES[said.outcome]
        if said.outcome == "away" and said.why.startswith(SETTINGS):
            outcome = "broken"
        return Answer(outcome, said.why)

    async def close(self) -> None:
        """See the port."""
        await self._mail.rest()
