"""E-mail: a port, an SMTP server behind it, and a twin in memory."""

from runtime.mail.memory import MemoryMail
from runtime.mail.port import Answer, Answers, Attached, Mail, Mailing, Outcome, all_answer
from runtime.mail.settings import MailSettings
from runtime.mail.smtp import SmtpMail

__all__ = [
    "Answer",
    "Answers",
    "Attached",
    "Mail",
    "MailSettings",
    "Mailing",
    "MemoryMail",
    "Outcome",
    "SmtpMail",
    "all_answer",
]
