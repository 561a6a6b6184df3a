"""What the invented people of the demo bring forward, and the invented officers who answer it: the same in each run.

Citizens send through the public form and come back with their look-up code; officers work at the desk. All of it over HTTP.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import httpx

from contracts.petitions import PetitionKind
from dunghen.demo.driver import DemoStuckError, Fleet
from reference import OFFICE_TIME
from runtime.web import Role

_ID = re.compile(r"PA-\d{6}-[A-Z2-7]{8}")
_CODE = re.compile(r'name="code" value="([A-Z2-7]+)"')
COMPETENT: Mapping[PetitionKind, Role] = {"complaint": Role.UNIT_HEAD, "denunciation": Role.INSPECTOR}


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does with it on a day: `add` is its person's, everything else an officer's."""

    on: date
    do: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brought:
    """Something that is brought forward. `who`: name, phone; empty: anonymous. `sent`: by its person, else written down at the
    counter. `as_kind`: what its person calls it, where an officer sees that it is something else."""

    on: date
    kind: PetitionKind
    unit: str
    text: str
    who: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    channel: str = "portal"
    as_kind: PetitionKind | None = None
    about: str = ""
    gift: Mapping[str, str] = field(default_factory=dict)


def _day(text: str) -> date:
    """`13/01` of the demo's year."""
    day, month = text.split("/")
    return date(2026, int(month), int(day))


def _act(on: str, do: str, **given: str) -> Act:
    return Act(_day(on), do, given)


def _answer(on: str, text: str, decision: str = "resolved", **more: str) -> Act:
    return _act(on, "answer", text=text, decision=decision, **more)


DENOUNCER = {"name": "Tố Thị Giấu Tên Tưởng Tượng", "phone": "0912000777"}
BROUGHT = (
    Brought(  # a useful idea: taken up, and its person thanked
        _day("12/01"),
        "suggestion",
        "H37.12",
        "Nên có ghế chờ và nước uống cho người già ở sảnh.",
        {"name": "Góp Văn Ý Minh Họa", "phone": "0912000701"},
        (
            _act("13/01", "take"),
            _answer("20/01", "Xã đã kê thêm ghế và đặt bình nước ở sảnh.", accepted="yes"),
            _act("21/01", "publish", summary="Kê thêm ghế chờ, đặt bình nước uống ở sảnh tiếp nhận."),
        ),
    ),
    Brought(  # more is asked for and told; the person is right, and the office owes an apology
        _day("14/01"),
        "petition",
        "H37.12",
        "Cán bộ yêu cầu nộp lại giấy tờ đã nộp, tôi phải đi lại ba lần.",
        {"name": "Phản Thị Ánh Ví Dụ", "phone": "0912000702"},
        (
            _act("15/01", "take", unclear="yes"),
            _act("16/01", "ask", text="Xin cho biết đó là giấy tờ gì."),
            _act("19/01", "add", text="Đó là trích lục khai sinh."),
            _answer("29/01", "Phản ánh đúng. Cán bộ đã bị nhắc nhở.", upheld="error"),
            _act("30/01", "publish", summary="Yêu cầu nộp lại giấy tờ đã nộp: phản ánh đúng, đã chấn chỉnh."),
        ),
        about="behaviour",
    ),
    Brought(  # answered late
        _day("09/01"),
        "petition",
        "H37.13",
        "Bảng niêm yết thủ tục ở phường đã cũ, số điện thoại không gọi được.",
        {"name": "Kiến Văn Nghị Giả Định", "phone": "0912000703"},
        (
            _act("12/01", "take"),
            _answer("05/02", "Phường đã thay bảng niêm yết."),
            _act("06/02", "publish", summary="Thay bảng."),
        ),
        about="rules",
    ),
    Brought(  # not this unit's: passed on, its clock begins anew
        _day("15/01"),
        "petition",
        "H37.14",
        "Lệ phí cấp phiếu lý lịch tư pháp ghi trên hai trang khác nhau.",
        {},
        (
            _act("16/01", "forward", unit="H37.05"),
            _act("19/01", "take"),
            _answer("06/02", "Sở đã sửa trang ghi sai.", "explained"),
            _act("09/02", "publish", summary="Sửa mức lệ phí ghi sai trên trang của xã."),
        ),
        about="rules",
    ),
    Brought(  # its person is not content, and raises it again
        _day("13/01"),
        "petition",
        "H37.07",
        "Đo lại ranh giới thửa đất đã hẹn hai lần mà không ai đến.",
        {"name": "Hẹn Thị Lại Minh Họa", "phone": "0912000704"},
        (
            _act("14/01", "take"),
            _answer("19/01", "Đã giao tổ đo đạc liên hệ.", "explained"),
            _act("22/01", "add", text="Đến nay vẫn chưa có ai liên hệ."),
            _act("23/01", "take"),
            _answer("10/02", "Tổ đo đạc đã đo lại, có biên bản."),
            _act("11/02", "publish", summary="Đo lại ranh giới thửa đất theo phản ánh."),
        ),
        about="behaviour",
    ),
    Brought(  # nobody answers it
        _day("19/01"),
        "petition",
        "H37.12",
        "Đèn ở bãi gửi xe của trụ sở hỏng, chiều tối không thấy đường.",
        acts=(_act("20/01", "take"),),
        channel="box",
    ),
    Brought(  # said to a leader on a reception day: 10 working days
        _day("27/01"),
        "suggestion",
        "H37.07",
        "Đề nghị nhận hồ sơ đất đai cả sáng thứ Bảy.",
        {"name": "Tiếp Văn Dân Ví Dụ", "phone": "0912000705"},
        (
            _answer("05/02", "Sở ghi nhận, báo cáo tỉnh xem xét.", "explained"),
            _act("06/02", "publish", summary="Nhận hồ sơ thứ Bảy."),
        ),
        channel="reception",
    ),
    Brought(  # not due before the month is over
        _day("09/02"),
        "petition",
        "H37.05",
        "Gọi đường dây nóng nhiều lần không có người nghe.",
        acts=(_act("10/02", "take"),),
        channel="phone",
    ),
    Brought(  # a complaint, which its person sent as a petition
        _day("16/01"),
        "complaint",
        "H37.13",
        "Tôi khiếu nại quyết định xử phạt số 00/QĐ vì không đúng địa điểm.",
        {"name": "Khiếu Thị Nại Tưởng Tượng", "phone": "0912000706"},
        (
            _act("19/01", "classify", kind="complaint"),
            _act("20/01", "take"),
            _act(
                "12/02",
                "answer",
                text="Quyết định 00/QĐ-GQKN: bác nội dung khiếu nại.",
                decision="refused",
                **{"as": "decision"},
            ),
        ),
        as_kind="petition",
    ),
    Brought(
        _day("20/01"),
        "denunciation",
        "H37.14",
        "Tôi tố cáo một cán bộ nhận tiền ngoài lệ phí khi làm hồ sơ.",
        DENOUNCER,
        (
            _act("21/01", "read", purpose="Xác minh điều kiện thụ lý"),
            _act("23/01", "take"),
            _act(
                "12/02",
                "answer",
                text="Kết luận 00/KL: nội dung tố cáo đúng một phần.",
                decision="resolved",
                **{"as": "decision"},
            ),
        ),
    ),
    Brought(
        _day("21/01"),
        "praise",
        "H37.12",
        "Cảm ơn chị ở quầy số 2 đã chỉ dẫn tận tình.",
        {"name": "Khen Văn Ngợi Giả Định"},
        channel="box",
    ),
    Brought(
        _day("26/01"),
        "contribution",
        "H37.05",
        "Tặng hai bộ máy tính cho chỗ làm hồ sơ trực tuyến.",
        {"name": "Câu lạc bộ Minh Họa", "phone": "0912000708"},
        channel="counter",
        gift={"given": "goods", "giver": "group"},
    ),
)


class Petitioners:
    """Do once a day what the day has. Ids and look-up codes are told by the pages, as to everybody."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._told: dict[int, tuple[str, str]] = {}  # by place in BROUGHT: id, look-up code

    async def act(self, moment: datetime) -> None:
        """What they do on the day of a moment."""
        today = moment.astimezone(OFFICE_TIME).date()
        for number, brought in enumerate(BROUGHT):
            if brought.on == today:
                self._told[number] = await self._bring(brought, f"demo-{number}")
            for act in brought.acts:
                if act.on == today:
                    await self._do(brought, act, *self._told[number])

    async def _bring(self, brought: Brought, once: str) -> tuple[str, str]:
        form = {"kind": brought.as_kind or brought.kind, "unit": brought.unit, "text": brought.text, "once": once}
        form |= {"about": brought.about, **brought.who, **brought.gift}
        if brought.channel != "portal":
            answer = await self._post("/petitions/new", {**form, "channel": brought.channel}, 200, self._officer(brought.unit))
            return _ID.findall(answer.text)[0], ""
        answer = await self._post("/gop-y", form if brought.who else {**form, "anonymous": "yes"}, 200)
        return _ID.findall(answer.text)[0], _CODE.findall(answer.text)[0]

    async def _do(self, brought: Brought, act: Act, petition: str, code: str) -> None:
        if act.do == "add":
            await self._post("/gop-y/bo-sung", {**act.given, "code": code}, 200)
            return
        unit = self._where(brought, act.on)
        role = Role.OFFICER if act.do == "classify" else COMPETENT.get(brought.kind, Role.OFFICER)
        expected = 200 if act.do == "read" else 303
        await self._post(f"/petitions/{petition}/{act.do}", act.given, expected, self._officer(unit, role))

    def _where(self, brought: Brought, on: date) -> str:
        """The unit that has it before what is done on a day."""
        passed = [act.given["unit"] for act in brought.acts if act.do == "forward" and act.on < on]
        return passed[-1] if passed else brought.unit

    def _officer(self, unit: str, role: Role = Role.OFFICER) -> Mapping[str, str]:
        return self._fleet.issuer.headers(role, units=(unit,))

    async def _post(
        self, path: str, form: Mapping[str, str], expected: int, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        answer = await self._fleet.clients["feedback"].post(path, data=dict(form), headers=headers)
        if answer.status_code != expected:
            raise DemoStuckError(f"feedback answered {answer.status_code} to {path.partition('/PA-')[0]}")
        return answer
