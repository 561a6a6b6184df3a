"""What the front says itself when a request goes no further: a page in Vietnamese with a way on."""

import math
from dataclasses import dataclass

from fastapi import Response

from services.front.domain import Refusal, Session
from services.front.http.pages import page


@dataclass(frozen=True, slots=True)
class Words:
    """A refusal in words, its status, and the way on: an address with its words."""

    status: int
    title: str
    detail: str
    href: str = "/"
    on: str = "Về trang chủ"


NOT_FROM_HERE = (
    "Yêu cầu thay đổi này không được gửi từ trang của hệ thống nên đã bị từ chối. Hãy mở lại trang và làm lại từ đầu."
)
WORDS = {
    Refusal.HOST: Words(421, "Sai địa chỉ", "Địa chỉ này không phải của hệ thống. Hãy dùng đúng địa chỉ được cấp."),
    Refusal.PATH: Words(400, "Đường dẫn không hợp lệ", "Đường dẫn được viết theo cách hệ thống không nhận."),
    Refusal.METHOD: Words(405, "Không dùng cách này ở đây được", "Trang này không nhận loại yêu cầu đó."),
    Refusal.ORIGIN: Words(403, "Yêu cầu từ trang khác", NOT_FROM_HERE),
    Refusal.NO_ORIGIN: Words(403, "Yêu cầu không rõ nguồn gốc", NOT_FROM_HERE),
    Refusal.CROSS_SITE: Words(403, "Yêu cầu từ trang khác", NOT_FROM_HERE),
    Refusal.NO_FORM: Words(415, "Chỉ nhận biểu mẫu", "Trang chỉ nhận biểu mẫu của chính hệ thống."),
    Refusal.TOO_LARGE: Words(413, "Biểu mẫu quá lớn", "Biểu mẫu vượt quá 1 MB nên không được nhận."),
    Refusal.FORM_TOKEN: Words(
        403, "Biểu mẫu đã cũ", "Biểu mẫu này thuộc một phiên đăng nhập khác. Hãy mở lại trang rồi gửi lại; chưa có gì thay đổi."
    ),
    Refusal.NO_SESSION: Words(
        403, "Phiên đăng nhập đã hết", "Hãy đăng nhập lại rồi gửi lại biểu mẫu; chưa có gì thay đổi.", "/login", "Đăng nhập"
    ),
    Refusal.READS_ONLY: Words(
        503,
        "Tạm thời chỉ xem được",
        "Máy chủ đăng nhập chưa trả lời nên chưa nhận thay đổi nào. Xin thử lại sau ít phút; chưa có gì thay đổi.",
    ),
}
NOT_HERE = Words(404, "Không có trang này", "Đường dẫn không có ở đây, hoặc bạn không được giao phần này.")
NOT_YOURS = Words(403, "Bạn không được giao phần này", "Phần này dành cho vai trò khác. Hãy hỏi người quản trị nếu cần.")
BROKEN = Words(500, "Lỗi của hệ thống", "Lỗi đã được ghi lại. Xin thử lại sau.")
NOT_NOW = Words(503, "Hệ thống đang tạm ngừng", "Kho dữ liệu chưa trả lời. Xin thử lại sau ít phút.")
# Service -> what people call its part.
PARTS = {
    "intake": "Tiếp nhận",
    "sla": "Hạn giải quyết",
    "notifier": "Thư và tin nhắn",
    "feedback": "Lấy ý kiến",
    "reporting": "Số liệu",
}


def away(service: str) -> Words:
    """A service that does not answer."""
    title = f"Phần {PARTS[service]} đang tạm ngừng"
    return Words(503, title, "Các phần khác vẫn dùng được. Xin thử lại sau ít phút.")


def say(words: Words, session: Session | None = None) -> Response:
    """As a page."""
    answer = page("said.html", session, {"words": words, "places": ()}, words.status)
    if words.status == 503:
        answer.headers["retry-after"] = "10"
    return answer


def slowed(seconds: float, href: str) -> Response:
    """Much was sent from one address of late; `href`: the page that it was sent from."""
    wait = math.ceil(seconds)
    later = f"{wait} giây" if wait < 60 else f"{math.ceil(wait / 60)} phút"
    detail = (
        "Vừa có nhiều lượt gửi từ cùng một địa chỉ mạng, có thể do nhiều người dùng chung mạng; lần gửi này chưa được nhận. "
        f"Xin gửi lại sau {later}: bấm nút quay lại của trình duyệt, những gì Ông/Bà đã viết vẫn còn ở đó."
    )
    answer = say(Words(429, f"Xin gửi lại sau {later}", detail, href, "Mở lại trang"))
    answer.headers["retry-after"] = str(wait)
    return answer
