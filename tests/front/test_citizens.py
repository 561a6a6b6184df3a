"""/ho-so: a citizen sees his own dossier, whoever guesses sees nothing, and nobody who guesses shuts a citizen out."""

import logging
import random
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from contracts.lookup import LENGTH, LETTERS, LookupKeys
from services.front.domain import networks, source_of
from services.front.tries import OF_ADDRESS, OF_DOSSIER, Tries, Try
from tests.support.front import FORM, HERE, Front, Issuer, front_at

DOSSIER, OTHER = "H37.12-260302-0001", "H37.12-260302-0002"
KEYS = LookupKeys.of(f"1:{'k' * 32}")
CODE = KEYS.code(DOSSIER)
LINK = f"/ho-so/{DOSSIER}/{CODE}"
SHOWN: dict[str, Any] = {
    "dossier": DOSSIER,
    "unit": "H37.12",
    "unit_name": "UBND xã Hoàng Vân",
    "hotline": "0205 000 0212",
    "procedure_name": "Đăng ký kết hôn",
    "stage": "open",
    "received_at": "2026-03-02T09:00:00+07:00",
    "due_at": "2026-03-09T09:00:00+07:00",
    "urgency": "later",
    "waits_for": "",
    "waits_since": None,
    "asked_for": "",
    "outcome": None,
    "end_state": None,
    "ended_at": None,
    "step": "Thẩm định",
    "why": [{"text": "Thời hạn giải quyết: 5 ngày làm việc.", "source": "Thủ tục hành chính"}],
}


def open_sla(front: Front, **more: Any) -> None:
    """An sla that knows one dossier and opens it by its code."""

    def answer() -> Response:
        asked = front.behind.asked[-1]
        held = asked.path == f"/v1/lookup/{DOSSIER}" and KEYS.opens(DOSSIER, asked.headers.get("x-lookup-code", ""))
        return JSONResponse(SHOWN | more) if held else JSONResponse({"title": "Mã tra cứu không đúng"}, 401)

    front.behind.answers["sla"] = answer


@pytest.fixture(autouse=True)
def waits(front: Front, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long answers waited; nobody really does."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(front.machine, "sleep", sleep)
    open_sla(front)
    return waited


def at(front: Front, address: str = "203.0.113.7") -> httpx.AsyncClient:
    """A citizen's browser at an address."""
    transport = httpx.ASGITransport(app=front.service.app, client=(address, 5000))
    return httpx.AsyncClient(transport=transport, base_url=HERE)


async def typed(browser: httpx.AsyncClient, dossier: str, code: str) -> httpx.Response:
    """Fill the form in and send it."""
    return await browser.post("/ho-so", data={"ma-ho-so": dossier, "ma-tra-cuu": code}, headers=FORM)


def guess(chance: random.Random) -> str:
    """A code out of nowhere."""
    return "".join(chance.choices(LETTERS, k=LENGTH))


async def test_a_citizen_sees_date_why_next_step_and_hotline_by_link_and_by_form(front: Front) -> None:
    browser = at(front)
    pages = [
        await browser.get(LINK),
        await typed(browser, DOSSIER, CODE),
        await typed(browser, f" {DOSSIER.lower()} ", f"{CODE[:5].lower()}-{CODE[5:].lower()} "),
    ]

    assert {page.text for page in pages} == {pages[0].text}
    for words in ("Đang giải quyết", "09:00 09/03/2026", "5 ngày làm việc", "chờ đến ngày hẹn trả", 'href="tel:02050000212"'):
        assert words in pages[0].text, words
    assert [asked.path for asked in front.behind.asked] == [f"/v1/lookup/{DOSSIER}"] * 3
    assert all("authorization" not in asked.headers and CODE not in asked.query for asked in front.behind.asked)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"urgency": "late"}, ("đã quá ngày hẹn trả", "xin lỗi bằng văn bản")),
        ({"due_at": None, "urgency": None}, ("Chưa có ngày", "Ngày hẹn trả chưa tính được")),
        ({"asked_for": "fee"}, ("Đang giải quyết", "cần nộp khoản tiền")),
        (
            {"stage": "waiting", "waits_for": "supplement", "asked_for": "supplement", "due_at": None, "urgency": None},
            ("Đang tạm dừng", "bổ sung giấy tờ", "tính tiếp khi cơ quan nhận đủ"),
        ),
        ({"stage": "waiting", "waits_for": "supplement", "due_at": None}, ("bổ sung giấy tờ", "tính tiếp khi cơ quan nhận đủ")),
        (
            {"stage": "submitted", "received_at": None, "why": []},
            ("Đang chờ tiếp nhận", "Hạn trả lời", "trả lời trước hạn"),
        ),
        ({"stage": "submitted", "urgency": "late", "why": []}, ("đã quá hạn trả lời", "đường dây nóng")),
        ({"stage": "waiting", "waits_for": "agency", "due_at": None}, ("ý kiến của cơ quan khác",)),
        ({"stage": "waiting", "waits_for": "force_majeure", "due_at": None}, ("bất khả kháng",)),
        (
            {"stage": "ended", "end_state": 9, "outcome": "late"},
            ("Đã có kết quả", "giải quyết quá hạn", "cách Ông/Bà đã đăng ký"),
        ),
        ({"stage": "ended", "end_state": 10, "outcome": "early"}, ("Đã trả kết quả", "giải quyết trước hạn")),
        ({"stage": "ended", "end_state": 7, "outcome": "on_time"}, ("Ông/Bà đã rút hồ sơ", "giải quyết đúng hạn")),
        ({"stage": "ended", "end_state": 8}, ("Đã dừng xử lý",)),
        (
            {"stage": "not-accepted", "end_state": 3, "received_at": None, "due_at": None, "why": [], "procedure_name": ""},
            ("Hồ sơ không được tiếp nhận", "phiếu từ chối"),
        ),
        ({"stage": "ended", "end_state": None}, ("Đã kết thúc",)),
    ],
)
async def test_each_state_has_its_words(front: Front, more: dict[str, Any], words: tuple[str, ...]) -> None:
    open_sla(front, **more)
    page = await at(front).get(LINK)

    assert page.status_code == 200
    for each in words:
        assert each in page.text, each


async def test_a_step_is_named_while_it_goes_on_and_if_it_has_a_name(front: Front) -> None:
    shown = []
    for more in ({}, {"step": "khác"}, {"step": ""}, {"stage": "ended", "end_state": 9}):
        open_sla(front, **more)
        shown.append("Đang ở bước" in (await at(front).get(LINK)).text)

    assert shown == [True, False, False, False]


async def test_a_wrong_code_an_unknown_dossier_and_what_is_no_code_get_one_answer(front: Front) -> None:
    browser, wrong = at(front), KEYS.code(OTHER)
    tries = [
        (DOSSIER, wrong),
        (OTHER, CODE),
        (OTHER, "x"),
        ("x", wrong),
        ("", ""),
        (DOSSIER, ""),
        (DOSSIER, "ế" * 10),
        ("<b>", "x"),
    ]
    answers = [await typed(browser, *each) for each in tries]
    links = [await browser.get(f"/ho-so/{DOSSIER}/{code}") for code in (wrong, "x", CODE + "A")]

    seen = {
        answer.text.replace(f'value="{dossier}"', 'value=""') for answer, (dossier, _) in zip(answers[:7], tries, strict=False)
    }
    assert len(seen | {link.text.replace(f'value="{DOSSIER}"', 'value=""') for link in links}) == 1
    assert {answer.status_code for answer in (*answers, *links)} == {404}
    assert "<b>" not in answers[7].text
    assert "Chưa tìm thấy hồ sơ với hai mã này" in answers[0].text
    assert all(asked.headers["x-lookup-code"].isascii() for asked in front.behind.asked)


async def test_what_is_no_form_of_ours_is_no_try(front: Front) -> None:
    browser = at(front)
    foreign = await browser.post("/ho-so", content=b"ma-ho-so=x", headers={**FORM, "origin": "http://evil.test"})
    json = await browser.post("/ho-so", json={"ma-ho-so": DOSSIER})
    large = await browser.post("/ho-so", content=b"a=" + b"x" * 70_000, headers=FORM)
    odd = await browser.post("/ho-so", content=b"\xff" * 10, headers=FORM)
    fields = await browser.post("/ho-so", content=b"&".join(b"a=1" for _ in range(50)), headers=FORM)

    assert [answer.status_code for answer in (foreign, json, large, odd, fields)] == [403, 415, 413, 404, 404]
    assert front.behind.asked == []


# --- guessing -------------------------------------------------------------------------------------------------------------


async def test_ten_thousand_guesses_of_one_address_open_nothing_and_are_slowed_down(front: Front) -> None:
    chance, guesser, answers = random.Random(26), at(front, "198.51.100.9"), dict[int, int]()
    for _ in range(10_000):
        answer = await guesser.get(f"/ho-so/{DOSSIER}/{guess(chance)}")
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1

    assert set(answers) == {404, 429}
    assert answers[404] == len(front.behind.asked) <= OF_ADDRESS.most + 60  # and one more each five seconds that this took
    assert int(answer.headers["retry-after"]) <= OF_ADDRESS.seconds
    assert "thử lại sau" in answer.text
    assert (await at(front).get(LINK)).status_code == 200  # a citizen elsewhere
    assert front.count("lookups", result="slowed") == answers[429]


async def test_many_addresses_that_guess_wait_for_each_answer_and_the_citizen_comes_in(
    front: Front, waits: list[float]
) -> None:
    chance, app = random.Random(27), front.service.app
    for number in range(200):
        address = f"10.{number // 250}.{number % 250}.1"
        transport = httpx.ASGITransport(app=app, client=(address, 5000))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as guesser:
            for _ in range(10):
                assert (await guesser.get(f"/ho-so/{DOSSIER}/{guess(chance)}")).status_code == 404
    before = len(waits)

    assert 2000 - OF_DOSSIER.most - 2 <= before <= 2000 - OF_DOSSIER.most
    assert (await at(front).get(LINK)).status_code == 200
    assert len(waits) == before + 1  # the citizen waits as everybody at this dossier
    assert (await at(front).get(f"/ho-so/{OTHER}/{CODE}")).status_code == 404
    assert len(waits) == before + 1  # nobody guessed at another


async def test_a_guesser_at_the_same_address_leaves_the_citizen_a_turn_every_few_seconds(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(front.machine, "monotonic", lambda: now)
    shared = at(front)
    for _ in range(OF_ADDRESS.most):
        assert (await shared.get(f"/ho-so/{OTHER}/{CODE}")).status_code == 404
    assert (await shared.get(LINK)).status_code == 429
    now += OF_ADDRESS.seconds

    assert [(await shared.get(LINK)).status_code for _ in range(3)] == [200, 200, 200]  # right ones cost nothing
    assert (await shared.get(f"/ho-so/{OTHER}/{CODE}")).status_code == 404
    assert (await shared.get(LINK)).status_code == 429


def test_guesses_at_the_same_time_count_before_they_are_answered(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.machine, "monotonic", lambda: 1000.0)
    tries = Tries(front.machine)
    begun = [tries.begin("203.0.113.7", DOSSIER) for _ in range(OF_ADDRESS.most + 5)]

    assert [isinstance(one, Try) for one in begun] == [True] * OF_ADDRESS.most + [False] * 5
    assert [one.later for one in begun if isinstance(one, Try)] == [False] * OF_DOSSIER.most + [True] * OF_DOSSIER.most


def test_what_is_kept_of_tries_names_no_address_has_a_bound_and_goes_when_it_was_right(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.front.tries.MOST_KEPT", 100)
    tries = Tries(front.machine)
    begun = [tries.begin(f"203.0.113.{number}", f"H37.12-260302-{number:04}") for number in range(1000)]

    assert (len(tries.addresses), len(tries.dossiers)) == (100, 100)
    assert "203.0.113" not in repr(vars(tries.addresses)) + repr(begun)
    for one in begun:
        assert isinstance(one, Try)
        tries.forgive(one)
    assert (len(tries.addresses), len(tries.dossiers)) == (0, 0)


async def test_while_sla_is_away_a_try_costs_nothing_and_the_page_says_so(front: Front) -> None:
    browser = at(front)
    front.behind.away.add("sla")
    away = [await browser.get(LINK) for _ in range(OF_ADDRESS.most + 5)]
    front.behind.away.clear()

    assert {(answer.status_code, "đang tạm ngừng" in answer.text) for answer in away} == {(503, True)}
    assert (await browser.get(LINK)).status_code == 200


@pytest.mark.parametrize("answer", [Response("no json"), JSONResponse({}), JSONResponse({}, 500), JSONResponse({}, 403)])
async def test_an_answer_that_nobody_understands_is_no_answer(front: Front, answer: Response) -> None:
    front.behind.answers["sla"] = lambda: answer

    assert (await at(front).get(LINK)).status_code == 503


# --- where it leads and what is left of it --------------------------------------------------------------------------------


async def test_a_secret_link_goes_no_further_and_stands_in_no_log_line(
    front: Front, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = at(front)
    shown = await browser.get(LINK)
    front.behind.away.add("sla")
    away = await browser.get(LINK)
    front.behind.away.clear()
    front.behind.answers["sla"] = lambda: Response("no json")
    odd = await browser.get(LINK)
    wrong = await browser.get(f"/ho-so/{OTHER}/{CODE}")
    said = capfd.readouterr()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "asyncio"))]

    assert (
        shown.headers["referrer-policy"] == away.headers["referrer-policy"] == odd.headers["referrer-policy"] == "no-referrer"
    )
    assert (shown.headers["cache-control"], shown.headers["x-robots-tag"]) == ("no-store", "noindex, nofollow")
    assert 'name="robots" content="noindex' in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert not [link for link in shown.text.split('href="')[1:] if link.startswith(("http:", "https:", "//"))]
    assert CODE not in shown.text + wrong.text
    assert CODE not in said.out + said.err + "\n".join(ours)
    assert "a service does not answer" in said.out + said.err + "\n".join(ours)


async def test_nothing_of_a_person_is_shown_though_a_service_should_say_it(front: Front) -> None:
    open_sla(front, contact={"name": "Nông Thị Mẫu", "phone": "0912000007"}, name="Nông Thị Mẫu", department="0912000007")
    page = await at(front).get(LINK)

    assert page.status_code == 200
    assert ("Nông Thị Mẫu" in page.text, "0912000007" in page.text) == (False, False)


async def test_pages_for_citizens_are_small_and_need_neither_script_nor_log_in(front: Front) -> None:
    for page in (await at(front).get("/ho-so"), await at(front).get(LINK), await typed(at(front), DOSSIER, "x")):
        assert len(page.content) < 50_000
        assert '<html lang="vi">' in page.text
        assert (page.text.count("<h1"), page.text.count("<script"), page.text.count('href="#content"')) == (1, 0, 1)
        for name in ("ma-ho-so", "ma-tra-cuu"):
            assert (f'id="{name}"' in page.text) == (f'for="{name}"' in page.text)
        assert "Đăng xuất" not in page.text


async def test_who_is_logged_in_looks_up_as_anybody(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H37.12"])
    page = await lan.get(LINK)

    assert (page.status_code, "authorization" in front.behind.asked[-1].headers) == (200, False)


# --- addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.9"], "203.0.113.7"),  # no proxy of ours: anybody writes the header
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.9"], "198.51.100.9"),  # what stands before it is the guesser's own word
        ("10.0.0.1", ["1.1.1.1", "198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.9, "], "10.0.0.1"),
        ("2001:db8::1", ["2001:db9:1:2:3::4"], "2001:db9:1:2::/64"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("", [], ""),
        ("unix", ["1.1.1.1"], "unix"),
    ],
)
def test_who_asks_is_whom_the_last_proxy_of_ours_names(peer: str, forwarded: list[str], source: str) -> None:
    assert source_of(peer, forwarded, networks("10.0.0.0/8 2001:db8::1")) == source


async def test_citizens_behind_our_proxy_are_told_apart(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with front_at(issuer, proxies="10.0.0.1") as front:
        open_sla(front)
        monkeypatch.setattr(front.machine, "monotonic", lambda: 1000.0)
        monkeypatch.setattr("services.front.http.citizens.LATER_SECONDS", 0.0)
        proxy = at(front, "10.0.0.1")
        for number in range(OF_ADDRESS.most + 3):
            guessed = await proxy.get(f"/ho-so/{OTHER}/{CODE}", headers={"x-forwarded-for": f"1.1.1.{number}, 198.51.100.9"})
        shown = await proxy.get(LINK, headers={"x-forwarded-for": "203.0.113.7"})

    assert (guessed.status_code, shown.status_code) == (429, 200)
