"""Files beside meetings and petitions: told by their bytes, locked, a download alone, of a denunciation for named roles."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from runtime.blobs import MemoryBlobs
from runtime.errors import Unavailable
from runtime.web import Role
from services.feedback.domain.attachments import LARGEST, MOST_FILES, kind_of
from services.feedback.petitions import readings_of
from tests.support.identity import as_person
from tests.support.petitions import OTHER, UNIT, Pages, pages, time

CLERK = as_person(Role.OFFICER, units=(UNIT,), name="Cán bộ Mẫu")
STRANGER = as_person(Role.UNIT_HEAD, units=(OTHER,), name="Thủ trưởng Khác")
HEAD = as_person(Role.UNIT_HEAD, units=(UNIT,), name="Thủ trưởng Mẫu")
INSPECTOR = as_person(Role.INSPECTOR, units=(UNIT,), name="Thanh tra Mẫu")
PDF = b"%PDF-1.7\n" + b"Nong Thi Bi Mat " * 100 + b"\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 50 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * 30 + b"\0\0\0\0IEND\xaeB`\x82"
TITLE = "Biên bản tiếp công dân"
DAY = {
    "kind": "reception",
    "unit": UNIT,
    "day": "2026-03-05",
    "begins": "08:00",
    "leader": "Chủ tịch UBND xã",
    "place": "Phòng tiếp công dân",
    "weeks": "1",
    "once": "abc",
}


def packed(*names: str, content: bytes = b"x") -> bytes:
    """A ZIP file with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return made.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")


@pytest.fixture
async def own() -> AsyncIterator[Pages]:
    async with pages("2026-03-02 09:00") as made:
        yield made


async def meeting_of(own: Pages, now: str = "2026-03-05 10:00") -> str:
    """A meeting that has begun by now."""
    assert (await own.client.post("/meetings", data=DAY, headers=HEAD)).status_code == 303
    own.clock.set(time(now))
    listed: list[str] = re.findall(r"LD-[0-9a-f]+", (await own.client.get("/meetings", headers=HEAD)).text)
    return f"meetings/{listed[0]}"


async def petition_of(own: Pages, kind: str = "petition") -> str:
    sent = await own.client.post("/gop-y", data={"kind": kind, "unit": UNIT, "text": "Phải đi lại", "once": kind})
    named: list[str] = re.findall(r"PA-[0-9]{6}-[A-Z2-7]{8}", sent.text)
    return f"petitions/{named[0]}"


async def hand_in(
    own: Pages, place: str, content: bytes, person: dict[str, str] = CLERK, name: str = "x.exe", **more: str
) -> httpx.Response:
    fields = {"title": TITLE, "once": "o", **more}
    return await own.client.post(f"/{place}/files", data=fields, files={"file": (name, content)}, headers=person)


async def links(own: Pages, place: str, person: dict[str, str] = CLERK) -> list[str]:
    """Where the files of a page are downloaded."""
    return re.findall(r'href="(/[^"]+/files/[0-9a-f]{32})"', (await own.client.get(f"/{place}", headers=person)).text)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (JPEG, "jpeg"),
        (PNG, "png"),
        (DOCX, "docx"),
        (b"", None),
        (b"%PDF-1.7 cut off", None),
        (b"\n" + PDF, None),
        (JPEG[:-2], None),
        (PNG[:-12], None),
        (DOCX[:-10], None),
        (packed("word/document.xml"), None),
        (packed("xl/workbook.xml", "[Content_Types].xml"), None),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (packed("[Content_Types].xml", "word/document.xml", *(f"word/{number}" for number in range(2000))), None),
        (b"MZ" + b"\0" * 100, None),
        (b"<html><script>alert(1)</script>%PDF-1.7 %%EOF", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"GIF89a" + b"\0" * 50, None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


async def test_minutes_are_handed_in_shown_and_given_as_a_download_under_a_name_of_ours(own: Pages) -> None:
    place = await meeting_of(own)
    assert (await hand_in(own, place, PDF, name='../../"evil".html')).status_code == 303
    (link,) = await links(own, place)
    page = (await own.client.get(f"/{place}", headers=CLERK)).text
    got = await own.client.get(link, headers=CLERK)

    assert (TITLE in page, "evil" in page, "PDF, 2 kB" in page) == (True, False, True)
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PDF, "application/pdf")
    disposition = got.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="LD-[0-9a-f]{16}-[0-9a-f]{6}\.pdf"', disposition), disposition
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["cache-control"] == "no-store"


async def test_what_is_kept_is_locked_title_and_content(own: Pages) -> None:
    place = await meeting_of(own)
    await hand_in(own, place, PDF)
    documents = repr(await own.store.find("attachments", {}))
    (blob,) = kept(own).kept.values()

    assert (TITLE in documents, b"Nong Thi" in blob, b"%PDF" in blob) == (False, False, False)


def kept(own: Pages) -> MemoryBlobs:
    """Where the files of these pages are."""
    return own.blobs


async def test_a_form_that_is_sent_twice_is_one_file_and_there_are_only_so_many(own: Pages) -> None:
    place = await meeting_of(own)
    for _ in range(2):
        assert (await hand_in(own, place, PDF)).status_code == 303
    assert len(await links(own, place)) == 1
    for number in range(MOST_FILES - 1):
        assert (await hand_in(own, place, PDF, once=str(number))).status_code == 303
    assert (await hand_in(own, place, PDF, once="more")).status_code == 422
    assert len(await links(own, place)) == MOST_FILES == len(kept(own).kept)


@pytest.mark.parametrize(
    ("content", "title", "said"),
    [
        (b"", TITLE, "chọn một tệp"),
        (b"MZ\x90", TITLE, "không phải PDF"),
        (PDF, " ", "ghi tệp là gì"),
        (PDF, "a" * 201, "ghi tệp là gì"),
        (b"%PDF-" + b"0" * LARGEST + b"%%EOF", TITLE, "lớn hơn 10 MB"),
    ],
    ids=["empty", "program", "untitled", "long", "large"],
)
async def test_what_is_wrong_with_a_file_is_said_and_nothing_is_kept(own: Pages, content: bytes, title: str, said: str) -> None:
    place = await meeting_of(own)
    told = await hand_in(own, place, content, title=title)

    assert (told.status_code, said in told.text) == (422, True), told.text
    assert (kept(own).kept, await own.store.find("attachments", {})) == ({}, [])


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"title=x", 400),
        ("multipart/form-data", b"--x", 400),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--", 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nab', 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nab\r\n--x--\r\n", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 13 + b"--x--",
            400,
        ),
        ("multipart/form-data; boundary=x", b"0" * (LARGEST + 30_000), 413),
    ],
)
async def test_what_is_no_form_with_a_file_is_refused(own: Pages, kind: str, body: bytes, status: int) -> None:
    place = await meeting_of(own)
    told = await own.client.post(f"/{place}/files", content=body, headers={**CLERK, "content-type": kind})

    assert told.status_code == status, told.text


async def test_others_see_no_file_and_one_of_another_place_is_not_there(own: Pages) -> None:
    meeting, petition = await meeting_of(own), await petition_of(own)
    await hand_in(own, meeting, PDF)
    (link,) = await links(own, meeting)
    elsewhere = link.replace(f"/{meeting}/", f"/{petition}/")

    assert [
        (await own.client.get(path, headers=person)).status_code
        for path, person in (
            (link, STRANGER),
            (link, {}),
            (elsewhere, CLERK),
            (f"/{meeting}/files/{'0' * 32}", CLERK),
            (link, CLERK),
        )
    ] == [404, 401, 404, 404, 200]
    assert (await hand_in(own, meeting, PDF, STRANGER)).status_code == 404
    assert (await hand_in(own, petition, PDF, {})).status_code == 401


async def test_nothing_is_handed_in_before_a_meeting_has_begun(own: Pages) -> None:
    place = await meeting_of(own, "2026-03-05 07:59")

    assert (await hand_in(own, place, PDF)).status_code == 422


async def test_a_denunciation_s_file_is_for_the_inspector_who_says_what_for_and_is_journaled(own: Pages) -> None:
    place = await petition_of(own, "denunciation")
    assert [(await hand_in(own, place, PDF, person)).status_code for person in (CLERK, HEAD, INSPECTOR)] == [404, 404, 303]
    page = (await own.client.get(f"/{place}", headers=INSPECTOR)).text
    (path,) = re.findall(r'action="(/[^"]+/files/[0-9a-f]{32})/read"', page)
    silent = [
        (await own.client.get(path, headers=INSPECTOR)).status_code,
        (await own.client.post(f"{path}/read", data={"purpose": "x"}, headers=INSPECTOR)).status_code,
        (await own.client.post(f"{path}/read", data={"purpose": "Xem giúp người khác"}, headers=HEAD)).status_code,
    ]
    name = place.partition("/")[2]
    before = await readings_of(own.store, name)
    got = await own.client.post(f"{path}/read", data={"purpose": "Xác minh nội dung tố cáo"}, headers=INSPECTOR)

    assert (TITLE in page, silent, before) == (False, [404, 422, 404], [])
    assert (got.status_code, got.content) == (200, PDF)
    assert [one.purpose for one in await readings_of(own.store, name)] == ["Xác minh nội dung tố cáo"]


async def test_a_file_is_taken_away_by_the_head_and_that_stays_to_be_seen(own: Pages) -> None:
    place = await meeting_of(own)
    await hand_in(own, place, PDF)
    (link,) = await links(own, place)
    assert [(await own.client.post(f"{link}/remove", headers=person)).status_code for person in (CLERK, STRANGER, HEAD)] == [
        403,
        404,
        303,
    ]

    assert ((await own.client.get(link, headers=CLERK)).status_code, kept(own).kept) == (404, {})
    assert "đã gỡ lúc" in (await own.client.get(f"/{place}", headers=CLERK)).text


async def test_with_its_petition_a_file_is_erased_by_request_and_by_time(own: Pages) -> None:
    asked, old = await petition_of(own, "praise"), await petition_of(own, "petition")
    for place in (asked, old):
        assert (await hand_in(own, place, PNG, INSPECTOR)).status_code == 303
    refused = await own.client.post(f"/{old}/erase", headers=HEAD)
    assert (refused.status_code, len(kept(own).kept)) == (409, 2)  # it is open: nothing of it goes
    stale = await own.client.post(f"/{asked}/erase", data={"round": "2"}, headers=HEAD)
    assert (stale.status_code, len(kept(own).kept)) == (409, 2)  # the page showed another round: nothing of it goes either
    assert (await own.client.post(f"/{asked}/erase", headers=HEAD)).status_code == 303
    assert len(kept(own).kept) == 1
    assert (await hand_in(own, asked, PNG)).status_code == 422
    for action, fields in (("take", {}), ("answer", {"text": "x", "decision": "resolved"}), ("publish", {"summary": "x"})):
        assert (await own.client.post(f"/{old}/{action}", data=fields, headers=CLERK)).status_code == 303
    own.clock.set(time("2026-03-02 09:00") + timedelta(days=1900))
    await job(own, "retention")

    assert (kept(own).kept, await own.store.find("attachments", {})) == ({}, [])


async def test_what_comes_while_its_petition_is_erased_is_not_kept(own: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    place, put = await petition_of(own, "praise"), own.blobs.put

    async def slow(name: str, content: bytes) -> None:
        assert (await own.client.post(f"/{place}/erase", headers=HEAD)).status_code == 303
        await put(name, content)

    monkeypatch.setattr(own.blobs, "put", slow)
    await hand_in(own, place, PNG)

    assert (kept(own).kept, await own.store.find("attachments", {})) == ({}, [])


async def job(own: Pages, name: str) -> None:
    await next(one for one in own.service.jobs if one.name == name).run()


async def test_what_died_on_its_way_is_not_shown_and_is_deleted(own: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await meeting_of(own)

    async def put(name: str, content: bytes) -> None:
        kept(own).kept[name] = content
        raise Unavailable("away")

    monkeypatch.setattr(own.blobs, "put", put)
    assert (await hand_in(own, place, PDF)).status_code == 503
    assert (await hand_in(own, place, PDF)).status_code == 503  # it is on its way, as far as anybody knows
    assert await links(own, place) == []
    await job(own, "retention")
    assert len(kept(own).kept) == 1
    own.clock.set(time("2026-03-05 12:00"))
    await job(own, "retention")
    assert (kept(own).kept, await own.store.find("attachments", {})) == ({}, [])


async def test_what_was_taken_away_while_the_blobs_were_not_there_goes_later(
    own: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await meeting_of(own)
    await hand_in(own, place, PDF)
    (link,) = await links(own, place)

    async def delete_many(_: object) -> None:
        raise Unavailable("away")

    with monkeypatch.context() as away:
        away.setattr(own.blobs, "delete_many", delete_many)
        assert (await own.client.post(f"{link}/remove", headers=HEAD)).status_code == 503
    assert ((await own.client.get(link, headers=CLERK)).status_code, len(kept(own).kept)) == (404, 1)
    own.clock.set(time("2026-03-05 12:00"))
    await job(own, "retention")

    assert kept(own).kept == {}
    assert "đã gỡ lúc" in (await own.client.get(f"/{place}", headers=CLERK)).text
