"""Texts in a unit's own words, over HTTP: who may set them, what is shown, and what two at once come to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.notifier.app import build
from services.notifier.domain.forms import FORMS
from services.notifier.domain.unit_texts import UnitText
from services.notifier.store import declare, enter_text, newest_texts, texts_of
from tests.support.dossiers import at
from tests.support.identity import ISSUER, as_person
from tests.support.notifier import REFERENCE, desk

NOW = at(9, "10:00")
HEAD = as_person(Role.UNIT_HEAD, units=("H37.12",), name="Lò Thị Thử")
FORM = "/messages/texts/H37.12/result-ready.counter"
OWN = "Hồ sơ {ma} {thu_tuc} xong rồi. Mời Ông/Bà đến nhận ở cửa số 2, {don_vi}."


@dataclass
class Pages:
    """notifier's pages over a store in memory."""

    client: httpx.AsyncClient
    store: MemoryDocuments

    async def keep(self, text: str, seen: int, who: dict[str, str] = HEAD, path: str = FORM) -> httpx.Response:
        return await self.client.post(path, data={"text": text, "seen": str(seen)}, headers=who)


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    await store.declare(INTENTS)
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
    ports = Ports(store=store, topics=topics, clock=SteppedClock(NOW))
    service = build(runtime, desk(NOW).settings, reference=REFERENCE, ports=ports)
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notifier") as client:
        yield Pages(client, store)


async def test_a_head_sees_the_words_tries_them_sets_them_and_goes_back_and_each_version_stays(pages: Pages) -> None:
    before = (await pages.client.get(FORM, headers=HEAD)).text
    tried = await pages.client.post(f"{FORM}/preview", data={"text": OWN}, headers=HEAD)
    none_kept = await texts_of(pages.store, "H37.12")
    kept = await pages.keep(OWN, 0)
    after = (await pages.client.get(FORM, headers=HEAD)).text
    back = await pages.keep("", 1)
    at_last = (await pages.client.get(FORM, headers=HEAD)).text

    assert "Chưa ai đổi mẫu này" in before
    assert "(Dang ky ket hon) xong roi. Moi Ong/Ba den nhan o cua so 2, UBND xa Hoang Van." in tried.text
    assert "Dùng mẫu này</button>" in tried.text
    assert (tried.status_code, none_kept) == (200, [])
    assert (kept.status_code, kept.headers["location"], back.status_code) == (303, FORM, 303)
    assert "bản 1" in after
    assert "Lò Thị Thử" in after
    assert "Đang dùng: <strong>mẫu chuẩn</strong>" in at_last
    assert [(one.version, one.text, one.by) for one in await texts_of(pages.store, "H37.12")] == [
        (1, OWN, "Lò Thị Thử"),
        (2, "", "Lò Thị Thử"),
    ]


async def test_what_may_not_be_kept_is_not_and_stays_on_the_page(pages: Pages) -> None:
    wrong = OWN + " Xem https://evil.test"
    tried = await pages.client.post(f"{FORM}/preview", data={"text": wrong}, headers=HEAD)
    kept = await pages.keep(wrong, 0)  # a form that no page of ours made

    assert "Dùng mẫu này" not in tried.text
    for answer in (tried, kept):
        assert "địa chỉ công khai của tỉnh" in answer.text
        assert "evil.test</textarea>" in answer.text
    assert (tried.status_code, kept.status_code) == (200, 409)
    assert await texts_of(pages.store, "H37.12") == []


async def test_of_two_at_once_the_second_is_told_and_overwrites_nothing(pages: Pages) -> None:
    first, second = await pages.keep(OWN, 0), await pages.keep(OWN.replace("số 2", "số 3"), 0)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Đã có người đổi mẫu này" in second.text
    assert "số 3" in second.text
    assert [one.text for one in await texts_of(pages.store, "H37.12")] == [OWN]
    assert (await pages.keep(OWN, 7)).status_code == 409


@pytest.mark.parametrize(
    ("role", "units", "reads", "writes"),
    [
        (Role.UNIT_HEAD, ("H37.12",), 200, 303),
        (Role.ADMINISTRATOR, ("H37.12",), 200, 303),
        (Role.ADMINISTRATOR, ("*",), 200, 303),
        (Role.UNIT_HEAD, ("H37.13",), 404, 404),
        (Role.OFFICER, ("H37.12",), 200, 403),
        (Role.SUPERVISOR, ("*",), 200, 403),
        (Role.SIGNER, ("H37.12",), 403, 403),
    ],
)
async def test_heads_and_administrators_of_the_unit_alone_set_its_words(
    pages: Pages, role: Role, units: tuple[str, ...], reads: int, writes: int
) -> None:
    who = as_person(role, units=units)
    page = await pages.client.get(FORM, headers=who)

    assert page.status_code == reads
    assert ("<textarea" in page.text) is (writes == 303)
    assert (await pages.keep(OWN, 0, who)).status_code == writes


async def test_the_list_is_of_the_persons_units_and_says_what_each_text_is(pages: Pages) -> None:
    await pages.keep(OWN, 0)
    listed = (await pages.client.get("/messages/texts", headers=HEAD)).text

    assert "bản 1" in listed
    assert listed.count("mẫu chuẩn</td>") == len(FORMS) - 1
    assert 'value="H37.13"' not in listed
    assert (await pages.client.get("/messages/texts?unit=H37.13", headers=HEAD)).status_code == 404
    assert (await pages.client.get("/messages/texts/H37.12/birthday", headers=HEAD)).status_code == 404


async def test_the_newest_of_each_text_is_read_whatever_their_number() -> None:
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    for version in range(1, 602):
        assert await enter_text(store, UnitText("H37.12", "survey", version, f"{version}", 1, "x", "u"))
    assert not await enter_text(store, UnitText("H37.12", "survey", 601, "late", 1, "x", "u"))

    newest = await newest_texts(store)

    assert {key: one.version for key, one in newest.items()} == {("H37.12", "survey"): 601}
