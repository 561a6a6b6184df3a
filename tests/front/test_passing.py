"""Passing on: each path goes to the one service that owns it, and nothing crosses that is not meant to."""

import json

import httpx
import pytest
from fastapi import Response
from fastapi.responses import RedirectResponse

from services.front.domain import WAYS
from tests.support.front import FORM, Front, form_token

TITLE = "Thư không còn ở trạng thái này / wrong state"


@pytest.fixture
async def lan(front: Front) -> httpx.AsyncClient:
    """A signer's browser."""
    return await front.log_in("lan", roles=["signer"], units=["H56.1"])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.prefix)
async def test_each_prefix_goes_to_its_service(front: Front, lan: httpx.AsyncClient, way: object) -> None:
    assert isinstance(way, type(WAYS[0]))
    for path in (way.prefix, f"{way.prefix}/abc%C3%A1"):
        await lan.get(f"{path}?from=2026-01-01&q=a%2Fb")

        asked = front.behind.asked[-1]
        assert (asked.service, asked.path, asked.query) == (way.service, path, "from=2026-01-01&q=a%2Fb")
        assert ("authorization" in asked.headers) == (not way.public)


@pytest.mark.parametrize(
    "path", ["/letter", "/lettersx", "/v1/quarantine", "/v1/receipts", "/docs", "/openapi.json", "/mapi/g"]
)
async def test_what_no_prefix_owns_is_not_here(front: Front, lan: httpx.AsyncClient, path: str) -> None:
    answer = await lan.get(path)

    assert (answer.status_code, "Không có trang này" in answer.text, front.behind.asked) == (404, True, [])


@pytest.mark.parametrize(
    "path",
    [
        b"//evil.test/letters",
        b"/letters//x",
        b"/letters/../v1/quarantine",
        b"/letters/..",
        b"/letters/./x",
        b"/letters/%2e%2e/v1/quarantine",
        b"/letters/%2E./x",
        b"/letters/..%2fv1%2fquarantine",
        b"/thu-tuc/..%5cletters",
        b"/thu-tuc\\..\\letters",
        b"/letters%00",
        b"/letters/%252e%252e/x",
        b"http://notifier/letters",
        b"*",
        b"/letters/\xe1\xbb\x81",
        b"/letters/" + b"x" * 2000,
    ],
)
async def test_a_path_that_two_parsers_could_read_differently_goes_nowhere(
    front: Front, lan: httpx.AsyncClient, path: bytes
) -> None:
    scope_path = path.decode("latin-1")
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    cookie = f"dunghen-session={lan.cookies['dunghen-session']}".encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": scope_path,
        "raw_path": path,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"front.test"), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1),
        "server": ("front.test", 80),
    }
    await front.service.app(scope, receive, send)  # type: ignore[arg-type]

    assert (sent[0]["status"], front.behind.asked) == (400, [])


async def test_no_cookie_and_no_authorization_crosses_in_either_direction(front: Front, lan: httpx.AsyncClient) -> None:
    front.behind.answers["notifier"] = lambda: Response(
        "<p>",
        media_type="text/html",
        headers={"set-cookie": "a=b", "x-inner": "1", "server": "uvicorn", "content-security-policy": "x"},
    )
    hostile = {
        "authorization": "Bearer of-the-browser",
        "x-api-key": "k",
        "x-forwarded-for": "1.2.3.4",
        "x-forwarded-host": "evil.test",
        "forwarded": "host=evil.test",
        "connection": "x-drop",
        "x-drop": "1",
        "te": "trailers",
        "range": "bytes=0-1",
    }
    await lan.get("/letters", headers=hostile)
    answer = await lan.get("/letters", headers=hostile)  # after an answer with a cookie

    asked = front.behind.asked[-1].headers
    assert asked["authorization"].startswith("Bearer ey")
    assert set(asked) <= {"host", "accept", "accept-encoding", "accept-language", "connection", "user-agent", "authorization"}
    assert (asked["host"], asked["connection"]) == ("notifier", "keep-alive")
    assert not {"set-cookie", "x-inner", "server"} & set(answer.headers)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_file_comes_through_as_it_is(front: Front, lan: httpx.AsyncClient) -> None:
    headers = {"content-disposition": 'attachment; filename="II.06a.xlsx"', "retry-after": "3"}
    front.behind.answers["reporting"] = lambda: Response(bytes(range(256)), media_type="application/pdf", headers=headers)
    answer = await lan.get("/v1/reports/II.06a/pdf")

    assert (answer.content, answer.headers["content-type"]) == (bytes(range(256)), "application/pdf")
    assert answer.headers["content-disposition"] == headers["content-disposition"]


async def test_a_service_that_is_away_is_said_by_the_name_of_its_part(front: Front, lan: httpx.AsyncClient) -> None:
    front.behind.away.add("notifier")
    answer = await lan.get("/letters")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "Phần Thư và tin nhắn đang tạm ngừng" in answer.text
    assert (await lan.get("/figures")).status_code == 200
    assert (front.count("services_away", to="notifier"), front.count("passed_on", to="reporting", status="2xx")) == (1, 1)


async def test_a_refusal_of_a_service_is_a_page_for_people_and_stays_as_it_is_for_programs(
    front: Front, lan: httpx.AsyncClient
) -> None:
    body = {
        "title": TITLE,
        "status": 409,
        "detail": "<b>đã gửi</b>",
        "errors": [{"pointer": "#/by", "detail": "bắt buộc phải có"}],
    }
    front.behind.answers["notifier"] = lambda: Response(json.dumps(body), 409, media_type="application/problem+json")
    page = await lan.get("/letters/x", headers={"accept": "text/html,*/*"})
    plain = await lan.get("/letters/x", headers={"accept": "application/json"})

    assert (page.status_code, page.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "Thư không còn ở trạng thái này</h1>" in page.text
    assert "&lt;b&gt;đã gửi&lt;/b&gt;" in page.text
    assert all(text in page.text for text in ("bắt buộc phải có", 'href="/letters"', "Đăng xuất"))
    assert (plain.status_code, plain.json()) == (409, body)


@pytest.mark.parametrize(
    ("path", "service", "back"),
    [("/v1/letters/x/pdf", "notifier", "/letters"), ("/v1/due", "sla", "/"), ("/v1/reports/x", "reporting", "/figures")],
)
async def test_a_refused_file_leads_back_to_a_page(
    front: Front, lan: httpx.AsyncClient, path: str, service: str, back: str
) -> None:
    body = {"title": "Bản ký số của thư không còn trong kho", "status": 410, "detail": "Xin báo người vận hành."}
    front.behind.answers[service] = lambda: Response(json.dumps(body), 410, media_type="application/problem+json")
    page = await lan.get(path, headers={"accept": "text/html,*/*"})

    assert page.status_code == 410
    assert f'<p><a href="{back}">Quay lại</a></p>' in page.text


@pytest.mark.parametrize("body", ["", "[]", "{", '{"title": 3}', "x" * 200_000])
async def test_a_refusal_that_says_nothing_readable_is_a_page_too(front: Front, lan: httpx.AsyncClient, body: str) -> None:
    front.behind.answers["notifier"] = lambda: Response(body, 409, media_type="application/problem+json")
    page = await lan.get("/letters/x", headers={"accept": "text/html"})

    assert (page.status_code, "Yêu cầu không được nhận" in page.text) == (409, True)


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("/letters/x?state=sent", "/letters/x?state=sent"),
        ("x", "/letters/x"),
        ("http://notifier/letters/x", "/letters/x"),
        ("http://evil.test/", None),
        ("//evil.test/", None),
        ("https://notifier/letters", None),
        ("http://notifier//evil.test", None),
        ("/%2e%2e/x", None),
        ("javascript:alert(1)", None),
    ],
)
async def test_a_service_sends_a_browser_to_paths_of_ours_alone(
    front: Front, lan: httpx.AsyncClient, target: str, leads: str | None
) -> None:
    front.behind.answers["notifier"] = lambda: RedirectResponse(target, 303)
    answer = await lan.post("/letters/y", headers=FORM, data={"form_token": await form_token(lan)})

    assert (answer.status_code, answer.headers.get("location")) == ((303, leads) if leads else (500, None))


async def test_an_answer_that_says_that_it_is_endless_is_not_begun(front: Front, lan: httpx.AsyncClient) -> None:
    front.behind.answers["reporting"] = lambda: Response(b"x", headers={"content-length": "200000001"})

    assert (await lan.get("/figures")).status_code == 500
