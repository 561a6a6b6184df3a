"""What gateways of each kind are told, and what their answers mean: the tables, and the adapters that read by them."""

import json
import ssl
from collections.abc import Callable, Mapping

import httpx
import pytest

from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.gateways.answers import CLASSES, ERRORS, STATUS, of_error, of_status
from services.notifier.gateways.calling import MOST_BYTES, Caller
from services.notifier.gateways.http import HttpGateway
from services.notifier.gateways.kannel import KannelGateway
from services.notifier.gateways.plans import Form, Plan
from services.notifier.gateways.port import Gateway
from services.notifier.gateways.wscpmt import WsCpMtGateway
from tests.support.sms_server import RESULT

SMS = Sms("id-1", "+84912000007", "HOANGVAN", 'Ho so "A & B" <x>')
ACCENTED = Sms("id-1", "+84912000007", "HOANGVAN", "Hồ sơ đã có kết quả")
Handler = Callable[[httpx.Request], httpx.Response]
ESMS = Form(
    body={
        "Phone": "{to0}",
        "Content": "{text}",
        "Brandname": "{brand}",
        "ApiKey": "{user}",
        "SecretKey": "{token}",
        "SmsType": 2,
        "RequestId": "{client_id}",
    },
    headers={"x-key": "{token}"},
    code="data.CodeResult",
    taken=("100",),
    refused=("99",),
    busy=("104",),
    broken=("101",),
)


def client(handler: Handler) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


def http(handler: Handler, form: Form | None = None) -> Gateway:
    own = {} if form is None else {"form": form}
    return HttpGateway("http://gateway/sms", "secret", user="me", client=client(handler), **own)  # type: ignore[arg-type]


def kannel(handler: Handler) -> Gateway:
    caller = Caller("http://kannel/cgi-bin/sendsms", 1, 1, client(handler))
    return KannelGateway("me", "secret", caller, lambda client_id: f"https://x.example/r?id={client_id}")


def wscpmt(handler: Handler) -> Gateway:
    return WsCpMtGateway(("me", "se<cret", "CP"), Caller("http://soap/", 1, 1, client(handler)))


KINDS: Mapping[str, Callable[[Handler], Gateway]] = {"http": http, "kannel": kannel, "wscpmt": wscpmt}


def raising(error: Exception) -> Handler:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


# --- the tables -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [kind for kind in ERRORS if issubclass(kind, Exception) and kind is not UnicodeEncodeError])
async def test_every_exception_of_a_call_is_an_answer_by_the_table(kind: str, error: type[Exception]) -> None:
    raised = error("x", "y") if error is ssl.SSLError else error("x")
    answer = await KINDS[kind](raising(raised)).send(SMS)

    assert answer == Answer(ERRORS[error], error.__name__)


def test_every_public_exception_of_httpx_is_in_the_table_or_below_one_that_is() -> None:
    public = [getattr(httpx, name) for name in httpx.__all__]
    errors = [one for one in public if isinstance(one, type) and issubclass(one, Exception)]
    bases: set[type[Exception]] = {
        httpx.HTTPError,
        httpx.RequestError,
        httpx.TransportError,
        httpx.TimeoutException,
        httpx.NetworkError,
    }
    bases |= {httpx.ProtocolError, httpx.HTTPStatusError}  # nobody raises these themselves; the last is never asked for

    assert [one for one in errors if one not in bases and not any(base in ERRORS for base in one.__mro__)] == []


def test_a_handshake_that_failed_is_a_matter_of_settings_and_a_closed_port_is_not() -> None:
    handshake = httpx.ConnectError("x")
    handshake.__cause__ = OSError("y")
    handshake.__cause__.__cause__ = ssl.SSLCertVerificationError(1, "self-signed")

    assert of_error(handshake) == ("broken", "tls")
    assert of_error(httpx.ConnectError("x")) == ("busy", "ConnectError")
    assert of_error(RuntimeError("nobody foresaw")) == ("uncertain", "RuntimeError")


@pytest.mark.parametrize(
    "status", [401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 415, 417, 426, 301, 302, 307, 308, 501, 511]
)
def test_what_is_wrong_with_settings_kills_no_message(status: int) -> None:
    assert of_status(status) == "broken"


def test_each_status_means_one_thing() -> None:
    meant = {status: of_status(status) for status in range(100, 1000)}

    assert {status for status, outcome in meant.items() if outcome == "refused"} == {400, 422}
    assert {status for status, outcome in meant.items() if outcome == "busy"} == {421, 425, 429, 503}
    assert {status for status, outcome in meant.items() if outcome == "taken"} == set(range(200, 300))
    assert all(meant[status] == "uncertain" for status in (100, 409, 500, 502, 504, 520, 599, 600, 999))
    assert {**{code // 100: meant[code] for code in (100, 200, 300, 402, 500)}} == dict(CLASSES)
    assert all(STATUS[status] != CLASSES[status // 100] for status in STATUS if status != 408)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_is_never_about_the_recipient_where_the_gateway_says_that_in_words(kind: str) -> None:
    answer = await KINDS[kind](lambda _: httpx.Response(422)).send(SMS)

    assert answer.outcome == ("refused" if kind == "http" else "odd")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (httpx.Response(200, text="<html>log in</html>", headers={"content-type": "text/html; charset=utf-8"}), "broken"),
        (httpx.Response(200, content=b"x" * (MOST_BYTES + 1)), "uncertain"),
        (httpx.Response(200, content=b"\xff\xfe"), "uncertain"),
        (httpx.Response(429, headers={"retry-after": "30"}), "busy"),
        (httpx.Response(503, headers={"retry-after": "Fri, 27 Nov 2026 07:00:00 GMT"}), "busy"),
    ],
)
async def test_what_is_no_answer_of_a_gateway(kind: str, reply: httpx.Response, outcome: Outcome) -> None:
    answer = await KINDS[kind](lambda _: reply).send(SMS)

    assert answer.outcome == outcome
    assert answer.pause == (30.0 if reply.status_code == 429 else None)


# --- JSON -------------------------------------------------------------------------------


async def test_a_form_posts_what_it_says_and_fills_nothing_in_twice() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"data": {"CodeResult": 100}})

    odd = Sms("id-1", "+84912000007", "HOANGVAN", "{token} {nothing} {")
    assert await http(handler, ESMS).send(odd) == Answer("taken", "code 100")
    assert json.loads(asked[0].content) == {
        "Phone": "0912000007",
        "Content": "{token} {nothing} {",
        "Brandname": "HOANGVAN",
        "ApiKey": "me",
        "SecretKey": "secret",
        "SmsType": 2,
        "RequestId": "id-1",
    }
    assert asked[0].headers["x-key"] == "secret"
    assert "authorization" not in asked[0].headers


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (200, {"data": {"CodeResult": "100"}}, "taken"),
        (400, {"data": {"CodeResult": "99"}}, "refused"),
        (200, {"data": {"CodeResult": 104}}, "busy"),
        (200, {"data": {"CodeResult": "101"}}, "broken"),
        (200, {"data": {"CodeResult": "7"}}, "odd"),
        (200, {"data": {"CodeResult": True}}, "uncertain"),
        (200, {"data": []}, "uncertain"),
        (200, {"other": 1}, "uncertain"),
        (401, {"other": 1}, "broken"),
        (500, {"other": 1}, "uncertain"),
    ],
)
async def test_a_gateways_own_code_counts_before_the_status(status: int, said: object, outcome: Outcome) -> None:
    answer = await http(lambda _: httpx.Response(status, json=said), ESMS).send(SMS)

    assert answer.outcome == outcome
    assert SMS.to.removeprefix("+") not in answer.reason


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"body": {"to": "{to}", "text": "{text}"}}, "client_id"),
        ({"body": {"id": "{client_id}", "text": "{text}"}}, "to84"),
        ({"code": "x"}, "which codes mean taken"),
        ({"cod": "x"}, "Extra inputs"),
    ],
)
def test_a_form_that_could_not_work_is_refused_at_start(form: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Form.model_validate(form)


@pytest.mark.parametrize(
    "plan",
    [{"url": "gateway"}, {"url": "ftp://x"}, {"url": "http://x", "kind": "kannel", "form": {"code": "a", "taken": ["1"]}}],
)
def test_a_gateway_that_could_not_work_is_refused_at_start(plan: object) -> None:
    with pytest.raises(ValueError, match=r"no http or https address|a form is for"):
        Plan.model_validate(plan)


# --- Kannel -----------------------------------------------------------------------------


async def test_kannel_is_told_in_headers_and_nothing_of_the_person_is_in_the_address() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(202, text="0: Accepted for delivery", headers={"content-type": "text/html"})

    gateway = kannel(handler)
    assert (await gateway.send(SMS)).outcome == (await gateway.send(ACCENTED)).outcome == "taken"
    plain, accented = asked
    assert str(plain.url) == "http://kannel/cgi-bin/sendsms"
    said = {name: value for name, value in plain.headers.items() if name.startswith("x-kannel")}
    assert said == {
        "x-kannel-username": "me",
        "x-kannel-password": "secret",
        "x-kannel-from": "HOANGVAN",
        "x-kannel-to": "+84912000007",
        "x-kannel-coding": "0",
        "x-kannel-dlr-mask": "31",
        "x-kannel-dlr-url": "https://x.example/r?id=id-1",
    }
    assert plain.content.decode() == SMS.text
    assert (accented.headers["x-kannel-coding"], accented.content.decode()) == ("2", ACCENTED.text)
    assert accented.headers["content-type"] == "text/plain; charset=UTF-8"


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (202, "0: Accepted for delivery", "taken"),
        (202, "3: Queued for later delivery", "taken"),
        (202, "4: Something new", "odd"),
        (202, "", "uncertain"),
        (202, "Sent.", "uncertain"),
        (403, "Authorization failed for sendsms", "broken"),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", "refused"),
        (400, "Missing text", "odd"),
        (503, "Temporal failure, try again later.", "busy"),
        (404, "Unknown request.", "broken"),
    ],
)
async def test_what_kannel_says(status: int, text: str, outcome: Outcome) -> None:
    reply = httpx.Response(status, text=text, headers={"content-type": "text/html"})

    assert (await kannel(lambda _: reply).send(SMS)).outcome == outcome


# --- wsCpMt -----------------------------------------------------------------------------


async def test_wscpmt_is_told_in_an_envelope_that_no_text_breaks() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.content.decode())
        return httpx.Response(200, text=RESULT.format("<return><result>1</result></return>"))

    gateway = wscpmt(handler)
    assert (await gateway.send(SMS)).outcome == (await gateway.send(ACCENTED)).outcome == "taken"
    plain, accented = asked
    for field in (
        "<User>me</User><Password>se&lt;cret</Password><CPCode>CP</CPCode>",
        "<UserID>84912000007</UserID><ReceiverID>84912000007</ReceiverID><ServiceID>HOANGVAN</ServiceID>",
        '<CommandCode>bulksms</CommandCode><Content>Ho so "A &amp; B" &lt;x&gt;</Content><ContentType>0</ContentType>',
    ):
        assert field in plain
    assert f"<Content>{ACCENTED.text}</Content><ContentType>1</ContentType>" in accented


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, "<return><message>Insert MT_QUEUE: OK</message><result>1</result></return>", "taken"),
        (200, "<return><result>0</result><message>Receiver 84912000007 is not valid</message></return>", "refused"),
        (200, "<return><result>0</result><message>Authenticate: NOK</message></return>", "broken"),
        (200, "<return><result>0</result><message>CPCode or IP address not allowed</message></return>", "broken"),
        (200, "<return><result>0</result><message>Quota exceeded</message></return>", "busy"),
        (200, "<return><result>-7</result><message>?</message></return>", "odd"),
        (500, "<return><result>1</result></return>", "uncertain"),
        (500, "<faultcode>Server</faultcode><faultstring>java.lang.NullPointerException</faultstring>", "uncertain"),
        (200, "<other/>", "uncertain"),
        (401, "<other/>", "broken"),
    ],
)
async def test_what_wscpmt_says(status: int, body: str, outcome: Outcome) -> None:
    answer = await wscpmt(lambda _: httpx.Response(status, text=RESULT.format(body))).send(SMS)

    assert answer.outcome == outcome
    assert "84912000007" not in answer.reason


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("no XML", "uncertain"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', "uncertain"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x><result>&a;</result></x>', "uncertain"),
        ("<x><result>1</result>", "uncertain"),
    ],
)
async def test_xml_that_is_none_or_a_trap_is_uncertain(text: str, outcome: Outcome) -> None:
    assert (await wscpmt(lambda _: httpx.Response(200, text=text)).send(SMS)).outcome == outcome


@pytest.mark.parametrize("status", [302, 401, 404, 500, 502, 503])
async def test_a_body_that_says_taken_under_a_status_that_says_no_leaves_a_doubt(status: int) -> None:
    form = Form(code="CodeResult", taken=("100",), refused=("99",))
    soap = RESULT.format("<result>1</result>")

    assert (await http(lambda _: httpx.Response(status, json={"CodeResult": 100}), form).send(SMS)).outcome == "uncertain"
    assert (await http(lambda _: httpx.Response(status, json={"CodeResult": 99}), form).send(SMS)).outcome == "refused"
    assert (await wscpmt(lambda _: httpx.Response(status, text=soap)).send(SMS)).outcome == "uncertain"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        "[" * 60_000,
        "<a>" * 20_000,
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;<result>1</result></x>',
        '<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><x><result>&b;</result></x>',
        '{"CodeResult": ' + "9" * 5_000 + "}",
        "\x00\x00",
        "0" * 70_000,
    ],
    ids=["deep JSON", "deep XML", "a file's entity", "entities", "a huge number", "nulls", "huge"],
)
async def test_a_hostile_body_is_an_answer_and_nothing_more(kind: str, body: str) -> None:
    form = Form(code="CodeResult", taken=("100",))

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=body)

    gateway = http(handler, form) if kind == "http" else KINDS[kind](handler)
    assert (await gateway.send(SMS)).outcome == "uncertain"
