"""What is said of a petition as a sentence in Vietnamese; no name and no text of it stands in the log."""

from contracts import EventData
from contracts.envelope import UnknownData
from contracts.letters import (
    AnswerLetter,
    LetterApprovedV2,
    LetterDraftedV2,
    LetterRejectedV2,
    LetterSentV2,
    LetterWithdrawnV2,
    UnsentReason,
)
from contracts.petitions import (
    ContributionRecorded,
    PetitionAnswered,
    PetitionClassified,
    PetitionForwarded,
    PetitionOverdue,
    PetitionPublished,
    PetitionReceived,
    PetitionReraised,
    PetitionStated,
    PetitionTaken,
    PetitionUpheld,
    PetitionWarned,
    SuggestionAccepted,
)
from reference import ReferenceData
from reference.derivation import say_instant

KINDS = {
    "suggestion": "góp ý",
    "petition": "phản ánh, kiến nghị",
    "complaint": "khiếu nại",
    "denunciation": "tố cáo",
    "praise": "biểu dương",
    "contribution": "đóng góp",
}
CHANNELS = {
    "box": "hòm thư góp ý",
    "counter": "tại quầy",
    "phone": "điện thoại",
    "reception": "tiếp công dân",
    "dialogue": "đối thoại",
    "portal": "trang trực tuyến",
    "sms-link": "liên kết trong tin nhắn",
    "file": "tệp",
}
CLOCKS = {
    "accept": "thụ lý hoặc từ chối",
    "clarify": "bổ sung thông tin",
    "answer": "trả lời",
    "publish": "công khai kết quả",
    "hand-over": "phân loại, trả lời hoặc chuyển",
    "examine": "thụ lý khiếu nại",
    "decide": "quyết định giải quyết khiếu nại",
    "check": "xác minh điều kiện thụ lý tố cáo",
    "conclude": "kết luận nội dung tố cáo",
}
DECISIONS = {"resolved": "đã giải quyết", "explained": "đã giải thích", "refused": "từ chối", "handed-over": "đã chuyển"}
GIVEN = {"work": "công sức", "ideas": "sáng kiến", "goods": "hiện vật"}

LETTERS: dict[AnswerLetter, str] = {"apology-error": "thư xin lỗi về sai sót", "thanks": "thư cảm ơn"}
UNSENT: dict[UnsentReason, str] = {
    "in-person": "đã nói trực tiếp",
    "declined": "người gửi không muốn nhận",
    "nobody-named": "không biết gửi cho ai",
    "covered": "thư xin lỗi của hồ sơ đã nêu cả sai sót",
    "secrecy": "phải giữ bí mật về người gửi",
}


def petition_sentence(data: EventData | UnknownData, reference: ReferenceData) -> str:
    """The sentence, with what is due next; "" for what is not about a petition."""
    if not isinstance(data, PetitionStated):
        return ""
    text = _happened(data, reference)
    if data.clock is None or data.due_at is None or isinstance(data, PetitionWarned | PetitionOverdue):
        return text
    return f"{text} Hạn {CLOCKS[data.clock]}: {say_instant(data.due_at)}."


def _happened(data: PetitionStated, reference: ReferenceData) -> str:
    unit, what = _name(data.unit, reference), CLOCKS[data.clock] if data.clock is not None else ""
    match data:
        case PetitionReceived():
            return f"Nhận {KINDS[data.kind]} ({CHANNELS[data.channel]}) gửi {unit}."
        case PetitionForwarded():
            return f"Chuyển từ {_name(data.from_unit, reference)} đến {unit}."
        case PetitionTaken():
            return f"{unit} xử lý tiếp."
        case PetitionWarned():
            return f"Sắp đến hạn {what}."
        case PetitionOverdue():
            return f"Quá hạn {what}."
        case _:
            return _came_of(data)


def _came_of(data: PetitionStated) -> str:
    text = ""
    match data:
        case PetitionClassified():
            text = f"Phân loại: {KINDS[data.kind]} (trước đó: {KINDS[data.before]})."
        case PetitionAnswered():
            text = f"Đã trả lời: {DECISIONS[data.decision]}{'' if data.in_time else ', quá hạn'}."
        case PetitionPublished():
            text = "Đã công khai kết quả trả lời."
        case PetitionUpheld():
            text = "Phản ánh đúng; cơ quan có sai sót và phải xin lỗi." if data.error else "Phản ánh đúng."
        case PetitionReraised():
            text = f"Người gửi chưa đồng ý với trả lời, phản ánh lại lần {data.round}."
        case SuggestionAccepted():
            text = "Góp ý được tiếp thu; cảm ơn người góp ý."
        case ContributionRecorded():
            text = f"Ghi nhận đóng góp ({GIVEN[data.given]}) của {'tập thể' if data.giver == 'group' else 'cá nhân'}."
    return text


def _name(unit: str, reference: ReferenceData) -> str:
    known = reference.units.get(unit)
    return known.name if known else unit


def answer_letter_sentence(data: EventData | UnknownData) -> str:
    """What became of a letter that answers a petition; "" for what is about none."""
    match data:
        case LetterDraftedV2():
            about = f" (hồ sơ {data.dossier})" if data.dossier else ""
            return f"Dự thảo {LETTERS[data.kind]}{about} chờ ký."
        case LetterApprovedV2():
            return f"Đã ký {LETTERS[data.kind]}."
        case LetterRejectedV2():
            return f"Không gửi {LETTERS[data.kind]}: {UNSENT[data.reason]}."
        case LetterWithdrawnV2():
            return f"Rút dự thảo {LETTERS[data.kind]}: kết quả xử lý ý kiến đã thay đổi."
        case LetterSentV2():
            numbered = f" số {data.number:02d}" if data.number else ""
            return f"Đã ban hành {LETTERS[data.kind]}{numbered}."
    return ""
