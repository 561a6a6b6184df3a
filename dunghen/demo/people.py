"""The invented people of the demo: signers at the letter desk, citizens with a survey on their phone, the operator's receipts;
and those who bring something forward.

They are deterministic: what somebody does depends on the dossier's code and on the month alone, never on timing.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from dunghen.answers import Desk, Draft, Shown
from dunghen.demo.driver import Fleet, Row
from dunghen.demo.petitioners import Petitioners
from dunghen.demo.phone import Sms
from reference import OFFICE_TIME, ReferenceData
from reference.timeline import DAY, to_instant, to_minute
from runtime.web import Role

HOUR = time(14, 30)
RE_PROMISE_DAYS = 3
WORDS = {  # of letters that answer petitions
    "apology-error": {
        "note": "cán bộ yêu cầu nộp lại trích lục khai sinh đã có trong hồ sơ",
        "done": "đã trả lại giấy tờ, nhắc nhở cán bộ và niêm yết lại thành phần hồ sơ",
    },
    "thanks": {"note": "nhờ vậy người dân đến làm thủ tục được phục vụ chu đáo hơn"},
}
REASONS = ("workload", "other-body", "complex", "system", "own-error")


def draw(text: str, sides: int) -> int:
    """The same die for the same text, always."""
    return zlib.crc32(text.encode()) % sides


class People:
    """Act once a day, in the afternoon."""

    def __init__(self, fleet: Fleet, rows: Sequence[Row], reference: ReferenceData) -> None:
        self._fleet, self._reference = fleet, reference
        self._ends, self._petitioners = _ends(rows), Petitioners(fleet)
        self._read = 0  # messages of the phone already looked at
        self._apologised: set[str] = set()  # dossiers with an apology among them
        self._given: dict[str, dict[str, str]] = {}  # what was answered, by dossier

    async def act(self, moment: datetime) -> bool:
        """What they do at a moment; False if it is not their hour."""
        if moment.astimezone(OFFICE_TIME).time() != HOUR:
            return False
        await self._fleet.settle(figures=False)
        await self._read_messages()
        await self._sign(moment)
        await self._petitioners.act(moment)
        return True

    # --- the desk ---------------------------------------------------------------

    async def _sign(self, moment: datetime) -> None:
        """Sign what will be late and is due to be signed today; some letters nobody signs, a few are exempt."""
        for letter in await self._drafts():
            due, dossier = letter.due_at, letter.dossier
            if letter.kind != "late":
                await self._look_and_sign(letter, WORDS[letter.kind], "answer/")
                continue
            if due is None:
                continue  # its clock is paused: there is no date to move
            sign_by, end = letter.sign_by or moment, self._ends.get(dossier)
            if sign_by.date() > moment.date() or (end is not None and end <= due) or draw(dossier, 7) == 0:
                continue
            if draw(dossier, 23) == 0:
                await self._post(letter, "rejection", {"reason": "force-majeure"})
                continue
            new = {"new_due_at": self._new_date(letter.unit, max(due, moment)).isoformat()} if letter.needs_date else {}
            reason = REASONS[draw(dossier + "/reason", len(REASONS))]
            await self._look_and_sign(letter, {"reason": reason, **new})

    async def _drafts(self) -> list[Draft]:
        found: list[Draft] = []
        after: str | None = ""
        while after is not None:
            answer = await self._fleet.clients["notifier"].get("/v1/letters", params={"state": "drafted", "after": after})
            page = Desk.model_validate_json(answer.raise_for_status().content)
            found, after = [*found, *page.letters], page.after
        return found

    def _new_date(self, unit: str, after: datetime) -> datetime:
        """So many working days later, at four in the afternoon."""
        line = self._reference.timeline(unit)
        day = line.counted_after(to_minute(after) // DAY, RE_PROMISE_DAYS)
        return to_instant(line.clip(day * DAY + 16 * 60))

    async def _look_and_sign(self, letter: Draft, decided: dict[str, str], place: str = "") -> None:
        """The signer sees the very letter, and signs that one."""
        seen = await self._post(letter, f"{place}preview", decided)
        if seen is not None:
            digest = Shown.model_validate_json(seen).digest
            await self._post(letter, f"{place}approval", {**decided, "previewed": digest})

    async def _post(self, letter: Draft, what: str, body: dict[str, str]) -> bytes | None:
        """In the name of the unit's signer: what was answered. None: a letter that is gone from the desk (409)."""
        signer = self._fleet.issuer.headers(Role.SIGNER, units=(letter.unit,), name=letter.signer)
        path = f"/v1/letters/{letter.dossier}/{what}"
        answer = await self._fleet.clients["notifier"].post(path, json=body, headers=signer)
        return None if answer.status_code == 409 else answer.raise_for_status().content

    # --- the phone --------------------------------------------------------------

    async def _read_messages(self) -> None:
        """Receipts for what arrived, and answers to the surveys among it."""
        arrived = self._fleet.phone.arrived
        new, self._read = arrived[self._read :], len(arrived)
        self._apologised |= {sms.dossier for sms in new if "xin loi" in sms.text}
        for start in range(0, len(new), 500):
            receipts = [{"client_id": sms.client_id, "status": _fate(sms)} for sms in new[start : start + 500]]
            await self._report(receipts)
        for sms in new:
            if SURVEY_AT in sms.text and _fate(sms) == "delivered":
                await self._answer(sms)

    async def _report(self, receipts: list[dict[str, str]]) -> None:
        """As the gateway does."""
        shown = {"authorization": f"Bearer {self._fleet.receipts_secret}"}
        (await self._fleet.clients["notifier"].post("/v1/receipts", json=receipts, headers=shown)).raise_for_status()

    async def _answer(self, sms: Sms) -> None:
        """One citizen in three takes the minute; who got the link twice sends the same again."""
        dossier, token = sms.dossier, sms.text.rpartition("/")[2]
        if draw(dossier + "/answers", 3) and dossier != STORY:
            return
        mood = draw(dossier + "/mood", 5) // 2
        asked = {name: str(mood + draw(dossier + name, 2)) for name in QUESTIONS}
        late = dossier in self._apologised
        given = {**asked, "appointment": str(2 * late + draw(dossier + "appointment", 2))}
        if late:
            given["apology"] = "0"
        given = self._given.setdefault(dossier, {**given, "once": f"page of {dossier}"})
        (await self._fleet.clients["feedback"].post(f"/y-kien/{token}", data=given)).raise_for_status()


STORY = "H37.12-260212-0007"
SURVEY_AT = "/y-kien/"  # of a link to the survey; other links open letters
QUESTIONS = ("attitude", "waiting", "facilities")


def _fate(sms: Sms) -> str:
    """One message in sixty does not reach its phone."""
    return "delivered" if draw(sms.client_id, 60) or sms.dossier == STORY else "undelivered"


def _ends(rows: Sequence[Row]) -> dict[str, datetime]:
    """When each dossier of the month ends, as its handlers know beforehand."""
    found: dict[str, datetime] = {}
    for row in rows:
        if row.type in ("completed", "returned", "withdrawn", "stopped") and row.at:
            at = datetime.fromisoformat(row.at)
            found[row.dossier] = min(at, found.get(row.dossier, at + timedelta(days=1)))
    return found
