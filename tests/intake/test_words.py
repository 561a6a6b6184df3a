"""Words that no list knows: sealed and bounded, shown to operators alone, gone when they are learned or to be forgotten."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from dunghen import PROVINCE
from reference import load_reference
from runtime.errors import Unavailable
from runtime.log import Wire
from runtime.service import Service
from runtime.web import Role
from services.intake import store, unlisted
from services.intake.domain.kept_words import MOST_DOSSIERS, MOST_OF_UNIT, KeptWords, surplus
from services.intake.domain.words import Unlisted
from services.intake.unlisted import Words
from tests.intake.alone import Alone, intake_alone, received
from tests.intake.test_intake import SEALER
from tests.support.identity import as_person

UNIT = "H37.12"
LEARNED = f"- code: {UNIT}\n  steps:\n    - {{code: B03, name: Họp xét duyệt}}\n"


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


def step(number: int, words: str, at: str = "2026-03-19T10:00", **more: Any) -> dict[str, Any]:
    """A step of a dossier of xã Hoàng Vân."""
    return {"dossier": received(number)["dossier"], "type": "progressed", "at": at, "step": words, **more}


async def job(service: Service, name: str) -> None:
    """Let a job run once."""
    await next(each for each in service.jobs if each.name == name).run()


async def listed(intake: Alone, unit: str = UNIT) -> list[tuple[str, str, int]]:
    """The words of a unit as an operator sees them."""
    await job(intake.service, "words")
    answer = await intake.client.get(f"/v1/words/{unit}", headers=await intake.key("vanhanh", role="operate"))
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["words"], each["count"]) for each in answer.json()["items"]]


async def stored(intake: Alone) -> str:
    """Everything in intake's store that is no log, as text."""
    found = [
        await intake.service.parts.store.find(name, {}) for name in ("words", "quarantine", "quality", "dossiers", "answers")
    ]
    return json.dumps(found, ensure_ascii=False)


async def test_words_of_no_list_are_counted_per_unit_and_wording_and_lie_sealed(intake: Alone) -> None:
    key = await intake.key()
    await intake.send(
        key,
        received(1),
        step(1, "Họp xét duyệt", department="Tổ công tác 06"),
        step(1, "họp  XÉT-DUYỆT", "2026-03-19T10:10"),
        step(1, "Trình ký", "2026-03-19T10:20"),
    )
    await intake.send(key, step(1, "Họp xét duyệt", department="Tổ công tác 06"))  # nothing new

    assert await listed(intake) == [("step", "Họp xét duyệt", 2), ("department", "Tổ công tác 06", 1)]
    assert "duyệt" not in await stored(intake)
    page = (await intake.client.get("/quality", headers=as_person(Role.OFFICER))).text
    assert '<td class="n" data-name="Cách viết khác nhau">2</td><td class="n" data-name="Số lần gặp">3</td>' in page
    assert "duyệt" not in page


async def test_words_are_for_operators_and_of_units_that_exist(intake: Alone) -> None:
    sender, operator = await intake.key(), await intake.key("vanhanh", role="operate")
    statuses = [
        (await intake.client.get(f"/v1/words/{unit}", headers=header)).status_code
        for unit, header in ((UNIT, {}), (UNIT, sender), ("H99", operator), ("-", operator))
    ]

    assert statuses == [401, 403, 404, 200]


async def test_words_before_a_reception_are_of_the_unit_that_the_code_tells_or_of_none(intake: Alone) -> None:
    await intake.send(await intake.key(), step(1, "Họp xét"), step(2, "Họp xét", dossier="000.00.12.H37-250319-0002"))

    assert await listed(intake) == [("step", "Họp xét", 1)]
    assert await listed(intake, "-") == [("step", "Họp xét", 1)]


async def test_of_long_words_a_hundred_characters_are_kept(intake: Alone) -> None:
    await intake.send(await intake.key(), received(1), step(1, "x" * 150))

    assert await listed(intake) == [("step", "x" * 100, 1)]


async def test_a_word_that_a_list_learned_matches_and_is_listed_no_longer_and_its_step_again_is_a_correction(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    for source in PROVINCE.glob("*.yaml"):
        (folder / source.name).write_bytes(source.read_bytes())
    async with intake_alone(tmp_path, REFERENCE_DIR=str(folder)) as intake:
        key = await intake.key()
        await intake.send(key, received(1), step(1, "HỌP XÉT DUYỆT"))
        assert await listed(intake) == [("step", "HỌP XÉT DUYỆT", 1)]
        units = folder / "units.yaml"
        units.write_text(units.read_text("utf-8").replace(f"- code: {UNIT}\n", LEARNED), "utf-8")
        await job(intake.service, "reference")
        await intake.send(key, step(1, "HỌP XÉT DUYỆT"))

        known = (await intake.client.get(f"/v1/dossiers/{received(1)['dossier']}", headers=key)).json()
        assert [fact["version"] for fact in known["facts"] if fact["type"] == "progressed"] == [2]
        await job(intake.service, "forgotten")
        assert await intake.service.parts.store.find("words", {}) == []
        assert await listed(intake) == []


async def test_a_unit_keeps_two_hundred_wordings_and_of_more_the_frequent_and_the_late(intake: Alone) -> None:
    key, words = await intake.key(), [f"Họp {number}" for number in range(MOST_OF_UNIT + 5)]
    at = [f"2026-03-19T{10 + number // 60}:{number % 60:02}" for number in range(MOST_OF_UNIT + 6)]
    await intake.send(key, received(1), received(2), step(1, words[0], at[0]), step(2, words[0], at[0]))
    await job(intake.service, "words")
    for number, text in enumerate(words[1:], start=1):
        intake.clock.set(intake.clock.now().replace(microsecond=number * 1000))
        await intake.send(key, step(1, text, at[number]))

    kept = [text for _, text, _ in await listed(intake)]
    assert len(kept) == MOST_OF_UNIT
    assert kept[0] == words[0]
    assert set(words) - set(kept) == set(words[1:6])


async def test_words_of_a_dossier_whose_contact_is_forgotten_are_forgotten_with_it(intake: Alone) -> None:
    key = await intake.key()
    await job(intake.service, "forgotten")
    await intake.send(key, received(1), received(2), step(1, "bà Mẫu gọi"), step(2, "Họp xét"))
    person = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
    await intake.send(key, received(1, type="snapshot", state="lạ", contact=person, linked=[{"part": "x"}], at=None))
    await job(intake.service, "words")
    await intake.send(key, step(1, "bà Mẫu gọi lại", "2026-03-19T11:00"))  # not written down yet
    await intake.service.parts.topics.publish([Wire("contacts.v1", received(1)["dossier"], cast("bytes", None))])
    await job(intake.service, "forgotten")

    assert await listed(intake) == [("step", "Họp xét", 1)]
    (held,) = await intake.service.parts.store.find("quarantine", {})
    assert "locked" not in held
    assert "words" not in held


def kept(number: int, dossiers: tuple[str, ...] = ("a",), count: int = 1) -> KeptWords:
    """Words that were met."""
    return KeptWords(f"{UNIT}/step/{number}", UNIT, "step", "x", count, number, number, dossiers)


def test_words_of_many_dossiers_are_nobodys() -> None:
    some = kept(1, tuple(str(number) for number in range(MOST_DOSSIERS)))

    assert kept(1).met_again(kept(2)) == KeptWords(f"{UNIT}/step/1", UNIT, "step", "x", 2, 1, 2, ("a",))
    assert some.met_again(kept(2, ("3",))).dossiers == some.dossiers
    assert some.met_again(kept(2)).dossiers == ()
    assert some.met_again(kept(2)).met_again(kept(3)).dossiers == ()


def test_the_rarest_words_go_first_and_of_equals_the_oldest() -> None:
    many = [kept(number, count=1 + (number == 3)) for number in range(MOST_OF_UNIT + 4)]

    assert sorted(each.first for each in surplus(many)) == [0, 1, 2, 4]


async def test_what_is_gathered_between_two_times_is_bounded_and_waits_for_a_store_that_is_away(
    intake: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlisted, "MOST_GATHERED", 2)
    parts = intake.service.parts
    words = Words(parts, load_reference(PROVINCE), SEALER)
    words.note("a", [Unlisted(UNIT, "step", text) for text in ("một", "...", "hai", "ba", "một")])
    with monkeypatch.context() as away:
        away.setattr(store, "add_words", _away)
        with pytest.raises(Unavailable):
            await words.write_down()
    words.note("a", [Unlisted(UNIT, "step", "hai")])
    await words.write_down()
    await words.write_down()

    assert [(each.words, each.count) for each in await words.of_unit(UNIT)] == [("hai", 2), ("một", 2)]


async def _away(*_: object) -> None:
    raise Unavailable("the store is away")


async def test_words_sealed_with_another_secret_are_dropped(intake: Alone) -> None:
    words = Words(intake.service.parts, load_reference(PROVINCE), SEALER)
    words.note("a", [Unlisted(UNIT, "step", "Họp xét")])
    await words.write_down()

    assert await listed(intake) == []
    assert await words.of_unit(UNIT) == []


# --- what is held for a person ----------------------------------------------------


async def test_free_words_of_a_held_item_are_locked_and_go_in_again_with_it(intake: Alone) -> None:
    key, operator = await intake.key(), await intake.key("vanhanh", role="operate")
    item = step(1, "bà Mẫu 0912000007", department="P. Tư pháp", state="lạ lắm")
    for _ in range(2):
        await intake.send(key, received(1), item)
    intake.clock.set(intake.clock.now() + timedelta(seconds=1))  # the list is in the order of time
    await intake.send(key, {**item, "step": "ông Mẫu"})
    entries = (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"]

    assert "Mẫu" not in await stored(intake)
    assert [entry["item"].get("step") for entry in entries] == [None, None]
    fixed = await intake.client.post(f"/v1/quarantine/{entries[0]['id']}/fix", json={"state": "4"}, headers=operator)
    again = await intake.client.post("/v1/quarantine/resubmit", json={"ids": [entries[0]["id"]]}, headers=operator)
    assert (fixed.status_code, again.json()["accepted"]) == (200, 1)
    assert ("step", "bà Mẫu 0912000007", 1) in await listed(intake)
    still = await intake.client.post("/v1/quarantine/resubmit", json={"ids": [entries[1]["id"]]}, headers=operator)
    assert still.json()["quarantined"] == 1
    assert [each["id"] for each in (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"]] == [
        entries[1]["id"]
    ]
