"""A message as it goes over the wire (RFC 5322): plain text, UTF-8, of seven-bit lines, and a PDF with it perhaps."""

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from runtime.mail.port import Mailing

SENDER = "Đúng Hẹn"


def domain_of(address: str) -> str:
    """What stands behind its @."""
    return address.rpartition("@")[2]


def as_bytes(mailing: Mailing, sender: str) -> bytes:
    """With a name that stays the same over all tries, and the marks by which no machine answers it (RFC 3834). Raises
    ValueError for a subject of several lines."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(SENDER, addr_spec=sender)
    message["To"] = ", ".join(mailing.to)
    message["Subject"] = mailing.subject  # refused here if it has several lines
    del message["Subject"]
    # The policy's own folding loses a blank where it cuts between words, so that two would be read as one.
    message.set_raw("Subject", Header(mailing.subject, "utf-8", header_name="Subject").encode(linesep="\r\n"))
    message["Date"] = mailing.at
    message["Message-ID"] = f"<{mailing.name}@{domain_of(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mailing.text, cte="base64")
    if mailing.attached is not None:
        message.add_attachment(mailing.attached.pdf, maintype="application", subtype="pdf", filename=mailing.attached.name)
    return message.as_bytes()
