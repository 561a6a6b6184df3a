"""The citizen's end on embedded parts: a letter signed and sent, an SMS, a survey answered, and the figures of it."""

import io
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from dunghen.audit import audit
from dunghen.log import events_of, kind_of
from dunghen.together import bearer
from runtime.web import Role
from tests.flow.support import D, System, at, event, received, small_system
from tests.support.identity import as_person
from tests.support.signing import look_and_sign

PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007", "email": "mau@example.org", "address": "thôn Tưởng Tượng"}
ONE, TWO = D.format(1), D.format(2)


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A small system on the morning of Monday 2 March 2026."""
    async with small_system(tmp_path / "data", at(2, "10:00")) as running:
        yield running


async def sign(system: System, dossier: str, new_due: datetime | None) -> dict[str, Any]:
    """Approve a draft as the desk's API takes it."""
    body: dict[str, Any] = {"reason": "workload"}
    if new_due is not None:
        body["new_due_at"] = new_due.isoformat()
    signer = as_person(Role.SIGNER, units=("H37.12",), name="Hoàng Đức Giả Định", issuer=system.together.issuer)
    answer = await look_and_sign(system.clients["notifier"], dossier, body, signer)
    assert answer.status_code == 202, answer.text
    await system.settle()
    shown: dict[str, Any] = (await system.clients["notifier"].get(f"/v1/letters/{dossier}")).json()
    return shown


def token(system: System) -> str:
    """The token of the newest survey on the phone."""
    links = [re.search(r"https://\S+/(\S+)$", sms.text) for sms in system.fleet.phone.shown()]
    return [found.group(1) for found in links if found][-1]


async def feedback_said(system: System) -> list[tuple[str, str]]:
    """Subject and kind of all that feedback said."""
    events = events_of([record for record in await system.log() if record.topic == "feedback.v1"])
    return [(event.subject, kind_of(event)) for event in events]


async def test_a_late_dossier_is_apologised_for_told_of_and_rated(system: System, log_lines: io.StringIO) -> None:
    await system.send(received(ONE, "2026-03-02T09:00", contact=PERSON))
    await system.move(at(5, "10:00"))
    letter = await sign(system, ONE, at(11))
    await system.move(at(10, "10:00"))
    await system.send(event(ONE, "completed", "2026-03-10T09:30"), event(ONE, "returned", "2026-03-10T09:45"))
    await system.settle()

    texts = [sms.text for sms in system.fleet.phone.shown()]
    assert (letter["state"], letter["symbol"]) == ("sent", "01/PXL")
    assert [text.split(" ")[0] for text in texts] == ["UBND", "Ho", "Moi"]
    assert "Hen lai: 09:00 ngay 11/03/2026. Van ban so 01/PXL." in texts[0]
    pdf = await system.clients["notifier"].get(f"/v1/letters/{ONE}/pdf")
    assert "Nông Thị Mẫu" in pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()

    survey = f"/y-kien/{token(system)}"
    page = await system.clients["feedback"].get(survey)
    assert (page.status_code, ONE in page.text, PERSON["name"] in page.text) == (200, True, False)
    half = await system.clients["feedback"].post(survey, data={"attitude": "0"})
    assert (half.status_code, "Còn 3 câu" in half.text) == (422, True)
    once = re.findall(r'name="once" value="([^"]+)"', page.text)[0]
    answers = {"attitude": "0", "waiting": "1", "appointment": "3", "apology": "0", "facilities": "1", "once": once}
    assert "đã được ghi nhận" in (await system.clients["feedback"].post(survey, data=answers)).text
    assert "Cảm ơn" in (await system.clients["feedback"].post(survey, data=answers)).text  # the first thanks got lost
    other = await system.clients["feedback"].post(survey, data={**answers, "attitude": "4"})
    assert (other.status_code, "chỉ đánh giá một lần" in other.text) == (404, True)
    await system.settle()
    assert "feedback.rated" not in [kind for _, kind in await feedback_said(system)]  # one answer alone waits
    await system.move(datetime(2026, 4, 1, 1, tzinfo=UTC))

    notices = await system.said(ONE, "notices.v1")
    assert Counter(notices) == {"drafted": 1, "approved": 1, "sent": 1, "queued": 3, "accepted": 3}
    assert await system.said(ONE, "feedback.v1") == ["invited"]
    (rated,) = [subject for subject, kind in await feedback_said(system) if kind == "feedback.rated"]
    assert ONE not in rated
    log = await system.log()
    audited = audit([(r.topic, r.value) for r in log], system.clock.now())
    assert audited.differences() == []
    cell = audited.counted["competent/H37.12/1.000894/2026-03-09"]
    assert cell == {"late_with_letter": 1}  # late against the first promise
    dashboard = (await system.clients["reporting"].get("/figures", params={"from": "2026-03-01", "to": "2026-03-31"})).text
    assert "1 có thư xin lỗi, 0 được miễn, 0 chưa" in dashboard
    assert ("75,00" in dashboard, "chưa đơn vị nào có đủ 5 phiếu" in dashboard) == (False, True)
    everything = b"".join(record.value for record in log).decode() + log_lines.getvalue()
    pages = [
        ("reporting", "/figures"),
        ("notifier", "/letters?state=sent"),
        ("notifier", f"/letters/{ONE}"),
        ("feedback", survey),
    ]
    pages += [("notifier", f"/v1/letters/{ONE}"), *((name, "/metrics") for name in system.clients)]
    seen = "".join([(await system.clients[name].get(path)).text for name, path in pages])
    assert ONE in seen
    for secret in (token(system), *PERSON.values(), "912000007"):
        assert secret not in everything
        assert secret not in seen
    assert "Giả Định" not in everything  # the signer stands on the letter and its desk, on no topic


async def test_a_dossier_that_settles_in_time_takes_its_draft_back_and_the_page_says_so(system: System) -> None:
    await system.send(received(ONE, "2026-03-02T09:00", contact=PERSON))
    await system.move(at(5, "10:00"))
    drafts = (await system.clients["notifier"].get("/v1/letters")).json()["letters"]
    await system.send(event(ONE, "completed", "2026-03-05T09:50"))
    await system.settle()
    late = await look_and_sign(system.clients["notifier"], ONE, {"reason": "workload"})

    assert [letter["dossier"] for letter in drafts] == [ONE]
    assert {"drafted", "withdrawn"} < set(await system.said(ONE, "notices.v1"))
    assert (late.status_code, late.json()["errors"][0]["rule"]) == (409, "state")
    assert ONE in (await system.clients["notifier"].get("/letters?state=withdrawn")).text


async def test_a_second_re_promise_is_refused_and_the_letter_comes_back_with_the_rule(system: System) -> None:
    await system.send(received(ONE, "2026-03-02T09:00", contact=PERSON))
    await system.move(at(5, "10:00"))
    await system.send(event(ONE, "reappointed", "2026-03-05T09:55", new_due_at="2026-03-10T09:00:00+07:00"))
    await system.settle()
    back = await sign(system, ONE, at(12))
    sent = await sign(system, ONE, None)

    assert (back["state"], "R16" in back["refusal"]) == ("drafted", True)
    assert (sent["state"], sent["symbol"]) == ("sent", "01/PXL")
    assert "refused" in await system.said(ONE)


async def test_the_desk_page_signs_and_refuses_in_words(system: System) -> None:
    await system.send(*(received(code, "2026-03-02T09:00", contact=PERSON) for code in (ONE, TWO)))
    await system.move(at(5, "10:00"))
    desk = system.clients["notifier"]
    form = {"reason": "complex", "note": "chờ xác minh", "new_due_at": "2026-03-14T09:00"}
    wrong = await desk.post(f"/letters/{ONE}/preview", data=form)
    good = {**form, "new_due_at": "2026-03-12T09:00"}
    blind = await desk.post(f"/letters/{ONE}/approval", data=good)
    seen = await desk.post(f"/letters/{ONE}/preview", data=good)
    digest = re.search(r'name="previewed" value="([0-9a-f]{64})"', seen.text)
    assert digest is not None
    other = await desk.post(f"/letters/{ONE}/approval", data={**good, "note": "khác", "previewed": digest[1]})
    right = await desk.post(f"/letters/{ONE}/approval", data={**good, "previewed": digest[1]})
    foreign = await desk.post(f"/letters/{TWO}/approval", data=form, headers={"authorization": "", "cookie": "session=1"})
    unsure = await desk.post(f"/letters/{TWO}/rejection", data={"reason": "force-majeure"})
    rejected = await desk.post(f"/letters/{TWO}/rejection", data={"reason": "force-majeure", "confirmed": "yes"})
    await system.settle()

    assert (wrong.status_code, "phải là ngày làm việc" in wrong.text) == (409, True)
    assert (blind.status_code, "Xem thư sẽ gửi trước khi ký" in blind.text) == (409, True)
    assert (seen.status_code, "09 giờ 00 phút, ngày 12 tháng 3 năm 2026" in seen.text.replace("\u00a0", " ")) == (200, True)
    assert "Kính gửi: Ông/Bà Nông Thị Mẫu" in seen.text
    assert (other.status_code, "đã thay đổi so với bản đã xem" in other.text) == (409, True)
    assert (unsure.status_code, "ô xác nhận" in unsure.text) == (409, True)
    assert (right.status_code, rejected.status_code, foreign.status_code) == (303, 303, 401)
    assert "Đã gửi, số 01/PXL" in (await desk.get(f"/letters/{ONE}")).text
    assert "Không gửi" in (await desk.get(f"/letters/{TWO}")).text
    assert (await desk.get("/letters/H37.12-260302-9999")).status_code == 404


async def test_receipts_make_a_message_delivered_once(system: System) -> None:
    await system.send(received(ONE, "2026-03-02T09:00", contact=PERSON), event(ONE, "completed", "2026-03-02T09:45"))
    await system.settle()
    (sms,) = system.fleet.phone.shown()
    gateway = bearer(system.together.keys.receipts_secret)
    for _ in range(2):
        receipts = [{"client_id": sms.client_id, "status": "delivered"}, {"client_id": "nobody", "status": "delivered"}]
        answer = await system.clients["notifier"].post("/v1/receipts", json=receipts, headers=gateway)
        assert answer.json() == {"known": 1}
    await system.settle()

    assert (await system.said(ONE, "notices.v1"))[-1] == "delivered"
    assert (await system.said(ONE, "notices.v1")).count("delivered") == 1


async def test_a_frozen_period_stays_and_a_late_correction_is_restated_once(system: System) -> None:
    await system.send(received(ONE, "2026-03-02T09:00"))
    await system.move(at(10, "10:00"))
    await system.send(event(ONE, "completed", "2026-03-10T09:30"))
    await system.move(at(16, "10:00"))
    period = {"from": "2026-02-15", "to": "2026-03-14"}
    client = system.clients["reporting"]
    too_early = await client.post("/v1/reports/II.06a/frozen", params={"from": "2026-03-15", "to": "2026-04-14"})
    no_period = await client.post("/v1/reports/II.06a/frozen", params={**period, "to": "2026-03-13"})
    first = (await client.post("/v1/reports/II.06a/frozen", params=period)).json()
    again = (await client.post("/v1/reports/II.06a/frozen", params=period)).json()
    await system.send(event(ONE, "completed", "2026-03-09T08:30"))
    await system.settle()
    after = (await client.get("/v1/reports/II.06a/frozen", params=period)).json()

    assert (too_early.status_code, no_period.status_code) == (409, 422)
    assert "Năm kế hoạch (plan-year)" in no_period.json()["detail"]
    assert (first["version"], first["kind"], again) == (1, "month", first)
    assert after["rows"] == first["rows"]
    changes = [(c["column"], c["before"], c["after"]) for c in after["changes"][0]["changes"]]
    assert changes == [("9", 0, 1), ("10", 1, 0)]
    said = [json.loads(r.value)["type"].split(".")[-2] for r in await system.log() if r.topic == "reports.v1"]
    assert said == ["published", "restated"]
    assert "cột 10: từ 1 thành 0" in (await client.get("/figures", params=period)).text


async def test_ten_thousand_old_dossiers_are_counted_and_nobody_is_told(system: System) -> None:
    for start in range(0, 10_000, 500):
        items = []
        for number in range(start, start + 500):
            code, day = f"H37.12-250{6 + number % 3}15-{number:05}", f"2025-0{6 + number % 3}-{16 + number % 4}"
            items.append(received(code, f"{day}T09:00", contact=PERSON))
            if number % 10:
                end = f"2025-0{6 + number % 3}-{22 + number % 6}" if number % 3 else f"2025-12-{1 + number % 25:02}"
                items.append(event(code, "completed", f"{end}T09:00"))
        answer = await system.send(*items)
        assert {item["status"] for item in answer.json()["items"]} == {"accepted"}
    await system.move(at(3, "10:00"))

    log = await system.log()
    said = [json.loads(record.value)["type"].split(".")[-2] for record in log if record.topic == "notices.v1"]
    assert system.fleet.phone.arrived == []
    assert set(said) == {"skipped"}
    assert (await system.clients["notifier"].get("/v1/letters")).json()["letters"] == []
    audited = audit([(r.topic, r.value) for r in log], system.clock.now())
    assert (audited.dossiers, audited.differences()) == (10_000, [])
    report = await system.report("2025-06-01", "2025-12-31")
    figures = audited.ii06a(date(2025, 6, 1), date(2025, 12, 31))
    assert report["total"] == {str(column): figure for column, figure in figures.items()}
