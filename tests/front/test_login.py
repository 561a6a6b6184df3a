"""People log in once, at the province's issuer; what it takes back is gone within a minute."""

import asyncio
import base64
import html
import io
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from services.front.issuer import Discovered, Known
from services.front.store import JOURNAL, SESSIONS, digest
from tests.support.front import FORM, HERE, Front, Issuer, form_token, front_at, issuer_on_loopback, query_of

MINUTE = timedelta(seconds=60)


async def test_who_logs_in_comes_to_the_page_he_wanted_and_the_issuer_is_asked_with_pkce_state_and_nonce(front: Front) -> None:
    browser = front.browser()
    refused = await browser.get("/letters?state=sent")
    page = await browser.get(refused.headers["location"])
    sent = await browser.get("/login/start", params={"next": "/letters?state=sent"})
    asked = query_of(sent.headers["location"])

    assert (refused.status_code, refused.headers["location"]) == (303, "/login?next=%2Fletters%3Fstate%3Dsent")
    assert 'href="/login/start?next=%2Fletters%3Fstate%3Dsent"' in page.text
    assert asked["redirect_uri"] == f"{HERE}/login/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    front.issuer.tell("lan", roles=["officer"], units=["H56.1"])
    back = await browser.get(front.issuer.code(sent.headers["location"], "lan"))
    assert (back.status_code, back.headers["location"]) == (303, "/letters?state=sent")
    assert (await browser.get("/letters?state=sent")).json() == {"service": "notifier", "path": "/letters"}


async def test_the_cookie_is_for_this_host_alone_and_the_store_cannot_open_a_session(issuer: Issuer) -> None:
    async with front_at(issuer, public_url="https://front.test") as front:
        browser = await front.log_in("lan", "https://front.test", roles=["officer"], units=["H56.1"])
        name = browser.cookies["__Host-dunghen-session"]
        sent = await browser.get("/login/start")  # with a session, too
        kept = await front.store.find(SESSIONS, {})

        assert "__Host-dunghen-session" in browser.cookies
        flags = sent.headers["set-cookie"].lower()
        assert all(flag in flags for flag in ("httponly", "samesite=lax", "secure", "path=/"))
        assert [document["_id"] for document in kept] == [digest(name)]
        assert name not in str(kept)


async def test_a_log_in_makes_a_new_name_and_ends_the_session_before(front: Front) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    first = browser.cookies["dunghen-session"]
    sent = await browser.get("/login/start")
    await browser.get(front.issuer.code(sent.headers["location"], "lan"))

    assert browser.cookies["dunghen-session"] != first
    with_the_old = await front.browser(dunghen_session=first).get("/")
    assert with_the_old.headers["location"] == "/login"


@pytest.mark.parametrize("forge", ["state", "other-browser", "code", "nonce", "late", "denied", "used"])
async def test_what_comes_back_from_elsewhere_logs_nobody_in_and_is_counted(
    front: Front, forge: str, log_lines: io.StringIO
) -> None:
    front.issuer.tell("lan", roles=["officer"], units=["H56.1"])
    browser = front.browser()
    address = (await browser.get("/login/start")).headers["location"]
    if forge == "nonce":
        address = address.replace(query_of(address)["nonce"], "another-nonce-that-somebody-else-began")
    back = front.issuer.code(address, "lan")
    if forge == "state":
        back = back.replace(query_of(back)["state"], "forged")
    if forge == "code":
        back = back.replace(query_of(back)["code"], "forged")
    if forge == "denied":
        back = f"{HERE}/login/callback?error=access_denied&state={query_of(back)['state']}"
    if forge == "other-browser":
        browser = front.browser()
    if forge == "late":
        front.machine.ahead = timedelta(minutes=11)
    if forge == "used":
        assert (await browser.get(back)).status_code == 303
        browser.cookies.delete("dunghen-session")
    answer = await browser.get(back)

    reason = {"other-browser": "state", "used": "state", "nonce": "id-token"}.get(forge, forge)
    assert answer.status_code == 403
    assert "không thành công" in answer.text
    assert "dunghen-session" not in browser.cookies
    assert front.count("logins_failed", reason=reason) == 1
    assert "lan" not in "".join(line for line in log_lines.getvalue().splitlines() if "log-in failed" in line)


async def test_who_has_no_role_is_told_so(front: Front) -> None:
    front.issuer.tell("khach", roles=["president"], units=["*"])
    browser = front.browser()
    sent = await browser.get("/login/start")
    answer = await browser.get(front.issuer.code(sent.headers["location"], "khach"))

    assert (answer.status_code, "chưa được giao vai trò" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "/%2f/evil.test",
        "javascript:alert(1)",
        "/..//evil.test",
        "http:evil.test",
        "/a\tb",
        " //evil.test",
    ],
)
async def test_a_link_to_the_log_in_leads_nowhere_else(front: Front, target: str) -> None:
    browser = front.browser()
    page = await browser.get(f"/login?next={quote(target, safe='')}")
    front.issuer.tell("lan", roles=["officer"], units=["H56.1"])
    sent = await browser.get(f"/login/start?next={quote(target, safe='')}")
    back = await browser.get(front.issuer.code(sent.headers["location"], "lan"))

    assert 'href="/login/start"' in page.text
    assert back.headers["location"] == "/"
    again = await browser.get(f"/login?next={quote(target, safe='')}")
    assert again.headers["location"] == "/"


async def test_a_role_that_was_taken_away_is_gone_within_a_minute(front: Front) -> None:
    browser = await front.log_in("minh", roles=["signer", "inspector"], units=["*"])
    assert (await browser.get("/ops/journal")).status_code == 200
    front.issuer.tell("minh", roles=["signer"], units=["*"])
    front.machine.ahead = MINUTE

    assert (await browser.get("/ops/journal")).status_code == 403


async def test_whom_the_issuer_refuses_is_logged_out(front: Front) -> None:
    browser = await front.log_in("hoa", roles=["signer"], units=["H56.1"])
    front.issuer.revoke("hoa")
    assert (await browser.get("/")).status_code == 200
    front.machine.ahead = MINUTE

    assert (await browser.get("/")).headers["location"] == "/login"
    assert await front.store.find(SESSIONS, {}) == []


async def test_while_the_issuer_is_away_people_read_for_a_quarter_of_an_hour(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await front.log_in("lan", roles=["officer", "signer"], units=["H56.1"])
    token = await form_token(browser)
    away = _Away(monkeypatch)
    front.machine.ahead = MINUTE

    home = await browser.get("/")
    change = await browser.post("/letters/H56.1-260101-0001/approval", headers=FORM, data={"form_token": token})
    await browser.get("/letters")
    assert (home.status_code, "tạm thời chỉ xem được" in home.text) == (200, True)
    assert (change.status_code, "chưa có gì thay đổi" in change.text) == (503, True)
    assert _claims(front.behind.asked[-1].headers["authorization"])["reads_only"] is True
    assert away.asked == 1  # and not for every request

    front.machine.ahead = timedelta(minutes=14)
    assert (await browser.get("/")).status_code == 200
    front.machine.ahead = timedelta(minutes=15, seconds=1)
    ended = await browser.get("/")
    assert (ended.status_code, "Máy chủ đăng nhập chưa trả lời" in ended.text) == (503, True)

    away.back(monkeypatch)
    front.machine.ahead = timedelta(minutes=16)
    assert "chỉ xem được" not in (await browser.get("/")).text


async def test_requests_that_come_at_once_read_no_longer_than_others_while_the_issuer_is_away(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    away = _Away(monkeypatch)
    for minutes in (15, 20, 25):
        front.machine.ahead = timedelta(minutes=minutes, seconds=1)
        answers = await asyncio.gather(*(browser.get("/") for _ in range(3)))
        assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert away.asked


async def test_people_leave_although_the_issuer_is_away(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    away = _Away(monkeypatch)
    front.machine.ahead = timedelta(minutes=15, seconds=1)
    change = await browser.post("/letters/H56.1-260101-0001/approval", headers=FORM)
    foreign = await browser.post("/logout", headers={**FORM, "origin": "http://evil.test"})
    assert (change.status_code, foreign.status_code, len(await front.store.find(SESSIONS, {}))) == (503, 503, 1)

    left = await browser.post("/logout", headers=FORM)
    away.back(monkeypatch)
    front.machine.ahead = timedelta(minutes=16)

    assert (left.status_code, left.headers["location"]) == (303, "/login?out=true")
    assert (await browser.get("/")).headers["location"] == "/login"


@pytest.mark.parametrize("answer", [httpx.Response(404), httpx.Response(200, text="<h1>Bảo trì</h1>"), httpx.Response(302)])
async def test_an_issuer_that_is_ill_logs_nobody_out(
    front: Front, monkeypatch: pytest.MonkeyPatch, answer: httpx.Response
) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    own = httpx.AsyncClient.get

    async def ill(self: httpx.AsyncClient, url: Any, **more: Any) -> httpx.Response:
        return answer if "userinfo" in str(url) else await own(self, url, **more)

    monkeypatch.setattr(httpx.AsyncClient, "get", ill)
    front.machine.ahead = MINUTE
    home = await browser.get("/")

    assert (home.status_code, "tạm thời chỉ xem được" in home.text) == (200, True)


async def test_the_code_is_exchanged_with_the_verifier_of_its_challenge(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    send, sent = httpx.AsyncHTTPTransport.handle_async_request, list[dict[str, str]]()

    async def noting(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(query_of("?" + (await request.aread()).decode()))
        return await send(self, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", noting)
    front.issuer.tell("lan", roles=["officer"], units=["H56.1"])
    browser = front.browser()
    address = (await browser.get("/login/start")).headers["location"]
    await browser.get(front.issuer.code(address, "lan"))

    challenge = base64.urlsafe_b64encode(sha256(sent[0]["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (sent[0]["grant_type"], challenge) == ("authorization_code", query_of(address)["code_challenge"])


async def test_an_access_token_that_ran_out_is_refreshed_also_when_two_requests_come_at_once() -> None:
    with issuer_on_loopback(access_token_seconds=1) as issuer:
        async with front_at(issuer) as front:
            lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
            for minutes in (1, 2):
                await asyncio.sleep(1.1)  # the issuer goes by the clock of this machine
                front.machine.ahead = timedelta(minutes=minutes)
                answers = await asyncio.gather(*(lan.get("/letters") for _ in range(3)))
                assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_of_requests_that_come_at_once_one_asks_the_issuer_and_all_go_by_its_answer(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await front.log_in("minh", roles=["signer", "inspector"], units=["*"])
    own, asked = httpx.AsyncClient.get, list[str]()

    async def slow(self: httpx.AsyncClient, url: Any, **more: Any) -> httpx.Response:
        if "userinfo" in str(url):
            asked.append(str(url))
            await asyncio.sleep(0.2)
        return await own(self, url, **more)

    monkeypatch.setattr(httpx.AsyncClient, "get", slow)
    front.issuer.tell("minh", roles=["signer"], units=["*"])
    front.machine.ahead = MINUTE
    answers = await asyncio.gather(*(browser.get("/ops/journal") for _ in range(5)))

    assert ([answer.status_code for answer in answers], len(asked)) == ([403] * 5, 1)


async def test_a_question_that_nobody_came_back_with_is_asked_again(front: Front) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    (document,) = await front.store.find(SESSIONS, {})
    asking = document["asked"] + 60_000
    assert not await front.store.save_many(SESSIONS, [document | {"asking": asking}])  # a front that was killed
    front.issuer.revoke("lan")
    front.machine.ahead = MINUTE + timedelta(seconds=10)

    assert (await browser.get("/")).headers["location"] == "/login"


async def test_a_log_in_while_the_issuer_is_away_is_answered_in_words(issuer: Issuer) -> None:
    async with front_at(issuer, oidc_issuer="http://127.0.0.1:9") as front:
        answer = await front.browser().get("/login/start")

    assert (answer.status_code, "Máy chủ đăng nhập chưa trả lời" in answer.text) == (503, True)


async def test_a_session_ends_when_it_is_idle_and_after_its_time(front: Front) -> None:
    idle = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    busy = await front.log_in("hoa", roles=["officer"], units=["H56.1"])
    for minutes in range(0, 480, 20):
        front.machine.ahead = timedelta(minutes=minutes)
        assert (await busy.get("/")).status_code == 200
        if minutes == 40:
            assert (await idle.get("/")).headers["location"] == "/login"
    front.machine.ahead = timedelta(hours=8)

    assert (await busy.get("/")).headers["location"] == "/login"


async def test_sessions_that_nobody_comes_back_to_are_forgotten(front: Front) -> None:
    await front.log_in("lan", roles=["officer"], units=["H56.1"])
    forget = next(job for job in front.service.jobs if job.name == "sessions")
    await forget.run()
    assert len(await front.store.find(SESSIONS, {})) == 1
    front.machine.ahead = timedelta(hours=9)
    await forget.run()

    assert await front.store.find(SESSIONS, {}) == []


async def test_after_the_log_out_the_session_is_gone_and_no_page_was_kept(front: Front) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    name = browser.cookies["dunghen-session"]
    page = await browser.get("/")
    out = await browser.post("/logout", headers=FORM, data={"form_token": await form_token(browser)})

    assert (out.status_code, out.headers["location"]) == (303, "/login/out")
    assert page.headers["cache-control"] == "no-store"
    back = await front.browser(dunghen_session=name).get("/")
    assert (back.status_code, back.headers["location"]) == (303, "/login")
    assert [line["what"] for line in await front.store.find(JOURNAL, {})] == ["login", "logout"]


ODD_KEYS: list[Any] = [
    {},
    {"keys": None},
    {"keys": 7},
    {"keys": []},
    {"keys": [{"kty": "EC", "crv": "of-next-year", "x": "AA", "y": "AA"}]},
]


@pytest.mark.parametrize("keys", ODD_KEYS, ids=range(len(ODD_KEYS)))
async def test_an_issuer_whose_keys_are_none_is_said_to_be_silent(
    front: Front, monkeypatch: pytest.MonkeyPatch, keys: Any
) -> None:
    _Instead(monkeypatch, "/jwks", json.dumps(keys).encode())
    answer = await front.browser().get("/login/start")

    assert (answer.status_code, "chưa trả lời" in answer.text) == (503, True)


async def test_a_key_of_a_kind_that_is_not_known_locks_nobody_out(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = front.issuer.client.get(f"{front.issuer.url}/jwks").json()["keys"]
    odd = [{"kty": "AKP", "alg": "ML-DSA-65", "kid": "n"}, {"kty": "EC", "crv": "of-next-year", "kid": "o"}, 7]
    _Instead(monkeypatch, "/jwks", json.dumps({"keys": [*odd, *keys]}).encode())
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])

    assert (await browser.get("/")).status_code == 200


ODD_TOKENS = [b"[]", b'"x"', b"null", b"7", b"{}", b'{"status": "maintenance"}', b'{"access_token": "a", "expires_at": {}}']


@pytest.mark.parametrize("said", ODD_TOKENS, ids=range(len(ODD_TOKENS)))
async def test_a_token_endpoint_that_says_nothing_sensible_logs_nobody_out(
    front: Front, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    _Instead(monkeypatch, "/userinfo", b"{}", 401)
    _Instead(monkeypatch, "/oauth2/token", said)
    front.machine.ahead = timedelta(seconds=61)
    page = await browser.get("/")

    assert (page.status_code, "tạm thời chỉ xem được" in page.text) == (200, True)


async def test_who_logs_out_is_sent_on_to_the_issuer_to_leave_there_too(front: Front) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    still_in = await browser.get("/login/out")
    await browser.post("/logout", headers=FORM, data={"form_token": await form_token(browser)})
    page = await browser.get("/login/out")
    there = html.unescape(page.text.partition('content="0; url=')[2].partition('"')[0])
    asked = query_of(there)

    assert (still_in.status_code, still_in.headers["location"]) == (303, "/")
    assert there.startswith(f"{front.issuer.url}/oauth2/end_session?")
    assert asked == {"client_id": "dunghen-front", "post_logout_redirect_uri": f"{HERE}/login?out=true"}
    assert front.issuer.client.get(there).status_code == 200
    assert "Bạn đã đăng xuất." in (await browser.get("/login?out=true")).text


async def test_where_the_issuer_has_no_place_to_leave_the_log_out_ends_at_home(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    await browser.post("/logout", headers=FORM, data={"form_token": await form_token(browser)})
    known = {"issuer": "i", "authorization_endpoint": "a", "token_endpoint": "t", "userinfo_endpoint": "u", "jwks_uri": "j"}

    async def itself(_: object) -> Known:
        return Known(Discovered.model_validate(known), KeySet([]))

    monkeypatch.setattr("services.front.issuer.Issuer._ask_for_itself", itself)
    out = await browser.get("/login/out")

    assert (out.status_code, out.headers["location"]) == (303, "/login?out=true")


async def test_nobody_who_logs_out_is_sent_to_an_issuer_that_does_not_answer(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    token = await form_token(browser)
    _Away(monkeypatch)
    front.machine.ahead = timedelta(minutes=2)
    out = await browser.post("/logout", headers=FORM, data={"form_token": token})

    assert (out.status_code, out.headers["location"]) == (303, "/login?out=true")


async def test_a_bearer_says_who_acts_for_a_minute_and_is_signed_with_the_key_that_is_shown(front: Front) -> None:
    browser = await front.log_in("minh", name="Phạm Minh", roles=["signer", "juggler"], units=["H56.2", "H56.1"])
    await browser.get("/letters")
    claims = _claims(front.behind.asked[-1].headers["authorization"])

    assert claims["exp"] - claims["iat"] == 60
    assert {name: claims[name] for name in ("iss", "aud", "sub", "name", "roles", "units", "reads_only")} == {
        "iss": "dunghen-front",
        "aud": "dunghen",
        "sub": "minh",
        "name": "Phạm Minh",
        "roles": ["signer"],
        "units": ["H56.1", "H56.2"],
        "reads_only": False,
    }
    assert claims["form"] == await form_token(browser)
    keys = await front.browser("http://front:8000").get("/.well-known/jwks.json")  # as a service of the cluster asks
    bearer = front.behind.asked[-1].headers["authorization"].removeprefix("Bearer ")
    with pytest.warns(SecurityWarning):
        verified = jwt.decode(bearer, KeySet.import_key_set(keys.json()), algorithms=["EdDSA"])
    assert verified.claims == claims
    assert "d" not in keys.json()["keys"][0]


def _claims(authorization: str) -> dict[str, Any]:
    body = authorization.removeprefix("Bearer ").split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


class _Instead:
    """At one path the issuer says something else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: str, said: bytes, status: int = 200) -> None:
        send = httpx.AsyncHTTPTransport.handle_async_request

        async def answer(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            if request.url.path != path:
                return await send(transport, request)
            return httpx.Response(status, content=said, headers={"content-type": "application/json"}, request=request)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)


class _Away:
    """The issuer does not answer, until it is back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self._send = httpx.AsyncHTTPTransport.handle_async_request

        async def silent(_: object, request: httpx.Request) -> httpx.Response:
            self.asked += 1
            raise httpx.ConnectTimeout("no answer", request=request)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", silent)

    def back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", self._send)
