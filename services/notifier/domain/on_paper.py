"""A letter that leaves on paper: what must be printed, what was handed over, what came back (decision 50).

    wanted -> printed -> delivered              in a batch, then handed over or brought by the post
    wanted -> delivered                         handed over at the counter, or its person was told otherwise
    printed, delivered -> returned = wanted     the post brought it back: it is to be printed again

Wanted is a letter that its person learns of in no other way: one that no message tells of, as thanks, and one whose message
failed for certain or had nobody to go to. A message that may still go out, or of which nobody knows, is on a list of its own.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from services.changes import By, Changed
from services.notifier.domain import saying
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Sending
from services.notifier.domain.letter import Handed, PaperStep, Sent, SentBack
from services.notifier.domain.notice import APOLOGY, LETTER, Accepted, Failed, Message
from services.notifier.domain.telling import end
from services.notifier.domain.worklist import decisions, known_after_all, listing_of, posted

OnPaper = Literal["wanted", "printed"]
Outcome = Handed | SentBack
OUTCOMES: Mapping[Outcome, str] = {
    "post": "Bưu chính đã phát",
    "in-person": "Đã giao tận tay",
    "told": "Người nhận đã biết bằng cách khác",
    "wrong-address": "Bị trả lại: địa chỉ sai hoặc thiếu",
    "moved": "Bị trả lại: đã chuyển đi",
    "absent": "Bị trả lại: vắng mặt",
    "refused": "Bị trả lại: không nhận",
    "returned": "Bị trả lại: không ghi lý do",
}
HANDED: frozenset[str] = frozenset(get_args(Handed))


class NotOnPaperError(Exception):
    """That cannot be said of this letter; `field` and `text` say why, in Vietnamese."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(field)
        self.field, self.text = field, text


def last_step(dossier: Dossier) -> PaperStep | None:
    """The last that is known of its letter's way on paper."""
    letter = dossier.letter
    return letter.paper[-1] if isinstance(letter, Sent) and letter.paper else None


def on_paper(dossier: Dossier) -> OnPaper | None:
    """Whether its letter has to be printed, or is printed and nobody knows yet that it arrived; None of any other."""
    letter, last = dossier.letter, last_step(dossier)
    if not isinstance(letter, Sent) or (last is not None and last.what in HANDED):
        return None
    if last is not None and last.what == "printed":
        return "printed"
    message = dossier.messages.get(APOLOGY)
    if message is None:  # what answers a petition and goes by no e-mail has none
        return None if letter.draft.answers is None else "wanted"
    return "wanted" if _is_lost(dossier, message) else None


def printed_at(dossier: Dossier) -> int | None:
    """When its letter was printed, if nobody knows yet that it arrived (ms); None of any other."""
    step = last_step(dossier)
    return step.at if step is not None and step.what == "printed" and on_paper(dossier) == "printed" else None


def long_out(now: datetime, days: int) -> int:
    """The last millisecond of the day that was so many calendar days ago: what was printed until then, and of which nobody said
    what became, is to be asked after. Calendar days, as the post counts and without the calendar of offices, which is sla's."""
    today = now.astimezone(OFFICE_TIME).date()
    return epoch_ms(datetime.combine(today - timedelta(days=days - 1), time(), OFFICE_TIME)) - 1


def _is_lost(dossier: Dossier, message: Message) -> bool:
    """Whether no message tells of the letter any more by itself."""
    climbs = isinstance(message, Failed) and message.next_at is not None
    return listing_of(dossier, APOLOGY, message) in ("failed", "unreached") and not climbs


def print_in(dossier: Dossier, batch: str, by: By, ground: Sending) -> Changed[Dossier]:
    """It is printed in a batch; nothing new of one that somebody printed or handed over meanwhile. That it is printed tells
    nobody anything yet: its message stays where it is."""
    if on_paper(dossier) != "wanted":
        return Changed(dossier)
    return Changed(_with_step(dossier, PaperStep("printed", ground.now_ms, _day(ground), batch, by)))


def came_to(dossier: Dossier, outcome: Outcome, day: date, by: By, ground: Sending) -> Changed[Dossier]:
    """It was handed over, or came back, on a day. Said again it is nothing new. Raises NotOnPaperError naming the field."""
    letter, last = dossier.letter, last_step(dossier)
    if not isinstance(letter, Sent):
        raise NotOnPaperError("dossier", "Hồ sơ, ý kiến này chưa có thư nào được ban hành.")
    if last is not None and (last.what, last.day) == (outcome, day):
        return Changed(dossier)
    first = max(moment(letter.at).astimezone(OFFICE_TIME).date(), last.day if last is not None else date.min)
    if not first <= day <= _day(ground):
        raise NotOnPaperError(
            "on", f"Ngày phải từ {first:%d/%m/%Y} (ngày của thư, hoặc của lần ghi trước) đến hôm nay, {_day(ground):%d/%m/%Y}."
        )
    batch = "" if last is None else last.batch
    after = _with_step(dossier, PaperStep(outcome, ground.now_ms, day, batch, by))
    if outcome in HANDED:
        return _handed(dossier, after, outcome, by, ground)
    return _returned(dossier, after, outcome, by, ground)


def _handed(before: Dossier, after: Dossier, outcome: Outcome, by: By, ground: Sending) -> Changed[Dossier]:
    if on_paper(before) is None:
        raise NotOnPaperError("outcome", "Thư này không chờ gửi trên giấy: người nhận đã được báo, hoặc đã ghi là đã giao.")
    if "posted" not in decisions(before, APOLOGY):
        return Changed(after)
    if outcome == "told":
        return known_after_all(after, APOLOGY, by, 1, ground)
    return posted(after, APOLOGY, by, ground)


def _returned(before: Dossier, after: Dossier, outcome: Outcome, by: By, ground: Sending) -> Changed[Dossier]:
    message, last = before.messages.get(APOLOGY), last_step(before)
    posted_so = isinstance(message, Accepted) and message.way.channel == LETTER
    left = last is not None and last.what in ("printed", *HANDED)
    if not left and not posted_so:
        raise NotOnPaperError("outcome", "Thư này chưa được in hay giao trên giấy, nên không thể bị trả lại.")
    if message is None or not posted_so:
        return Changed(after)
    way = replace(message.way, round=message.way.round + 1, by=by)
    said = saying.failed(APOLOGY, ground.now, way, "permanent", outcome)
    return end(after, Failed(message.at, way, "permanent", outcome), said)


def _with_step(dossier: Dossier, step: PaperStep) -> Dossier:
    assert isinstance(dossier.letter, Sent)  # noqa: S101 - asked before
    return dossier._replace(letter=replace(dossier.letter, paper=(*dossier.letter.paper, step)))


def _day(ground: Sending) -> date:
    return ground.now.astimezone(OFFICE_TIME).date()
