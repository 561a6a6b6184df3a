"""The wall: nobody acts with the log-in of whoever looks at his page."""

import asyncio
import io

import httpx
import pytest

from services.front.store import JOURNAL
from tests.support.front import FORM, HERE, Front, Issuer, form_token, front_at

CHANGE = "/letters/H56.1-260101-0001/approval"
KIND = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def lan(front: Front) -> httpx.AsyncClient:
    """A signer's browser."""
    return await front.log_in("lan", roles=["signer"], units=["H56.1"])


async def test_a_form_of_ours_passes_with_its_body_as_it_was_sent(front: Front, lan: httpx.AsyncClient) -> None:
    token = await form_token(lan)
    sent = {"form_token": token, "reason": "other-body", "note": "chờ ý kiến"}
    answer = await lan.post(CHANGE, headers={**FORM, "sec-fetch-site": "same-origin"}, data=sent)

    asked = front.behind.asked[-1]
    assert (answer.status_code, asked.service, asked.method, asked.path) == (200, "notifier", "POST", CHANGE)
    assert (asked.headers["content-type"], b"note=ch%E1%BB%9D+%C3%BD+ki%E1%BA%BFn" in asked.body) == (
        KIND["content-type"],
        True,
    )


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"origin": "http://evil.test"}, "foreign-origin"),
        ({"origin": "null"}, "foreign-origin"),
        ({"origin": "http://front.test.evil.test"}, "foreign-origin"),
        ({"origin": "https://front.test"}, "foreign-origin"),
        ({"origin": "http://front.test:81"}, "foreign-origin"),
        ({}, "no-origin"),
        ({"referer": f"{HERE}/letters"}, "no-origin"),
        ({"origin": HERE, "sec-fetch-site": "cross-site"}, "cross-site"),
        ({"origin": HERE, "sec-fetch-site": "same-site"}, "cross-site"),
        ({"origin": HERE, "sec-fetch-site": "none"}, "cross-site"),
        ({"origin": HERE, "content-type": "application/json"}, "no-form"),
        ({"origin": HERE, "content-type": "text/plain"}, "no-form"),
        ({"origin": HERE, "content-type": "multipart/form-data; boundary=x"}, "no-form"),
    ],
)
async def test_a_change_that_does_not_prove_where_it_came_from_reaches_no_service(
    front: Front, lan: httpx.AsyncClient, headers: dict[str, str], reason: str
) -> None:
    body = f"form_token={await form_token(lan)}&reason=other-body"
    front.behind.asked.clear()
    answer = await lan.post(CHANGE, headers={**KIND, **headers}, content=body)

    assert answer.status_code in (403, 415)
    assert "text/html" in answer.headers["content-type"]
    assert "Về trang chủ" in answer.text
    assert front.behind.asked == []
    assert front.count("changes_refused", reason=reason) == 1
    line = (await front.store.find(JOURNAL, {}))[-1]
    assert (line["what"], line["who"], line["why"], line["path"]) == ("refused", "lan", reason, CHANGE)


@pytest.mark.parametrize(
    "body",
    ["reason=x", "form_token=", "form_token=of-another", "form_token={own}&form_token=of-another", "form_token=%FF", "\xff"],
)
async def test_a_form_of_another_session_is_refused_and_nothing_was_changed(
    front: Front, lan: httpx.AsyncClient, body: str
) -> None:
    own = await form_token(lan)
    front.behind.asked.clear()
    answer = await lan.post(CHANGE, headers=FORM, content=body.replace("{own}", own).encode("latin-1"))

    assert (answer.status_code, "chưa có gì thay đổi" in answer.text) == (403, True)
    assert front.behind.asked == []


async def test_two_tabs_of_one_session_both_work_and_a_tab_of_the_session_before_does_not(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    first, second = await form_token(lan), await form_token(lan)
    assert (await lan.post(CHANGE, headers=FORM, data={"form_token": first})).status_code == 200
    assert (await lan.post(CHANGE, headers=FORM, data={"form_token": second})).status_code == 200
    sent = await lan.get("/login/start")
    await lan.get(front.issuer.code(sent.headers["location"], "lan"))

    assert (await lan.post(CHANGE, headers=FORM, data={"form_token": first})).status_code == 403


async def test_a_form_that_is_sent_after_the_log_out_is_told_to_log_in(front: Front, lan: httpx.AsyncClient) -> None:
    token = await form_token(lan)
    name = lan.cookies["dunghen-session"]
    await lan.post("/logout", headers=FORM, data={"form_token": token})
    front.behind.asked.clear()
    answer = await front.browser(dunghen_session=name).post(CHANGE, headers=FORM, data={"form_token": token})

    assert (answer.status_code, 'href="/login"' in answer.text, front.behind.asked) == (403, True, [])


async def test_nobody_is_logged_out_by_another_page(lan: httpx.AsyncClient) -> None:
    assert (await lan.post("/logout", headers={**KIND, "origin": "http://evil.test"})).status_code == 403
    assert (await lan.get("/logout")).status_code == 404
    assert (await lan.get("/")).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_only_forms_are_sent(front: Front, lan: httpx.AsyncClient, method: str) -> None:
    front.behind.asked.clear()
    answer = await lan.request(method, CHANGE, headers=FORM)

    assert (answer.status_code, front.behind.asked) == (405, [])


async def test_a_form_larger_than_a_megabyte_is_refused(front: Front, lan: httpx.AsyncClient) -> None:
    body = f"form_token={await form_token(lan)}&note=" + "x" * 1_000_000
    front.behind.asked.clear()
    answer = await lan.post(CHANGE, headers=FORM, content=body)

    assert (answer.status_code, front.behind.asked) == (413, [])


@pytest.mark.parametrize("host", ["evil.test", "front.test.evil.test", "front.test:81", "10.0.0.7:8000", ""])
async def test_another_host_is_none_of_ours(front: Front, lan: httpx.AsyncClient, host: str) -> None:
    answer = await lan.get("/", headers={"host": host})

    assert (answer.status_code, "Sai địa chỉ" in answer.text) == (421, True)


async def test_each_of_our_addresses_is_ours(issuer: Issuer) -> None:
    async with front_at(issuer, public_url="https://front.test http://front.inner") as front:
        assert (await front.browser("https://front.test").get("/login")).status_code == 200
        assert (await front.browser("http://front.inner").get("/login")).status_code == 200


async def test_everything_that_leaves_carries_the_headers_of_a_page_that_nobody_may_frame_or_keep(
    front: Front, lan: httpx.AsyncClient
) -> None:
    for path in ("/", "/letters", "/thu-tuc", "/none", "/a//b", "/login", "/ops/journal"):
        headers = (await lan.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
        # Under `no-referrer` a browser would call the origin of our own forms `null`.
        assert headers["referrer-policy"] == "same-origin"


async def test_what_the_cluster_asks_is_not_answered_at_the_public_address(front: Front) -> None:
    inside, outside = front.browser("http://10.0.0.7:8000"), front.browser()

    assert (await inside.get("/livez")).status_code == 200
    assert "dunghen_logins_total" in (await inside.get("/metrics")).text
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await outside.get(path)).headers["location"].startswith("/login")


async def test_a_citizens_form_needs_no_log_in_and_none_is_passed_on(front: Front, lan: httpx.AsyncClient) -> None:
    for headers in (KIND, FORM, {**FORM, "sec-fetch-site": "same-origin"}):
        assert (await front.browser().post("/y-kien/abc", headers=headers, content="q1=2")).status_code == 200
    assert (await lan.post("/y-kien/abc", headers=FORM, content="q1=2")).status_code == 200

    assert all("authorization" not in asked.headers for asked in front.behind.asked)
    for headers in ({**KIND, "origin": "http://evil.test"}, {**FORM, "sec-fetch-site": "cross-site"}):
        assert (await front.browser().post("/y-kien/abc", headers=headers, content="q1=2")).status_code == 403
    assert (await front.browser().post("/thu-tuc", headers=FORM, content="q1=2")).status_code == 405


async def test_no_name_of_a_session_no_bearer_and_no_token_of_a_form_is_logged(
    front: Front, lan: httpx.AsyncClient, log_lines: io.StringIO
) -> None:
    token = await form_token(lan)
    await lan.post(CHANGE, headers=FORM, data={"form_token": token})
    front.behind.away.add("notifier")
    await lan.post(CHANGE, headers=FORM, data={"form_token": token})

    for secret in (token, lan.cookies["dunghen-session"], front.behind.asked[-1].headers["authorization"][7:]):
        assert secret not in log_lines.getvalue()


@pytest.mark.provokes_failures
async def test_a_fault_of_ours_is_a_page_and_is_logged(
    front: Front, lan: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, log_lines: io.StringIO
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("services.front.http.home._counted", broken)
    answer = await lan.get("/")

    assert (answer.status_code, "Lỗi của hệ thống" in answer.text, "planted" in answer.text) == (500, True, False)
    assert "a request failed" in log_lines.getvalue()


@pytest.mark.provokes_failures
async def test_a_store_that_hangs_is_answered_in_words(
    front: Front, lan: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("services.front.http.wall.JUDGE_SECONDS", 0.05)
    monkeypatch.setattr(front.store, "get_many", hanging)
    answer = await asyncio.wait_for(lan.get("/"), 5)

    assert (answer.status_code, "Hệ thống đang tạm ngừng" in answer.text) == (503, True)
