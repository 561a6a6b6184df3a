"""Petitions as the officers' pages show them: words and tables, no rules."""

import secrets
from collections.abc import Mapping

from fastapi import Response

from contracts.petitions import GivenKind, PetitionChannel, PetitionKind
from reference import OFFICE_TIME, moment, moment_or_none
from runtime.pages import Pages
from runtime.web import Person, Role
from services.feedback.domain.hints import hint
from services.feedback.domain.meetings import Meeting
from services.feedback.domain.petition import Petition
from services.feedback.http.file_views import shown_files
from services.feedback.http.public import ABOUT, CALLED, DECIDED
from services.feedback.petition_room import Fault, PetitionRoom
from services.feedback.petitions import readings_of

PAGES = Pages("services.feedback")
CLOCKS = {
    "accept": "thụ lý hoặc từ chối",
    "clarify": "hỏi thêm người gửi",
    "answer": "trả lời",
    "publish": "công khai trả lời",
    "hand-over": "trả lời hoặc chuyển",
    "examine": "thụ lý khiếu nại",
    "decide": "quyết định giải quyết",
    "check": "xác minh điều kiện thụ lý",
    "conclude": "kết luận tố cáo",
}
CHANNELS: Mapping[PetitionChannel, str] = {
    "box": "hòm thư góp ý",
    "counter": "tại quầy",
    "phone": "điện thoại",
    "reception": "tiếp công dân",
    "dialogue": "đối thoại",
    "portal": "trang trực tuyến",
    "sms-link": "liên kết trong tin nhắn",
    "file": "văn bản, tệp",
}
STEPS = {
    "received": "Nhận",
    "classified": "Phân loại",
    "taken": "Thụ lý",
    "asked": "Hỏi thêm người gửi",
    "added": "Người gửi bổ sung",
    "forwarded": "Chuyển",
    "answered": "Trả lời",
    "published": "Công khai",
    "reraised": "Phản ánh lại",
    "erased": "Xóa nội dung, người gửi",
}
GIVEN: Mapping[GivenKind, str] = {"work": "công sức", "ideas": "sáng kiến", "goods": "hiện vật"}
COMPETENT: Mapping[PetitionKind, tuple[Role, ...]] = {
    "complaint": (Role.UNIT_HEAD, Role.INSPECTOR),
    "denunciation": (Role.INSPECTOR,),
}


def units_of(room: PetitionRoom, person: Person | None = None) -> dict[str, str]:
    today = room.ground().now.astimezone(OFFICE_TIME).date()
    known = room.context.reference.units.items()
    return {code: unit.name for code, unit in known if unit.in_use(today) and (person is None or person.sees(code))}


def new_page(
    room: PetitionRoom,
    person: Person,
    given: Mapping[str, str],
    faults: list[Fault] | None = None,
    meeting: Meeting | None = None,
) -> Response:
    words = {
        "given": given,
        "faults": {fault.name: fault.text for fault in faults or ()},
        "kinds": CALLED,
        "channels": CHANNELS,
        "gifts": GIVEN,
        "units": units_of(room, person),
        "meeting": meeting,
        "meeting_unit": "" if meeting is None else room.context.reference.unit_name(meeting.unit),
        "once": given.get("once") or secrets.token_urlsafe(16),
        "province": room.context.reference.province,
    }
    return PAGES.show("petition_new.html", words, 422 if faults else 200, person)


def row_of(room: PetitionRoom, petition: Petition, now: int) -> Mapping[str, object]:
    clock = petition.clock
    return {
        "id": petition.id,
        "kind": CALLED[petition.kind],
        "unit": room.context.reference.unit_name(petition.unit),
        "channel": CHANNELS[petition.channel],
        "received": moment(petition.received),
        "what": "" if clock is None else CLOCKS[clock.name],
        "due": None if clock is None else moment(clock.due),
        "late": clock is not None and clock.due < now,
        "near": clock is not None and clock.warn <= now <= clock.due,
        "round": petition.round,
    }


async def one_page(
    room: PetitionRoom, petition: Petition, person: Person, problem: str = "", *, opened: bool = False
) -> Response:
    shown, read = opened or not petition.secret, room.vault.read
    texts = [(moment(one.at), read(one.locked)) for one in petition.texts] if shown else []
    known = hint(" ".join(text for _, text in texts))
    made = petition.answer
    words = {
        "petition": petition,
        "row": row_of(room, petition, room.ground().at),
        "shown": shown,
        "texts": texts,
        "who": ", ".join(room.vault.read_who(petition.who).values()) if shown else "",
        "questions": [(moment(one.at), read(one.locked)) for one in petition.questions] if shown else [],
        "answer": "" if made is None or not shown else read(made.locked),
        "answered": None if made is None else moment(made.at),
        "decision": "" if made is None else DECIDED[made.decision],
        "answer_due": moment_or_none(petition.answer_due),
        "hint": None if known is None else (CALLED[known[0]], known[1]),
        "kinds": CALLED,
        "abouts": ABOUT,
        "decisions": DECIDED,
        "units": units_of(room),
        "steps": [
            (moment(step.at), STEPS.get(step.doing, step.doing), "" if step.by is None else step.by.name)
            for step in petition.journal
        ],
        "readings": await readings_of(room.parts.store, petition.id) if petition.secret else [],
        "moment": moment,
        "competent": petition.kind in COMPETENT,
        "erases": person.may(Role.UNIT_HEAD, Role.INSPECTOR),
        "problem": problem,
        "once": secrets.token_urlsafe(16),  # of the question that is asked with this page: two clicks ask once
        "files": await shown_files(room, petition.id, person, petition),
        "province": room.context.reference.province,
    }
    return PAGES.show("petition.html", words, 409 if problem else 200, person)
