"""One dossier's events from all topics as a story in Vietnamese, by time, with reasons."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dunghen.log import event_of, kind_of
from reference import OFFICE_TIME, ReferenceData, moment
from reference.derivation import say_instant
from reference.limits import amount, say_limit
from runtime.deadletters import Letter, letter_of
from runtime.kafka_admin import LogRecord
from services.notifier.domain.texts import REASONS, REJECTIONS

_CHAIN = ("intake", "sla", "notifier", "feedback")
CHANNELS = {1: "trực tiếp", 2: "trực tuyến", 3: "bưu chính công ích"}
OUTCOMES = {"early": "trước hạn", "on_time": "đúng hạn", "late": "quá hạn", "open": "chưa kết thúc"}
STATES = {7: "công dân rút hồ sơ", 8: "dừng xử lý", 9: "đã xử lý xong", 10: "đã trả kết quả"}
MESSAGES = {"result-ready": "đã có kết quả", "apology": "xin lỗi vì trễ hẹn", "survey": "mời đánh giá"}
SKIPPED = {
    "before-go-live": "trước ngày đơn vị bắt đầu dùng hệ thống",
    "too-old": "được báo muộn quá 48 giờ",
    "no-contact": "không có thông tin liên hệ",
    "contact-missing": "thông tin liên hệ không đến",
    "no-mobile-number": "không có số điện thoại di động",
}
LIFTED = {"replayed": "đã được xử lý lại", "discarded": "đã được bỏ"}
KINDS = {
    "received": "tiếp nhận",
    "progressed": "bước xử lý",
    "supplement-requested": "yêu cầu bổ sung",
    "supplemented": "đã bổ sung",
    "fee-requested": "yêu cầu nghĩa vụ tài chính",
    "fee-paid": "đã thực hiện nghĩa vụ tài chính",
    "suspended": "lấy ý kiến cơ quan khác",
    "resumed": "tiếp tục xử lý",
    "reappointed": "hẹn lại ngày trả",
    "completed": "đã xử lý xong",
    "returned": "đã trả kết quả",
    "refused": "không tiếp nhận",
    "withdrawn": "công dân rút hồ sơ",
    "stopped": "dừng xử lý",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event: when it happened, who says it, the sentence, and reasons below it."""

    at: datetime
    recorded: datetime
    source: str
    text: str
    reasons: tuple[str, ...] = ()
    order: tuple[str, int] = ("", 0)  # the sequence of the fact at its root, then how far down the chain it stands


def story_of(dossier: str, records: Iterable[LogRecord], reference: ReferenceData) -> list[Line]:
    """The events of a dossier in the order in which they happened; a repeated record is told once."""
    seen: dict[str, tuple[LogRecord, dict[str, Any]]] = {}
    lines = []
    for record in records:
        if record.topic.endswith(".dlq"):
            letter = letter_of(record.key, record.value, record.headers)
            if letter is not None and letter.key == dossier:
                lines.append(_dead_letter(record, letter))
            continue
        event = event_of(record)
        if event.get("subject") == dossier and "data" in event:
            seen.setdefault(event["id"], (record, event))
    sequences = {event["id"]: event["sequence"] for _, event in seen.values() if "sequence" in event}
    lines += [_line(record, event, reference, sequences) for record, event in seen.values()]
    return sorted(lines, key=lambda line: (line.recorded, line.order))


def _dead_letter(record: LogRecord, letter: Letter) -> Line:
    at = moment(record.timestamp)
    if letter.settled:
        return Line(at, at, record.topic, f"Bản ghi {letter.place} {LIFTED.get(letter.settled, letter.settled)}")
    return Line(at, at, record.topic, f"Một bản ghi bị giữ lại: {letter.headers.get('reason', '')}")


def _line(record: LogRecord, event: Mapping[str, Any], reference: ReferenceData, sequences: Mapping[str, str]) -> Line:
    name = kind_of(event)
    data = event["data"]
    at, recorded = datetime.fromisoformat(data["at"]), datetime.fromisoformat(event["time"])
    say = _SENTENCES.get(name)
    text = say(data, reference) if say else f"{name}"
    reasons = tuple(step["text"] for step in data.get("derivation", ()))
    correction = data.get("version", 1) > 1 and name.startswith("dossier.") and name != "dossier.retracted"
    source = event["source"].removeprefix("/")
    root = event.get("sequence") or sequences.get(event.get("correlationid", ""), "9")
    link = _CHAIN.index(source) if source in _CHAIN else len(_CHAIN)
    order = (root, 0 if name == "letter.approved" else link)  # the one thing that sla waits for notifier to say
    return Line(at, recorded, source, ("Sửa lại: " if correction else "") + text, reasons, order)


def _received(data: Mapping[str, Any], reference: ReferenceData) -> str:
    procedure = reference.procedures.get(data["procedure"])
    unit = reference.units.get(data["competent_unit"])
    limit = data["terms"]["limit"]
    said = say_limit((amount(limit["value"]), limit["unit"]))
    return (
        f"Tiếp nhận ({CHANNELS[data['channel']]}): {procedure.name if procedure else data['procedure']}, "
        f"cơ quan giải quyết {unit.name if unit else data['competent_unit']}, thời hạn {said}."
    )


def _due(prefix: str) -> Callable[[Mapping[str, Any], ReferenceData], str]:
    def say(data: Mapping[str, Any], _: ReferenceData) -> str:
        provisional = " (tạm tính)" if data.get("provisional") else ""
        return f"{prefix} {_at(data['due_at'])}{provisional}."

    return say


def _settled(data: Mapping[str, Any], _: ReferenceData) -> str:
    if data["outcome"] == "open":
        return "Kết quả đã ghi được rút lại: hồ sơ lại đang giải quyết."
    return (
        f"Kết thúc {_at(data['ended_at'])} ({STATES[data['state']]}), hẹn {_at(data['due_at'])}: {OUTCOMES[data['outcome']]}."
    )


def _warned(data: Mapping[str, Any], _: ReferenceData) -> str:
    return f"Cảnh báo cán bộ: còn {data['rung'].removesuffix('h')} giờ làm việc đến hạn {_at(data['due_at'])}."


def _retracted(data: Mapping[str, Any], _: ReferenceData) -> str:
    return f"Rút lại thông tin: {KINDS.get(data['fact'], data['fact'])}."


def _by(data: Mapping[str, Any]) -> str:
    return f", ký trước {_at(data['sign_by'])}" if "sign_by" in data else ""


def _new(data: Mapping[str, Any]) -> str:
    return f", hẹn lại {_at(data['new_due_at'])}" if "new_due_at" in data else ""


def _points(data: Mapping[str, Any]) -> int:
    scores = [score for score in data["scores"].values() if score is not None]
    return round(sum(scores) / len(scores)) if scores else 0


def _plain(text: str) -> Callable[[Mapping[str, Any], ReferenceData], str]:
    return lambda _data, _reference: text


def _at(text: str) -> str:
    return say_instant(datetime.fromisoformat(text).astimezone(OFFICE_TIME))


_SENTENCES: dict[str, Callable[[Mapping[str, Any], ReferenceData], str]] = {
    "dossier.received": _received,
    "dossier.progressed": lambda data, _: f"Bước xử lý: {data['step']}.",
    "dossier.supplement-requested": _plain("Yêu cầu người dân bổ sung giấy tờ."),
    "dossier.supplemented": _plain("Người dân đã bổ sung đủ giấy tờ."),
    "dossier.fee-requested": _plain("Yêu cầu thực hiện nghĩa vụ tài chính."),
    "dossier.fee-paid": _plain("Đã thực hiện nghĩa vụ tài chính."),
    "dossier.suspended": _plain("Chuyển lấy ý kiến cơ quan khác."),
    "dossier.resumed": _plain("Cơ quan khác đã trả lời, tiếp tục xử lý."),
    "dossier.reappointed": lambda data, _: f"Đơn vị đề nghị hẹn lại {_at(data['new_due_at'])}.",
    "dossier.completed": _plain("Đã xử lý xong."),
    "dossier.returned": _plain("Đã trả kết quả cho người dân."),
    "dossier.refused": _plain("Không tiếp nhận hồ sơ."),
    "dossier.withdrawn": _plain("Công dân yêu cầu rút hồ sơ."),
    "dossier.stopped": _plain("Dừng xử lý hồ sơ."),
    "dossier.retracted": _retracted,
    "contact.sealed": _plain("Đã niêm phong thông tin liên hệ, chỉ bộ phận gửi tin mở được."),
    "deadline.set": _due("Hẹn trả kết quả"),
    "deadline.moved": _due("Ngày hẹn trả thay đổi thành"),
    "deadline.resumed": _due("Đồng hồ chạy tiếp, hẹn trả"),
    "deadline.paused": _plain("Đồng hồ dừng: thời gian chờ không tính vào thời hạn."),
    "deadline.warned": _warned,
    "deadline.apology-due": lambda data, _: f"Sắp trễ hẹn: cần soạn thư xin lỗi, ký trước {_at(data['sign_by'])}.",
    "deadline.overdue": lambda data, _: f"Quá hạn {_at(data['due_at'])}.",
    "deadline.settled": _settled,
    "notice.queued": lambda data, _: f"Xếp hàng tin nhắn: {MESSAGES[data['notice']]}.",
    "notice.accepted": lambda data, _: f"Đã gửi tin nhắn: {MESSAGES[data['notice']]} ({data['parts']} phần).",
    "notice.delivered": lambda data, _: f"Tin nhắn đã đến máy: {MESSAGES[data['notice']]}.",
    "notice.failed": lambda data, _: f"Tin nhắn không đi được: {MESSAGES[data['notice']]} ({data['reason']}).",
    "notice.uncertain": lambda data, _: (
        f"Không rõ tin nhắn đã đi hay chưa: {MESSAGES[data['notice']]}; không gửi lại, chờ người kiểm tra."
    ),
    "notice.skipped": lambda data, _: f"Không gửi: {MESSAGES[data['notice']]}; {SKIPPED[data['reason']]}.",
    "letter.drafted": lambda data, _: f"Dự thảo thư xin lỗi chờ ký{_by(data)}.",
    "letter.approved": lambda data, _: f"Thư xin lỗi đã ký: {REASONS[data['reason']]}{_new(data)}.",
    "letter.rejected": lambda data, _: f"Không gửi thư xin lỗi: {REJECTIONS[data['reason']].lower()}.",
    "letter.withdrawn": _plain("Hồ sơ xong đúng hẹn: rút dự thảo thư xin lỗi."),
    "letter.sent": lambda data, _: f"Thư xin lỗi số {data['number']:02d}/PXL đã ban hành{_new(data)}.",
    "feedback.invited": _plain("Mời người nộp hồ sơ đánh giá."),
    "feedback.rated": lambda data, _: f"Người nộp hồ sơ đánh giá {_points(data)}/100.",
    "deadline.refused": lambda data, _: f"Không chấp nhận: {data['text']} ({data['rule']})",
}
