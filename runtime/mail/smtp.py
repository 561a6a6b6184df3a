"""An SMTP server as a way to send e-mail (RFC 5321), by aiosmtplib. One connection serves a batch.

The steps are taken one by one, for what an error means depends on the step: before DATA nothing was handed over, and a server
that says no to what it was handed over has not taken it. Only silence after DATA is uncertain.
"""

import asyncio
import ssl

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPServerDisconnected

from runtime.mail.message import as_bytes, domain_of
from runtime.mail.port import Answer, Answers, Mailing, all_answer
from runtime.mail.settings import MailSettings
from runtime.settings import environment_name

_AWAY = (SMTPException, OSError, TimeoutError, ValueError)  # ValueError: bytes that are no SMTP


class SmtpMail:
    """The server that the settings name."""

    def __init__(self, settings: MailSettings) -> None:
        """Raises ValueError for a file of certificates that is none."""
        self._settings = settings
        try:
            self._trusted = ssl.create_default_context(cafile=settings.mail_ca_file)
        except ssl.SSLError:
            raise ValueError(f"{environment_name(type(settings), 'mail_ca_file')}: holds no certificates") from None
        self._client: aiosmtplib.SMTP | None = None
        self._turn = asyncio.Lock()  # a connection carries one message at a time

    async def send(self, mailing: Mailing) -> Answers:
        """A connection that ended while it rested is opened once more. Raises ValueError for a subject of several lines."""
        body = as_bytes(mailing, self._settings.mail_from)
        async with self._turn:
            rested = self._client is not None
            try:
                return await self._sent(mailing, body)
            except SMTPServerDisconnected as error:
                self._drop()
                if not rested:
                    return all_answer(mailing.to, "away", _why(error))
            except _AWAY as error:
                self._drop()
                return all_answer(mailing.to, "away", _why(error))
            try:
                return await self._sent(mailing, body)
            except _AWAY as error:
                self._drop()
                return all_answer(mailing.to, "away", _why(error))

    async def rest(self) -> None:
        """Say goodbye; a server that does not answer to that is left without."""
        async with self._turn:
            client, self._client = self._client, None
            if client is None:
                return
            try:
                await client.quit()
            except _AWAY:
                client.close()

    async def _sent(self, mailing: Mailing, body: bytes) -> Answers:
        """Raises what keeps a message from being handed over to anybody."""
        client = await self._connected()
        await client.mail(self._settings.mail_from)
        answers: dict[str, Answer] = {}
        for box in mailing.to:
            try:
                await client.rcpt(box)
            except SMTPRecipientRefused as error:
                answers[box] = _said_no(error.code)
        taken_in = tuple(box for box in mailing.to if box not in answers)
        if not taken_in:
            await client.rset()
            return answers
        answer = await self._handed_over(client, body)
        return answers | dict.fromkeys(taken_in, answer)

    async def _handed_over(self, client: aiosmtplib.SMTP, body: bytes) -> Answer:
        try:
            await client.data(body)
        except SMTPDataError as error:
            self._drop()  # where in a transaction a server is after that differs from server to server
            return _said_no(error.code)
        except _AWAY as error:
            self._drop()
            return Answer("uncertain", _why(error))
        return Answer("taken")

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None:
            return self._client
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.mail_host,
            port=settings.mail_port,
            use_tls=settings.mail_tls == "tls",
            start_tls=settings.mail_tls == "starttls",
            tls_context=self._trusted,
            timeout=settings.mail_seconds,
            local_hostname=domain_of(settings.mail_from),
            username=settings.mail_user or None,
            password=settings.mail_password.get_secret_value() if settings.mail_user and settings.mail_password else None,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _said_no(code: int) -> Answer:
    """4xx: not now; anything else: never (RFC 5321, 4.2.1)."""
    return Answer("busy" if 400 <= code < 500 else "refused", str(code))


def _why(error: BaseException) -> str:
    """The kind of an error and its code: what a server writes beside it may repeat an address."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
