"""What a citizen is told of a dossier: where it stands, and what comes next. Words for people who know no procedure."""

from typing import Literal

UNNAMED = "khác"  # a step that no list of the unit has: intake keeps its words
Stage = Literal["submitted", "open", "waiting", "ended", "not-accepted"]

ASKED = {
    "supplement": "Ông/Bà cần bổ sung giấy tờ theo phiếu yêu cầu bổ sung, hoàn thiện hồ sơ.",
    "fee": "Ông/Bà cần nộp khoản tiền được thông báo (phí, lệ phí, thuế).",
}
STANDS_STILL = "Thời hạn giải quyết đang dừng và được tính tiếp khi cơ quan nhận đủ."
WAITS = {
    "agency": "Cơ quan đang chờ ý kiến của cơ quan khác. Ông/Bà chưa phải làm gì; ngày hẹn trả được tính tiếp sau đó.",
    "force_majeure": "Việc giải quyết tạm dừng do sự kiện bất khả kháng. Ông/Bà chưa phải làm gì; ngày hẹn trả được tính "
    "tiếp sau đó.",
}
ENDS = {
    3: (
        "Hồ sơ không được tiếp nhận",
        "Lý do ghi trong phiếu từ chối tiếp nhận giải quyết hồ sơ đã gửi Ông/Bà. Ông/Bà có thể hoàn thiện và nộp lại hồ sơ.",
    ),
    7: ("Ông/Bà đã rút hồ sơ", "Nếu vẫn cần giải quyết, xin nộp hồ sơ mới."),
    8: ("Đã dừng xử lý", "Lý do ghi trong văn bản cơ quan đã gửi Ông/Bà. Cần hỏi thêm, xin gọi đường dây nóng."),
    9: (
        "Đã có kết quả",
        "Xin nhận kết quả theo cách Ông/Bà đã đăng ký khi nộp hồ sơ. Nếu nhận tại Bộ phận Tiếp nhận và Trả kết quả, xin mang "
        "theo giấy tiếp nhận hồ sơ và hẹn trả kết quả.",
    ),
    10: ("Đã trả kết quả", "Hồ sơ đã xong. Ông/Bà không phải làm gì thêm."),
}
LATE = (
    "Hồ sơ đã quá ngày hẹn trả. Cơ quan có trách nhiệm xin lỗi bằng văn bản và hẹn lại ngày trả. Ông/Bà có thể hỏi theo "
    "đường dây nóng."
)
SUBMITTED = (
    "Bộ phận Một cửa đang xem hồ sơ nộp trực tuyến và sẽ trả lời trước hạn trên: tiếp nhận, yêu cầu bổ sung hoặc từ chối. "
    "Ông/Bà chưa phải làm gì."
)
SUBMITTED_LATE = "Đã quá hạn trả lời mà cơ quan chưa tiếp nhận hồ sơ. Ông/Bà có thể hỏi theo đường dây nóng."
OPEN = "Cơ quan đang giải quyết. Ông/Bà chưa phải làm gì; xin chờ đến ngày hẹn trả."
NO_DATE = "Cơ quan đang giải quyết. Ngày hẹn trả chưa tính được; cần biết sớm, xin gọi đường dây nóng."
UNKNOWN_END = ("Đã kết thúc", "Cần hỏi thêm, xin gọi đường dây nóng.")


def headline(stage: Stage, end_state: int | None, *, late: bool) -> str:
    """Where it stands, in a few words."""
    if stage in ("ended", "not-accepted"):
        return ENDS.get(end_state or 0, UNKNOWN_END)[0]
    if stage == "waiting":
        return "Đang tạm dừng"
    if stage == "submitted":
        return "Đang chờ tiếp nhận, đã quá hạn trả lời" if late else "Đang chờ tiếp nhận"
    return "Đang giải quyết, đã quá ngày hẹn trả" if late else "Đang giải quyết"


def next_step(stage: Stage, end_state: int | None, waits_for: str, asked_for: str, due: Literal["late", "known", ""]) -> str:
    """What comes next, and who has to do it. `asked_for`: what the citizen has to do, also where time goes on meanwhile."""
    if stage in ("ended", "not-accepted"):
        return ENDS.get(end_state or 0, UNKNOWN_END)[1]
    if stage == "submitted":
        return SUBMITTED_LATE if due == "late" else SUBMITTED
    asked = ASKED.get(asked_for or waits_for)
    if stage == "waiting":
        return f"{asked} {STANDS_STILL}" if asked else WAITS.get(waits_for, STANDS_STILL)
    return asked or {"late": LATE, "known": OPEN, "": NO_DATE}[due]
