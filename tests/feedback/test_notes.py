"""What people write beside the survey's questions: locked, apart from dossier and answer, for the head of the unit alone."""

import io
import json

import pytest

from runtime.web import Role
from services.feedback.domain import digest
from services.feedback.notes import NOTE
from tests.support.dossiers import at
from tests.support.feedback import PAGE
from tests.support.identity import as_person
from tests.support.survey import INVITED, MORE, PATH, code, send, site, token

HEAD = as_person(Role.UNIT_HEAD, units=("H37.12",), name="Thủ trưởng Mẫu")
OTHER = as_person(Role.UNIT_HEAD, units=("H37.15",), name="Thủ trưởng Khác")
CLERK = as_person(Role.OFFICER, units=("H37.12",), name="Cán bộ Mẫu")
WRITTEN = "Bàn viết thấp quá, <b>cụ già</b> khó ngồi"
LIST = "/petitions/survey-notes"


async def test_a_note_is_kept_locked_and_has_nothing_of_answer_dossier_or_time() -> None:
    async with site() as feedback:
        sent = await feedback.client.post(PATH, data={**PAGE, "y-kien-khac": WRITTEN})
        (note,), (answer,) = await feedback.parts.store.find("notes", {}), await feedback.kept()
        mark = await feedback.mark()

    assert (sent.status_code, "Muốn được giải quyết" in sent.text) == (200, False)
    assert {name: value for name, value in note.items() if name not in ("_id", "text")} == {
        "rev": 1,
        "unit": "H37.12",
        "month": "2026-03",
        "day": "2026-03-06",
        "cell": "H37.12/2026-03",
        "recent": 120_000 - 12 * 2026 - 3,
    }
    assert NOTE.written(NOTE.load(note), note) == note
    assert set(mark) == {"_id", "rev", "key"}
    assert "cụ già" not in json.dumps([note, answer, mark], ensure_ascii=False)
    assert not {note["_id"], note["text"]} & set(json.dumps([answer, mark]).split('"'))


async def test_notes_are_shown_to_the_head_of_the_unit_once_five_are_there_and_say_no_dossier(log_lines: io.StringIO) -> None:
    """R40."""
    async with site(more=MORE) as feedback:
        for number in range(100, 104):
            assert await send(feedback, number, **{"y-kien-khac": f"{WRITTEN} {number}"}) == 200
        feedback.clock.set(at(7))
        await feedback.work()
        early = await feedback.client.get(LIST, headers=HEAD)
        await send(feedback, 104, **{"y-kien-khac": f"{WRITTEN} 104"})
        await send(feedback, 105)  # wrote nothing
        feedback.clock.set(at(8))
        await feedback.work()
        seen = await feedback.client.get(LIST, headers=HEAD)
        others = [await feedback.client.get(LIST, headers=person) for person in (OTHER, CLERK, {})]
        kept = json.dumps([await feedback.parts.store.find(name, {}) for name in ("notes", "dossiers", "marks")])
        said = b"".join(feedback.said()).decode()

    assert "Chưa có ý kiến nào hiện ra" in early.text
    assert [seen.text.count(f"khó ngồi {number}") for number in range(100, 105)] == [1] * 5
    assert "&lt;b&gt;cụ già" in seen.text
    assert ("03/2026" in seen.text, "06/03/2026" in seen.text) == (True, False)
    assert [(each.status_code, "khó ngồi" in each.text) for each in others] == [(200, False), (403, False), (401, False)]
    assert '"day"' not in kept
    for number in range(100, 106):
        assert not [secret for secret in (code(number), token(number), digest(token(number))) if secret in seen.text]
    assert "ng\\u1ed3i" not in kept + said
    assert "khó ngồi" not in kept + said + log_lines.getvalue()


async def test_a_note_that_is_too_long_is_given_back_with_what_was_filled_in_and_nothing_is_kept() -> None:
    async with site() as feedback:
        page = await feedback.client.post(PATH, data={**PAGE, "y-kien-khac": "ơ" * 1001})
        kept = await feedback.kept()
        fits = await feedback.client.post(PATH, data={**PAGE, "y-kien-khac": "ơ" * 1000})

    assert (page.status_code, "Ý kiến dài quá 1000 ký tự" in page.text, "ơ" * 1001 in page.text) == (422, True, True)
    assert page.text.count(" checked>") == 4
    assert kept == []
    assert fits.status_code == 200


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tôi muốn khiếu nại quyết định này", "complaint"),
        ("Cán bộ vòi vĩnh 500 nghìn", "denunciation"),
        ("Phản ánh: phải đi lại nhiều lần", "petition"),
        ("Cảm ơn các cô chú tận tình", ""),
        ("Nên có thêm ghế", ""),
        ("", ""),
    ],
)
async def test_who_writes_what_sounds_like_a_complaint_is_told_where_it_is_answered(text: str, kind: str) -> None:
    """R30."""
    async with site() as feedback:
        thanks = await feedback.client.post(PATH, data={**PAGE, "y-kien-khac": text})
        link = f"/gop-y?kind={kind}&amp;unit=H37.12"
        form = (await feedback.client.get(link.replace("&amp;", "&"))).text if kind else ""

    assert thanks.status_code == 200
    assert ("Muốn được giải quyết và trả lời" in thanks.text) == bool(kind)
    if kind:
        assert f'href="{link}"' in thanks.text
        assert f'value="{kind}" required checked' in form
        assert 'value="H37.12" selected' in form


async def test_notes_are_deleted_a_year_after_their_month() -> None:
    async with site({**INVITED}) as feedback:
        await feedback.client.post(PATH, data={**PAGE, "y-kien-khac": WRITTEN})
        left = []
        for day in (at(31).replace(year=2027), at(1).replace(year=2027, month=4)):
            feedback.clock.set(day)
            await feedback.forget()
            left.append(len(await feedback.parts.store.find("notes", {})))

    assert left == [1, 0]
