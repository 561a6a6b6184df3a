"""Wishes to be sent no messages that nobody has to send (R29): by survey, SMS, desk; on keyed hashes, over changing keys."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from contracts.facts import epoch_ms
from contracts.notices import NoticeKind
from reference.catalogue import Messages
from runtime.web import Role
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Heeded
from services.notifier.domain.notice import SURVEY, Claimed, Queued, Skipped, Uncertain, Way
from services.notifier.domain.sending import claim_message
from services.notifier.domain.wishes import OPTIONAL, LastSent, Wishes, WishStep
from services.notifier.gateways.opening import replies_url, signature
from services.notifier.http.replies import wish_in
from services.notifier.store import count_wishes, load
from services.notifier.wishes import WishBook, name_of
from tests.support.dossiers import DOSSIER, fact
from tests.support.identity import as_person
from tests.support.notifier import HASH_KEY, REFERENCE, absorb, desk, settle
from tests.support.notifier import context as at_moment
from tests.support.wishes import NOW, NUMBER, SECRET, TYPED, Province, contact_of, surveyed, wish_event

OTHER = "H37.12-260302-0002"
CLERK = as_person(Role.OFFICER, units=("H37.12",), name="Nông Văn Thử")
WISH = f"/v1/messages/of/{DOSSIER}/stop-wish"
NEW_KEY = "a newer secret of tests"
OWN = REFERENCE.units["H37.12"].model_copy(update={"messages": Messages(received=True)})
TELLS = replace(REFERENCE, units={**REFERENCE.units, "H37.12": OWN})
AT, MONTH = epoch_ms(NOW), timedelta(days=30)


def step(name: str, at: int, *, stop: bool = True) -> WishStep:
    return WishStep(name, at, stop, "desk")


# --- rules ---------------------------------------------------------------------------------


def test_the_latest_wish_counts_in_whatever_order_they_come_and_twice_is_once() -> None:
    first, second = step("a", 1), step("b", 2, stop=False)
    both = Wishes().stepped(first).stepped(second)

    assert (both.stopped, [each.id for each in both.steps]) == (False, ["a", "b"])
    assert both.stepped(first) is both
    assert Wishes().stepped(first).stepped(step("c", 3)).steps == (first,)  # it is stopped already
    assert Wishes((second,)).merged(Wishes((first,))) == both
    assert Wishes((step("x", 5, stop=False), step("y", 5))).merged(Wishes()).stopped


def test_a_kind_that_somebody_has_to_be_sent_is_never_held() -> None:
    """R29."""
    held, ground = set[str](), desk(NOW, reference=TELLS).ground("first")
    for kind in get_args(NoticeKind):
        if kind == "apology":  # its text needs a letter
            continue
        due = _due(kind)
        heeded = {(due.code, kind): Heeded(NUMBER, "stop-wish")}
        found = claim_message(due, kind, replace(ground, heeded=heeded))
        assert (found.answer is None) == isinstance(found.after.messages[kind], Skipped)
        if found.after.messages[kind] == Skipped(AT, reason="stop-wish"):
            held.add(kind)

    assert held == OPTIONAL == {"received", "survey"}


def _due(kind: str) -> Dossier:
    """A dossier of which a message is due and still so."""
    facts = {
        "supplement-wanted": "supplement-requested",
        "fee-due": "fee-requested",
        "refused": "refused",
        "stopped": "stopped",
    }
    known = load(surveyed())._replace(messages={kind: Queued(AT, AT)})
    if kind not in (*facts, "received"):
        return known
    begun = load({**surveyed(), "facts": {"received": surveyed()["facts"]["received"]}})._replace(messages=known.messages)
    return begun.told(fact(facts[kind], NOW)) if kind in facts else begun


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        *((text, True) for text in ("TC", " tc ", "Từ chối", "TỪ CHỐI QC", "stop", "Dừng tin", "Hủy.", "không nhận tin")),
        *((text, False) for text in ("DK", "Đăng ký", "nhận lại")),
        *((text, None) for text in ("", "Xin dừng xe", "Tôi muốn hủy hồ sơ", "dung hen", "TC 0912000007", "👍")),
    ],
)
def test_what_people_write_to_stop_is_a_wish_and_nothing_else_is(text: str, wish: bool | None) -> None:
    assert wish_in(text) is wish


# --- under changing secrets ------------------------------------------------------------------


async def test_a_wish_is_known_under_all_secrets_and_moves_to_the_newest() -> None:
    province = Province()
    async with province.notifier() as notifier:
        store = notifier.store
        old, new = HASH_KEY.encode(), NEW_KEY.encode()
        await WishBook(store, [old], {}).enter(NUMBER, step("a", 1))
        joined, promoted = WishBook(store, [old, new], {}), WishBook(store, [new, old], {})

        assert (await joined.of(NUMBER)).stopped
        assert (await promoted.of(NUMBER)).stopped
        assert not (await WishBook(store, [new], {}).of(NUMBER)).stopped
        assert await promoted.move(NUMBER)
        assert not await promoted.move(NUMBER)
        assert (await WishBook(store, [new], {}).of(NUMBER)).stopped
        assert await count_wishes(store) == {name_of(new): 1}
        # an instance that was not restarted yet goes on knowing it, and what it keeps is known
        await joined.enter(NUMBER, step("b", 2, stop=False))
        assert not (await promoted.of(NUMBER)).stopped
        assert [each.id for each in (await promoted.of(NUMBER)).steps] == ["a", "b"]


async def test_two_instances_with_the_secrets_in_another_order_lose_nothing_to_each_other() -> None:
    province = Province()
    async with province.notifier() as notifier:
        one, two = HASH_KEY.encode(), NEW_KEY.encode()
        books = [WishBook(notifier.store, keys, {}) for keys in ([one, two], [two, one])]
        steps = [step(f"s{number}", number, stop=number % 2 == 0) for number in range(1, 9)]
        await asyncio.gather(*(books[number % 2].enter(NUMBER, each) for number, each in enumerate(steps)))
        both = [await book.of(NUMBER) for book in books]

        assert both[0].steps == both[1].steps
        assert both[0].stopped == both[0].steps[-1].stop
        assert both[0].steps[-1].id == "s8"


# --- a whole service -------------------------------------------------------------------------


async def test_who_wants_none_is_not_asked_and_is_told_all_the_rest() -> None:
    """R29."""
    province = Province()
    document = surveyed(DOSSIER, TYPED, fact("fee-requested", NOW, occasion="7"))
    async with province.notifier(document) as notifier:
        kept = await notifier.client.post(WISH, json={"stop": True}, headers=CLERK)
        await notifier.sends()

        assert (kept.status_code, kept.json()["stopped"]) == (200, True)
        assert await notifier.states() == {"result-ready": "Accepted", SURVEY: "stop-wish"}
        said = [event for event in notifier.said() if "skipped" in str(event["type"])]
        assert [event["type"] for event in said] == ["vn.dunghen.notice.skipped.v4"]
        page = await notifier.client.get(f"/messages/of/{DOSSIER}", headers=CLERK)
        assert "Không gửi: người dân không muốn nhận tin tùy chọn" in page.text
        assert "cán bộ ghi nhận (Nông Văn Thử)" in page.text
        told = (await notifier.client.get(f"/v1/dossiers/{DOSSIER}", headers=CLERK)).json()
        assert [one["why"] for one in told["messages"]] == ["", "người dân không muốn nhận tin tùy chọn"]
        everything = await notifier.everything_kept() + page.text + str(notifier.said())
        assert not [number for number in ("912000007", "912 000 007") if number in everything]


async def test_a_wish_of_a_survey_comes_by_dossier_and_holds_for_all_dossiers_of_the_number() -> None:
    province = Province()
    document = surveyed(DOSSIER, TYPED, wish_event())
    async with province.notifier(document, surveyed(OTHER, "+84 912000007")) as notifier:
        await notifier.sends()
        await notifier.sends()

        assert (await notifier.states())[SURVEY] == (await notifier.states(OTHER))[SURVEY] == "stop-wish"
        assert {sms.to for sms in province.phones.sent} == {NUMBER}
        assert len(province.phones.sent) == 2  # both results
        wishes = (await notifier.client.get(f"/v1/messages/of/{OTHER}/stop-wish", headers=CLERK)).json()
        assert [(one["source"], one["dossier"], one["by"]) for one in wishes["steps"]] == [("survey", DOSSIER, "")]
        assert (await notifier.dossier()).stop_wish is not None
        assert "next" not in str((await notifier.store.get_many("dossiers", [DOSSIER]))[DOSSIER]["stop_wish"])


async def test_a_wish_whose_contact_is_not_here_waits_for_it() -> None:
    province = Province()
    document = surveyed(DOSSIER, TYPED, wish_event())
    sealed = document.pop("contact")
    async with province.notifier(document, surveyed(OTHER)) as notifier:
        await notifier.sends()
        assert (await notifier.states(OTHER))[SURVEY] == "Accepted"
        kept = (await notifier.store.get_many("dossiers", [DOSSIER]))[DOSSIER]
        await notifier.store.save_many("dossiers", [{**kept, "contact": sealed}])
        province.later()
        await notifier.sends()

        assert (await notifier.client.get(WISH, headers=CLERK)).json()["stopped"]


async def test_a_wish_is_read_back_from_the_log_and_kept_once() -> None:
    """Of the survey: those of the desk and of SMS are in the store alone, under no dossier."""
    document = absorb({"_id": DOSSIER, "rev": 0}, contact_of())
    document = settle(absorb(document, wish_event()), at_moment(NOW), deduplicates=False).document
    wish = load(document).stop_wish

    assert wish is not None
    assert (wish.at, wish.next_at, document["next_send_at"]) == (AT, AT, AT)
    assert absorb(document, wish_event()) is document


async def test_one_whose_first_try_may_have_gone_out_is_not_said_to_be_skipped() -> None:
    known = load(surveyed())
    doubted = Claimed(AT, AT, way=Way(via="first", doubt=True))
    by = desk(NOW, deduplicates=True)

    ground = replace(by.ground("first"), heeded={(DOSSIER, SURVEY): Heeded(NUMBER, "stop-wish")}, opened=frozenset(("first",)))
    changed = claim_message(known.with_message(SURVEY, doubted), SURVEY, ground)

    assert isinstance(changed.after.messages[SURVEY], Uncertain)


async def test_nobody_is_asked_about_two_dossiers_within_the_time_between() -> None:
    province = Province()
    async with province.notifier(surveyed(), surveyed(OTHER), cooldown=30) as notifier:
        await notifier.sends()
        states = [(await notifier.states(code))[SURVEY] for code in (DOSSIER, OTHER)]

        assert sorted(states) == ["Accepted", "asked-lately"]
        assert len([sms for sms in province.phones.sent if "/y-kien/" in sms.text]) == 1
        assert len(province.phones.sent) == 3
        again = Wishes(last={SURVEY: LastSent(AT, OTHER)})
        assert again.against(SURVEY, OTHER, AT, MONTH) is None
        assert again.against(SURVEY, DOSSIER, AT + 30 * 86_400_000 - 1, MONTH) == "asked-lately"
        assert again.against(SURVEY, DOSSIER, AT + 30 * 86_400_000, MONTH) is None


async def test_a_contact_that_changed_since_wishes_were_read_waits_for_its_turn() -> None:

    known, ground = load(surveyed()), desk(NOW).ground("first")
    other = replace(ground, heeded={(DOSSIER, SURVEY): Heeded("+84912000008", None)})

    assert claim_message(known, SURVEY, other).answer is None
    assert claim_message(known, SURVEY, other).after is known
    asked = replace(ground, heeded={(DOSSIER, SURVEY): Heeded(NUMBER, None)})
    assert claim_message(known, SURVEY, asked).answer is not None
    assert not isinstance(known.messages[SURVEY], Skipped)


# --- doors ---------------------------------------------------------------------------------


async def test_an_answer_by_sms_comes_through_the_public_door_with_the_gateways_secret() -> None:
    province = Province()
    bearer = {"authorization": f"Bearer {SECRET}"}
    async with province.notifier(surveyed()) as notifier:
        post = notifier.client.post
        said = [
            {"from": "84912000007", "text": "TC"},
            {"from": "84912000009", "text": "Cảm ơn"},
            {"from": "19001000", "text": "TC"},
        ]
        refused = [
            (await post("/v1/replies", json=said, headers=headers)).status_code
            for headers in ({}, {"authorization": "Bearer y"})
        ]
        taken = await post("/v1/replies", json=said, headers=bearer)

        assert refused == [401, 401]
        assert (taken.status_code, taken.json()) == (202, {"wishes": 1})
        assert (await post("/v1/replies", json=[{"from": "1", "text": "x" * 1001}], headers=bearer)).status_code == 422
        assert (await notifier.client.get(WISH, headers=CLERK)).json()["stopped"]


@pytest.mark.parametrize(
    ("body", "kind"), [("Từ chối".encode(), "text/plain"), ("Từ chối".encode("utf-16-be"), "text/plain; charset=UTF-16BE")]
)
async def test_a_kannel_posts_answers_to_an_address_that_was_made_for_it(body: bytes, kind: str) -> None:
    province = Province()
    url = replies_url("http://notifier/", SECRET)
    async with province.notifier(surveyed()) as notifier:
        headers = {"content-type": kind, "x-kannel-from": "+84912000007", "x-kannel-to": "8100"}
        wrong = [
            (await notifier.client.post(f"/v1/replies/kannel?sign={sign}", content=body, headers=headers)).status_code
            for sign in ("", "x" * 40, signature(SECRET, "another"))
        ]
        taken = await notifier.client.post(url, content=body, headers=headers)
        nameless = await notifier.client.post(url, content=body, headers={"content-type": kind})
        large = await notifier.client.post(url, content=b"x" * 5000, headers=headers)
        broken = await notifier.client.post(url, content=b"\xff\xfe\xd8", headers=headers)

        assert (wrong, taken.status_code, taken.json()) == ([401] * 3, 200, {"wishes": 1})
        assert (large.status_code, broken.status_code, broken.json()) == (413, 200, {"wishes": 0})
        assert (nameless.status_code, "x-kannel-from" in nameless.text) == (422, True)
        assert "912000007" not in str(taken.request.url)
        assert (await notifier.client.get(WISH, headers=CLERK)).json()["steps"][0]["source"] == "sms"


async def test_the_desk_sets_a_wish_takes_it_back_and_does_so_for_its_own_units_alone() -> None:
    province = Province()
    page = f"/messages/of/{DOSSIER}"
    async with province.notifier(surveyed()) as notifier:
        stopped = [await notifier.client.post(f"{page}/stop-wish?stop=true", headers=CLERK) for _ in range(2)]
        seen = (await notifier.client.get(page, headers=CLERK)).text
        back = await notifier.client.post(f"{page}/stop-wish?stop=false", headers=CLERK)
        others = as_person(Role.OFFICER, units=("H37.13",))
        reader = as_person(Role.SUPERVISOR, units=("*",))

        assert [(one.status_code, one.headers["location"]) for one in stopped] == [(303, page)] * 2
        assert "Người nộp nhận lại tin tùy chọn" in seen
        assert back.status_code == 303
        wishes = (await notifier.client.get(WISH, headers=CLERK)).json()
        assert [one["stop"] for one in wishes["steps"]] == [True, False]
        assert [(await notifier.client.get(path, headers=others)).status_code for path in (page, WISH)] == [404, 404]
        assert (await notifier.client.post(WISH, json={"stop": True}, headers=others)).status_code == 404
        assert (await notifier.client.post(WISH, json={"stop": True}, headers=reader)).status_code == 403
        assert "<button>" not in (await notifier.client.get(page, headers=reader)).text
        await notifier.sends()
        assert (await notifier.states())[SURVEY] == "Accepted"


async def test_by_number_a_clerk_needs_no_dossier_and_a_landline_is_named() -> None:
    province = Province()
    async with province.notifier(surveyed(DOSSIER), surveyed(OTHER, "0203 3825 111")) as notifier:
        path = "/v1/messages/stop-wishes"
        wrong = await notifier.client.post(path, json={"phone": "0203 3825 111", "stop": True}, headers=CLERK)
        right = await notifier.client.post(path, json={"phone": "0912.000.007", "stop": True}, headers=CLERK)
        none = await notifier.client.post(f"/messages/of/{OTHER}/stop-wish?stop=true", headers=CLERK)

        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/phone")
        assert (right.status_code, right.json()["stopped"]) == (200, True)
        assert (none.status_code, "không có số điện thoại di động" in none.text) == (409, True)
        book = WishBook(notifier.store, [HASH_KEY.encode()], {})
        by = (await book.of(NUMBER)).steps[0].by
        assert (by is not None and by.name, (await book.of(NUMBER)).steps[0].dossier) == ("Nông Văn Thử", "")
