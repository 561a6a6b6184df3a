"""The standard texts of messages: one form per kind and the facts that decide its words.

They are written with accents; most units send them without, as one accented letter makes three parts of one (R25). So they are
worded to be read without, too: no `cần bổ sung`, which looks like `cán bộ`. A text names the dossier, its procedure and the
office: never a person, a reason or a sum, and one link at most (R28).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.dossiers import ReturnMethod
from contracts.notices import NoticeKind

VARIABLES: Mapping[str, str] = {
    "ma": "mã hồ sơ",
    "thu_tuc": "tên thủ tục, trong ngoặc; bị cắt bớt hoặc bỏ khi tin quá dài",
    "don_vi": "tên đơn vị; lấy tên ngắn khi tin quá dài",
    "ngay_hen": "giờ và ngày hẹn trả kết quả",
    "ngay_yeu_cau": "ngày của phiếu yêu cầu hoặc thông báo",
    "so_van_ban": "số của văn bản xin lỗi",
    "ngay_hen_lai": "giờ và ngày hẹn lại",
    "lien_ket": "liên kết đánh giá của riêng người nhận",
    "tra_cuu": "liên kết hoặc mã tra cứu của riêng người nhận; bị bỏ khi tin quá dài",
    "xem_thu": "liên kết mở bản PDF của văn bản, của riêng người nhận; cho tin thêm một phần, bị bỏ khi vẫn quá dài",
}
GIVES_WAY = frozenset(("thu_tuc", "tra_cuu", "xem_thu"))  # a text without it still says what has to be said
ANYWHERE = frozenset(("thu_tuc", "don_vi"))
_VARIABLE = re.compile(r"( ?)\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Form:
    """One text. `facts`: what decides that it is this one."""

    kind: NoticeKind
    facts: str
    text: str

    @property
    def may(self) -> frozenset[str]:
        """The variables that a text of this form may have."""
        return variables(self.text) | ANYWHERE

    @property
    def needs(self) -> frozenset[str]:
        """Those that it must have."""
        return variables(self.text) - GIVES_WAY


def variables(text: str) -> frozenset[str]:
    """The variables of a text."""
    return frozenset(name for _, name in _VARIABLE.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables; one that has no value goes with the blank before it."""

    def of(variable: re.Match[str]) -> str:
        value = values[variable.group(2)]
        return f"{variable.group(1)}{value}" if value else ""

    return _VARIABLE.sub(of, text).strip()


_SUBJECT = "Hồ sơ {ma} {thu_tuc}"
_WAYS: Mapping[ReturnMethod | None, tuple[str, str]] = {  # how the person asked to have the result (Mẫu 01, item 6)
    "counter": ("nhận tại nơi tiếp nhận", "Mời Ông/Bà đến nhận tại {don_vi}."),
    "post": ("nhận qua bưu chính công ích", "Kết quả được gửi đến Ông/Bà qua bưu chính công ích. {don_vi}."),
    "online": ("nhận trực tuyến", "Mời Ông/Bà nhận bản điện tử trên Cổng Dịch vụ công quốc gia. {don_vi}."),
    "home": ("nhận tại nhà", "Kết quả được trả tại nhà Ông/Bà. {don_vi}."),
    "ceremony": ("trao tại buổi lễ", "Kết quả được trao tại buổi lễ do {don_vi} tổ chức."),
    None: ("chưa rõ cách nhận", "Mời Ông/Bà nhận theo hình thức đã đăng ký. {don_vi}."),
}
COUNTER, FEE_AT_COUNTER = "result-ready.counter", "result-ready.fee-at-counter"
FORMS: Mapping[str, Form] = {
    "received": Form(
        "received",
        "có ngày hẹn",
        f"{_SUBJECT} đã được {{don_vi}} tiếp nhận. Hẹn trả kết quả: {{ngay_hen}}. {{tra_cuu}}",
    ),
    "received.no-date": Form("received", "chưa có ngày hẹn", f"{_SUBJECT} đã được {{don_vi}} tiếp nhận. {{tra_cuu}}"),
    "supplement-wanted": Form(
        "supplement-wanted",
        "mỗi lần yêu cầu một tin",
        f"{_SUBJECT} được yêu cầu bổ sung giấy tờ. Mời Ông/Bà xem phiếu yêu cầu {{ngay_yeu_cau}} của {{don_vi}}.",
    ),
    "fee-due": Form(
        "fee-due",
        "mỗi lần yêu cầu một tin",
        f"{_SUBJECT} cần Ông/Bà thực hiện nghĩa vụ tài chính theo thông báo {{ngay_yeu_cau}} của {{don_vi}}.",
    ),
    **{
        f"result-ready.{way or 'unknown'}": Form("result-ready", facts, f"{_SUBJECT} đã có kết quả. {text}")
        for way, (facts, text) in _WAYS.items()
    },
    FEE_AT_COUNTER: Form(
        "result-ready",
        "nhận tại nơi tiếp nhận, còn nghĩa vụ tài chính",
        f"{_SUBJECT} đã có kết quả. Mời Ông/Bà đến hoàn thành nghĩa vụ tài chính và nhận tại {{don_vi}}.",
    ),
    "result-ready.fee": Form(
        "result-ready",
        "nhận cách khác, còn nghĩa vụ tài chính",
        f"{_SUBJECT} đã có kết quả, được trả sau khi Ông/Bà hoàn thành nghĩa vụ tài chính. {{don_vi}}.",
    ),
    "result-ready.returned": Form(
        "result-ready", "đã trả trước khi tin được gửi", f"{_SUBJECT} đã được trả kết quả. {{don_vi}}."
    ),
    "refused": Form("refused", "", f"{_SUBJECT} không được tiếp nhận. Mời Ông/Bà xem phiếu từ chối của {{don_vi}}."),
    "stopped": Form(
        "stopped", "", f"{_SUBJECT} không được giải quyết tiếp (dừng xử lý). Mời Ông/Bà xem thông báo của {{don_vi}}."
    ),
    "apology": Form(
        "apology",
        "có hẹn lại",
        "{don_vi} xin lỗi vì trả kết quả hồ sơ {ma} trễ hẹn. Hẹn lại: {ngay_hen_lai}. Văn bản số {so_van_ban}. {xem_thu}",
    ),
    "apology.no-date": Form(
        "apology", "không hẹn lại", "{don_vi} xin lỗi vì trả kết quả hồ sơ {ma} trễ hẹn. Văn bản số {so_van_ban}. {xem_thu}"
    ),
    "survey": Form("survey", "", "Mời Ông/Bà đánh giá việc giải quyết hồ sơ {ma} (1 phút): {lien_ket}"),
}
