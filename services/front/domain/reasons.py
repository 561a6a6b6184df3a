"""What services say of records and of themselves, in Vietnamese. They say it in English, once for logs, headers and metrics; a
page turns the sentences that are known, and shows any other as it is."""

import re
from collections.abc import Callable, Mapping

_TYPES: Mapping[str, str] = {
    "boolean": "đúng hoặc sai",
    "date": "ngày",
    "datetime": "thời điểm",
    "decimal": "số",
    "dictionary": "một nhóm trường",
    "integer": "số nguyên",
    "list": "danh sách",
    "number": "số",
    "string": "chuỗi ký tự",
    "tuple": "danh sách",
    "UUID": "mã UUID",
}


def _type(found: re.Match[str]) -> str:
    return f"cần là {_TYPES.get(found[1], found[1])}"


def _choices(found: re.Match[str]) -> str:
    return f"chỉ nhận {found[1].replace(' or ', ' hoặc ')}"


# What a contract says of one field. A pattern has to match the whole text; it may end where a page of kinds cuts it.
_FAULTS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"Field required", "thiếu"),
    (r"Extra inputs are not permitted", "không được có"),
    (r"Input should be a valid datetime or date.*", "cần là ngày hoặc thời điểm"),
    (r"Input should be an object", "cần là một nhóm trường"),
    (r"UUID input should be.*", "cần là mã UUID"),
    (r"Input should be an? valid ([A-Za-z]+).*", _type),
    (r"Input should be a valid dictionary or .*", "cần là một nhóm trường"),
    (r"Input should have timezone info", "thiếu múi giờ"),
    (r"Datetimes provided to dates should have zero time.*", "cần là ngày, không có giờ"),
    (r"Input should be greater than or equal to (\S+)", r"phải từ \1 trở lên"),
    (r"Input should be less than or equal to (\S+)", r"không được quá \1"),
    (r"Input should be greater than (\S+)", r"phải lớn hơn \1"),
    (r"Input should be less than (\S+)", r"phải nhỏ hơn \1"),
    (r"Input should be (?!an? )('?.+)", _choices),
    (r"Input tag '?.*", "không phải một trong các loại được nhận"),
    (r"Unable to extract tag.*", "không ghi loại"),
    (r"String should match pattern '(.+)'", r"không đúng dạng \1"),
    (r"String should have at least (\d+) characters?", r"phải có ít nhất \1 ký tự"),
    (r"String should have at most (\d+) characters?", r"không được quá \1 ký tự"),
    (r"\w+ should have at least (\d+) items? after validation, not (\d+)", r"phải có ít nhất \1 phần tử, đang có \2"),
    (r"\w+ should have at most (\d+) items? after validation, not (.+)", r"không được quá \1 phần tử"),
    (r"Invalid JSON.*", "không phải JSON"),
    (r"Unable to parse input string as an integer.*", "cần là số nguyên"),
    (r"Value error, number and year go together", "số và năm phải cùng có"),
    (r"Value error, only thanks go without a number", "chỉ thư cảm ơn mới không có số"),
    (r"Value error, a limit must be above 0 \(D8\)", "thời hạn phải lớn hơn 0 (D8)"),
    (r"Value error, only working days and hours have parts \(D8\)", "chỉ ngày làm việc và giờ mới có phần lẻ (D8)"),
    (r"Value error, (.+)", r"\1"),
)
_REASONS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # of records
    (r"not a valid event", "không phải sự kiện hợp lệ"),
    (r"handler failed", "dịch vụ gặp lỗi khi xử lý"),
    (r"could not be saved", "kho dữ liệu không nhận"),
    (r"not a valid event: (.+)", lambda found: f"không phải sự kiện hợp lệ: {_faults(found[1])}"),
    (r"handler failed: (.+)", r"dịch vụ gặp lỗi khi xử lý: \1"),
    (r"could not be saved: (.+)", r"kho dữ liệu không nhận: \1"),
    (r"too large for (\S+)", r"quá lớn với topic \1"),
    (r"an output for (\S+) would have (\d+) bytes, the log takes (\d+)", r"kết quả gửi vào \1 có \2 byte, topic chỉ nhận \3"),
    (r"an output for (\S+) would have.*", r"kết quả gửi vào \1 quá lớn"),
    (r"the event's subject is not the.*", "sự kiện nói về hồ sơ khác với khóa của bản ghi"),
    (r"the store refused (\d+) of the documents", r"kho dữ liệu từ chối \1 tài liệu"),
    (r"the store refused (\d+) of the documents: (.+)", r"kho dữ liệu từ chối \1 tài liệu: \2"),
    # of services
    (r"(\d+) of (\d+) records failed", r"\1 trên \2 bản ghi hỏng"),
    (
        r"(\d+) of (\d+) records failed: (.+)",
        lambda found: f"{found[1]} trên {found[2]} bản ghi hỏng: {reason_words(found[3])}",
    ),
    (r"starting", "đang khởi động"),
    (r"has not joined its consumer group", "chưa vào nhóm đọc topic của mình"),
    (r"brake: (.+); see `(.+)`", lambda found: f"đang phanh: {reason_words(found[1])}; xem `{found[2]}`"),
    (r"recovering: comparing what was read with what was said", "đang dựng lại kho: so những gì đã đọc với những gì đã nói"),
    (r"the group (\S+) still has members: stop all instances", r"nhóm \1 còn tiến trình: hãy dừng tất cả"),
    (r"recovering: (\d+) records to read", r"đang dựng lại kho, còn \1 bản ghi phải đọc"),
    (r"(\S+): offset (\d+) is gone", r"\1: không còn bản ghi ở vị trí \2"),
    (r"kafka has no topic (.+): run `(.+)`", r"Kafka chưa có topic \1: hãy chạy `\2`"),
    (r"kafka: (.+)", r"Kafka không trả lời: \1"),
    (r"(mongodb|sqlite): (.+)", r"kho dữ liệu không trả lời: \1, \2"),
)


def reason_words(reason: str) -> str:
    """A reason in words; names of fields, topics and errors stay as they are. One that is not known is given back."""
    return _turned(reason, _REASONS)


def _faults(told: str) -> str:
    """`place: fault; place: fault`, as contracts.envelope.hide_inputs writes it; cut short, its last part may be none."""
    return "; ".join(_fault(part) for part in told.split("; "))


def _fault(part: str) -> str:
    place, colon, what = part.partition(": ")
    return f"{place}: {_turned(what, _FAULTS)}" if colon else _turned(part, _FAULTS)


def _turned(text: str, known: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]) -> str:
    for pattern, words in known:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found is not None:
            return words(found) if callable(words) else found.expand(words)
    return text
