"""What each event says, as a sentence in Vietnamese."""

import re
from datetime import datetime

from contracts import PREFIX, EventData, UnknownData
from contracts.contacts import ContactCorrected, ContactSealed
from contracts.deadlines import (
    AcceptanceStated,
    DeadlineApologyDue,
    DeadlineMoved,
    DeadlineOverdue,
    DeadlinePaused,
    DeadlineRefused,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSettled,
    DeadlineStated,
    DeadlineWarned,
)
from contracts.dossiers import (
    Completed,
    FeePaid,
    FeeRequested,
    Progressed,
    Reappointed,
    Reception,
    Refused,
    Resumed,
    Retracted,
    Returned,
    Stopped,
    Submitted,
    Supplemented,
    SupplementRequested,
    Suspended,
    Withdrawn,
)
from contracts.feedback import FeedbackInvited, FeedbackRated, FeedbackRatedV2, FeedbackStopWished
from contracts.notices import (
    Channel,
    LetterApproved,
    LetterDrafted,
    LetterRejected,
    LetterSent,
    LetterWithdrawn,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeAcceptedV3,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeFailedV3,
    NoticeKind,
    NoticeQueued,
    NoticeQueuedV2,
    NoticeQueuedV3,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeSkippedV3,
    NoticeSkippedV4,
    NoticeStated,
    NoticeUncertain,
    NoticeUncertainV2,
    NoticeUncertainV3,
)
from dunghen.petition_sentences import answer_letter_sentence, petition_sentence
from reference import ReferenceData
from reference.derivation import say_instant
from reference.limits import amount, say_limit
from services.notifier.domain.letter_text import REASONS, REJECTIONS

CHANNELS = {1: "trực tiếp", 2: "trực tuyến", 3: "bưu chính công ích"}
ANSWERS = {
    2: "đã tiếp nhận",
    3: "không tiếp nhận",
    5: "yêu cầu bổ sung giấy tờ",
    7: "công dân rút hồ sơ",
    8: "dừng xử lý",
    9: "đã xử lý xong",
    10: "đã trả kết quả",
}
OUTCOMES = {"early": "trước hạn", "on_time": "đúng hạn", "late": "quá hạn", "open": "chưa kết thúc"}
STATES = {7: "công dân rút hồ sơ", 8: "dừng xử lý", 9: "đã xử lý xong", 10: "đã trả kết quả"}
MESSAGES: dict[NoticeKind, str] = {
    "received": "đã tiếp nhận",
    "supplement-wanted": "cần bổ sung",
    "fee-due": "cần thực hiện nghĩa vụ tài chính",
    "result-ready": "đã có kết quả",
    "refused": "không tiếp nhận",
    "stopped": "dừng giải quyết",
    "apology": "xin lỗi vì trễ hẹn",
    "survey": "mời đánh giá",
}
SENT_AS: dict[Channel, str] = {"sms": "tin nhắn", "email": "thư điện tử", "letter": "thư giấy"}
FAILED = {
    "undelivered": "số máy không nhận được tin",
    "expired": "quá thời hạn",
    "rejected": "nhà mạng từ chối",
    "no-receipt": "quá một ngày chưa có báo phát",
    "no-mail-server": "chưa cài đặt máy chủ thư điện tử",
}
SKIPPED = {
    "before-go-live": "trước ngày đơn vị bắt đầu dùng hệ thống",
    "too-old": "được báo muộn quá 48 giờ",
    "no-contact": "không có thông tin liên hệ",
    "contact-missing": "thông tin liên hệ không đến hoặc không còn",
    "no-mobile-number": "không có số điện thoại di động",
    "overtaken": "khi đến lượt gửi thì điều cần báo không còn đúng",
    "foreign-link": "đường dẫn không thuộc địa chỉ công khai của tỉnh",
    "no-code": "mã hồ sơ không hợp lệ",
    "stop-wish": "người dân không muốn nhận tin tùy chọn",
    "asked-lately": "mới gửi người này một tin cùng loại về hồ sơ khác",
}
KINDS = {
    "submitted": "mới đăng ký",
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
PLAIN: dict[type[EventData | UnknownData], str] = {
    SupplementRequested: "Yêu cầu người dân bổ sung giấy tờ.",
    Supplemented: "Người dân đã bổ sung đủ giấy tờ.",
    FeeRequested: "Yêu cầu thực hiện nghĩa vụ tài chính.",
    FeePaid: "Đã thực hiện nghĩa vụ tài chính.",
    Resumed: "Cơ quan khác đã trả lời, tiếp tục xử lý.",
    Completed: "Đã xử lý xong.",
    Returned: "Đã trả kết quả cho người dân.",
    Refused: "Không tiếp nhận hồ sơ.",
    Withdrawn: "Công dân yêu cầu rút hồ sơ.",
    Stopped: "Dừng xử lý hồ sơ.",
    ContactCorrected: "Cán bộ đã sửa thông tin liên hệ, niêm phong lại.",
    ContactSealed: "Đã niêm phong thông tin liên hệ, chỉ bộ phận gửi tin mở được.",
    DeadlinePaused: "Đồng hồ dừng: thời gian chờ không tính vào thời hạn.",
    LetterWithdrawn: "Hồ sơ xong đúng hẹn: rút dự thảo thư xin lỗi.",
    FeedbackInvited: "Mời người nộp hồ sơ đánh giá.",
    FeedbackStopWished: "Người nộp hồ sơ không muốn nhận tin tùy chọn nữa.",
}
PROMISES: dict[type[DeadlineStated], str] = {
    DeadlineSet: "Hẹn trả kết quả",
    DeadlineMoved: "Ngày hẹn trả thay đổi thành",
    DeadlineResumed: "Đồng hồ chạy tiếp, hẹn trả",
}
_HOURS = re.compile(r"(\d+)h(/2)?")  # a rung: open hours before the due date, /2 after a re-promise


def sentence_of(data: EventData | UnknownData, full_type: str, reference: ReferenceData) -> str:
    """The sentence; of a type that this release does not know, that it does not."""
    if type(data) in PLAIN:
        return PLAIN[type(data)]
    return (
        _told(data, reference)
        or _of_deadline(data)
        or _of_notice(data)
        or _of_letter(data)
        or petition_sentence(data, reference)
        or answer_letter_sentence(data)
        or f"Sự kiện mà phiên bản này chưa biết: {full_type.removeprefix(PREFIX)}."
    )


def _told(data: EventData | UnknownData, reference: ReferenceData) -> str:
    text = ""
    match data:
        case Submitted():
            procedure, unit = reference.procedures.get(data.procedure), reference.units.get(data.receiving_unit)
            text = (
                f"Mới đăng ký: {procedure.name if procedure else data.procedure}, "
                f"{unit.name if unit else data.receiving_unit} xem xét tiếp nhận."
            )
        case Reception():
            limit = say_limit((amount(data.terms.limit.value), data.terms.limit.unit))
            procedure, unit = reference.procedures.get(data.procedure), reference.units.get(data.competent_unit)
            text = (
                f"Tiếp nhận ({CHANNELS[data.channel]}): {procedure.name if procedure else data.procedure}, "
                f"cơ quan giải quyết {unit.name if unit else data.competent_unit}, thời hạn {limit}."
            )
        case Progressed():
            text = f"Bước xử lý: {data.step}."
        case Suspended():
            text = "Dừng vì bất khả kháng." if data.reason == "force_majeure" else "Chuyển lấy ý kiến cơ quan khác."
        case Reappointed():
            text = f"Đơn vị đề nghị hẹn lại {say_instant(data.new_due_at)}."
        case Retracted():
            text = f"Rút lại thông tin: {KINDS.get(data.fact, data.fact)}."
        case FeedbackRated():
            text = f"Người nộp hồ sơ đánh giá {_points(data)}/100."
        case FeedbackRatedV2():
            text = f"Một phiếu đánh giá không gắn với hồ sơ, {data.unit}, tháng {data.month}: {_points(data)}/100."
    return text


def _of_deadline(data: EventData | UnknownData) -> str:
    text = ""
    match data:
        case DeadlineStated():
            provisional = " (tạm tính)" if data.provisional else ""
            text = f"{PROMISES[type(data)]} {_at(data.due_at)}{provisional}."
        case DeadlineWarned():
            text = _warning(data)
        case DeadlineApologyDue():
            text = f"Sắp trễ hẹn: cần soạn thư xin lỗi, ký trước {_at(data.sign_by)}."
        case DeadlineOverdue():
            again = " đã hẹn lại" if data.tier > 1 else ""
            text = f"Quá hạn{again} {_at(data.due_at)}."
        case DeadlineSettled(outcome="open"):
            text = "Kết quả đã ghi được rút lại: hồ sơ lại đang giải quyết."
        case DeadlineSettled():
            how = STATES[data.state] if data.state else "không rõ"
            text = f"Kết thúc {_at(data.ended_at)} ({how}), hẹn {_at(data.due_at)}: {OUTCOMES[data.outcome]}."
        case AcceptanceStated():
            text = _acceptance(data)
        case DeadlineRefused():
            text = f"Không chấp nhận: {data.text} ({data.code or data.rule})"
    return text


def _acceptance(stated: AcceptanceStated) -> str:
    if stated.outcome == "void":
        return "Thông tin mới đăng ký được rút lại: không còn chờ tiếp nhận."
    if stated.outcome == "waiting":
        return f"Chờ tiếp nhận: cần trả lời trước {_at(stated.due_at)}."
    if stated.outcome == "overdue":
        return f"Quá hạn tiếp nhận {_at(stated.due_at)}: chưa có trả lời."
    how = ANSWERS[stated.state] if stated.state else "không rõ"
    return f"Hết chờ tiếp nhận ({how}), hạn {_at(stated.due_at)}: {'quá hạn' if stated.outcome == 'late' else 'đúng hạn'}."


def _warning(warned: DeadlineWarned) -> str:
    hours = _HOURS.fullmatch(warned.rung)
    if hours is not None:
        again = " đã hẹn lại" if hours.group(2) else ""
        return f"Cảnh báo cán bộ: còn {hours.group(1)} giờ làm việc đến hạn{again} {_at(warned.due_at)}."
    department = f" ({warned.department})" if warned.department else ""
    step = f"bước “{warned.step or 'đang làm'}”{department}"
    return f"Cảnh báo cán bộ: {step} đã hết thời hạn riêng, hạn chung {_at(warned.due_at)}."


def _of_notice(data: EventData | UnknownData) -> str:
    if not isinstance(data, NoticeStated):
        return ""
    message, what = MESSAGES[data.notice], SENT_AS[data.channel]
    text = ""
    match data:
        case NoticeQueued() | NoticeQueuedV2() | NoticeQueuedV3():
            text = f"Đưa {what} vào hàng chờ gửi: {message}."
        case NoticeAccepted() | NoticeAcceptedV2() | NoticeAcceptedV3() if data.confirmed:
            text = f"Cán bộ xác nhận người dân đã biết: {message}."
        case NoticeAccepted() | NoticeAcceptedV2():
            text = f"Đã gửi tin nhắn: {message} ({data.parts} tin)."
        case NoticeAcceptedV3():
            text = f"Đã gửi {what}: {message}."
        case NoticeDelivered() | NoticeDeliveredV2():
            text = f"Tin nhắn đã đến máy: {message}."
        case NoticeFailed() | NoticeFailedV2() | NoticeFailedV3():
            text = f"{what.capitalize()} không đi được: {message} ({FAILED.get(data.reason, data.reason)})."
        case NoticeUncertain() | NoticeUncertainV2() | NoticeUncertainV3():
            text = f"Không rõ {what} đã đi hay chưa: {message}; không tự gửi lại, chờ cán bộ xử lý."
        case NoticeSkipped() | NoticeSkippedV2() | NoticeSkippedV3() | NoticeSkippedV4():
            text = f"Không gửi: {message}; {SKIPPED.get(data.reason, data.reason)}."
    return text


def _of_letter(data: EventData | UnknownData) -> str:
    text = ""
    match data:
        case LetterDrafted():
            text = f"Dự thảo thư xin lỗi chờ ký{f', ký trước {_at(data.sign_by)}' if data.sign_by else ''}."
        case LetterApproved():
            text = f"Thư xin lỗi đã ký: {REASONS[data.reason]}{_new(data.new_due_at)}."
        case LetterRejected():
            text = f"Không gửi thư xin lỗi: {REJECTIONS[data.reason].lower()}."
        case LetterSent():
            text = f"Thư xin lỗi số {data.number:02d}/PXL đã ban hành{_new(data.new_due_at)}."
    return text


def _new(due: datetime | None) -> str:
    return f", hẹn lại {_at(due)}" if due else ""


def _points(rated: FeedbackRated | FeedbackRatedV2) -> int:
    scores = [score for score in rated.scores.values() if score is not None]
    return round(sum(scores) / len(scores)) if scores else 0


def _at(moment: datetime | None) -> str:
    return say_instant(moment) if moment else "chưa rõ"
