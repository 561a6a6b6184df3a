"""Gateways from settings."""

import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import urlencode

from runtime.mail import Mail, SmtpMail
from runtime.parts import Parts
from services.notifier.domain.notice import EMAIL
from services.notifier.gateways.calling import Caller
from services.notifier.gateways.http import HttpGateway
from services.notifier.gateways.kannel import KannelGateway
from services.notifier.gateways.lines import Line, Switchboard
from services.notifier.gateways.mail import MailGateway
from services.notifier.gateways.plans import Plan
from services.notifier.gateways.port import Gateway
from services.notifier.gateways.wscpmt import WsCpMtGateway
from services.notifier.settings import NotifierSettings

KANNEL_RECEIPTS, KANNEL_REPLIES = "/v1/receipts/kannel", "/v1/replies/kannel"
REPLIES = "replies"  # what the address of a Kannel is signed for, to which it posts what people answer
MAIL_SERVER = "http://mail"  # a plan names an address; that of the mail server is in settings of its own


def open_gateways(
    settings: NotifierSettings, parts: Parts, first: Gateway | None = None, mail: Mail | None = None
) -> Switchboard:
    """The gateways of the settings, in their order, and the mail server behind them. `first`, `mail`: given in place of the
    first one, and of the server. Raises ValueError."""
    receipt_url = _receipt_url(settings)
    lines: list[Line] = []
    for plan, token in settings.gateways():
        gateway = first if first is not None and not lines else _open(plan, token, receipt_url)
        asked = plan.kind == "kannel" and receipt_url is not None
        lines.append(Line(plan.model_copy(update={"receipts": plan.receipts or asked}), gateway, parts.machine))
    server = mail or (SmtpMail(settings) if settings.mail_host else None)
    if server is not None:
        plan = Plan(name=EMAIL, url=MAIL_SERVER, per_second=settings.mail_per_second, width=1)
        lines.append(Line(plan, MailGateway(server, parts.clock), parts.machine))
    return Switchboard(lines, parts)


def _open(plan: Plan, token: str, receipt_url: Callable[[str], str] | None) -> Gateway:
    limits = (plan.seconds, plan.width)
    match plan.kind:
        case "kannel":
            return KannelGateway(plan.user, token, Caller(plan.url, *limits), receipt_url)
        case "wscpmt":
            return WsCpMtGateway((plan.user, token, plan.cp_code), Caller(plan.url, *limits))
    return HttpGateway(plan.url, token, user=plan.user, form=plan.form, limits=limits)


def _receipt_url(settings: NotifierSettings) -> Callable[[str], str] | None:
    """Where Kannel sends the receipt of a message; None if the settings name no address or no secret."""
    if settings.receipts_url is None or settings.receipts_secret is None:
        return None
    base, secret = settings.receipts_url.rstrip("/"), settings.receipts_secret.get_secret_value()

    def receipt_url(client_id: str) -> str:
        query = urlencode({"id": client_id, "sign": signature(secret, client_id)})
        return f"{base}{KANNEL_RECEIPTS}?{query}&status=%d"

    return receipt_url


def signature(secret: str, client_id: str) -> str:
    """What proves a receipt of one message: the secret itself never leaves, and this is worth nothing for another message."""
    return hmac.new(secret.encode(), f"kannel receipt {client_id}".encode(), hashlib.sha256).hexdigest()[:40]


def replies_url(base: str, secret: str) -> str:
    """Where a Kannel posts what people answer: its `post-url`."""
    return f"{base.rstrip('/')}{KANNEL_REPLIES}?sign={signature(secret, REPLIES)}"
