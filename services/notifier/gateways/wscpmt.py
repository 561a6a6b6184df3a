"""The SOAP service wsCpMt of bulk brand name gateways. Nobody publishes its WSDL: the envelope is a template of our own.

Its RequestID is commonly a constant, so it is no client id that the gateway would drop a repetition by.
"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.gateways.calling import Caller, Reply

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:impl="http://impl.bulkSms.ws/">'
    "<soapenv:Header/><soapenv:Body><impl:wsCpMt>{fields}</impl:wsCpMt></soapenv:Body></soapenv:Envelope>"
)
TAKEN = "1"
# Any other result was not queued; the sentence with it says why, each provider in its own words. The first that fits counts.
SENTENCES: Mapping[str, Outcome] = {
    "authen": "broken",
    "password": "broken",
    "permission": "broken",
    "cpcode": "broken",
    "ip ": "broken",
    "alias": "broken",
    "brand": "broken",
    "serviceid": "broken",
    "balance": "broken",
    "quota": "busy",
    "limit": "busy",
    "busy": "busy",
    "receiver": "refused",
    "msisdn": "refused",
    "phone": "refused",
    "blacklist": "refused",
}


class WsCpMtGateway:
    """Calls wsCpMt."""

    def __init__(self, account: tuple[str, str, str], caller: Caller) -> None:
        """`account`: User, Password, CPCode."""
        self._account, self._caller = account, caller

    async def send(self, message: Sms) -> Answer:
        """See the port."""
        user, password, code = self._account
        number = message.to.removeprefix("+")
        fields = {
            "User": user,
            "Password": password,
            "CPCode": code,
            "RequestID": "1",
            "UserID": number,
            "ReceiverID": number,
            "ServiceID": message.brand,
            "CommandCode": "bulksms",
            "Content": message.text,
            "ContentType": "0" if message.text.isascii() else "1",
        }
        written = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
        reply = await self._caller.post(ENVELOPE.replace("{fields}", written).encode(), headers)
        return reply if isinstance(reply, Answer) else _read(reply)

    async def close(self) -> None:
        """See the port."""
        await self._caller.close()


def _read(reply: Reply) -> Answer:
    """By the result, whatever the status, but that nothing is taken under one that says no; a SOAP fault is an error inside the
    service, after which nobody knows."""
    answer = reply.by_status_alone()
    if reply.text is None or reply.is_page:
        return answer
    try:
        found = _values(fromstring(reply.text))
    except (ParseError, DefusedXmlException, ValueError):
        return answer if answer.outcome != "taken" else Answer("uncertain", f"{reply.status} no XML")
    if "result" in found:
        return reply.believed(_of_result(found["result"], found.get("message", "")))
    if "faultcode" in found or "faultstring" in found:
        return Answer("uncertain", "fault")
    return answer if answer.outcome != "taken" else Answer("uncertain", f"{reply.status} without a result")


def _of_result(result: str, sentence: str) -> Answer:
    if result == TAKEN:
        return Answer("taken")
    said = sentence.lower()
    word = next((word for word in SENTENCES if word in said), None)
    return (
        Answer("odd", f"result {result[:20]}")
        if word is None
        else Answer(SENTENCES[word], f"result {result[:20]}: {word.strip()}")
    )


def _values(root: Element) -> dict[str, str]:
    """The text of each element by its name, without its namespace; of several the first."""
    found: dict[str, str] = {}
    for element in root.iter():
        found.setdefault(str(element.tag).rpartition("}")[2].lower(), (element.text or "").strip())
    return found
