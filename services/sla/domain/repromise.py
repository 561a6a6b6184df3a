"""The one re-promise a dossier may get (R15, R16): how sla says what forbids a new date (contracts.repromise)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.deadlines import DeadlineRefused
from contracts.repromise import Bar, Promised, bar_to
from contracts.rules import Rule
from reference import Timeline
from reference.timeline import DAY, minute_of
from services.sla.domain.dossier import Dossier, End
from services.sla.domain.facts import Reappointed
from services.sla.domain.promise import Standing


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rule that forbids a new date, its words, and the sentence for the person who asked."""

    code: Rule
    words: str
    text: str

    def to(self, unit: str, at: datetime) -> DeadlineRefused:
        """As it is said to a body."""
        return DeadlineRefused(at=at, unit=unit, rule=f"{self.code}: {self.words}", text=self.text, code=self.code.value)


ONCE = Refusal(
    Rule.R16, "không quá một lần hẹn lại", "Ngày hẹn trả chỉ được hẹn lại một lần; đề nghị hẹn lại sau đó không được chấp nhận."
)
NOT_ACCEPTED = Refusal(
    Rule.R15, "hồ sơ chưa được tiếp nhận", "Hồ sơ chưa được tiếp nhận hoặc đã bị từ chối, không có gì để hẹn lại."
)
ENDED = Refusal(Rule.R15, "hồ sơ đã kết thúc", "Hồ sơ đã kết thúc, không hẹn lại ngày trả.")
PAUSED = Refusal(Rule.R15, "hồ sơ đang dừng", "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại.")
NOT_LATER = Refusal(
    Rule.R15, "ngày hẹn mới phải sau ngày hẹn cũ", "Ngày hẹn lại phải sau lúc ký thư và sau ngày hẹn đang có hiệu lực."
)
NOT_OPEN = Refusal(Rule.R15, "ngày hẹn mới phải là ngày làm việc", "Ngày hẹn lại phải là ngày làm việc của đơn vị.")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a signed letter asks for: the event, the body, the draft; when it was signed, the date it promises (ms)."""

    id: str
    unit: str
    draft: int
    at: int
    new_due: int


def granted(dossier: Dossier, ask: Ask) -> Dossier:
    """With the new date that a letter asked for, as its one re-promise."""
    facts = dossier.facts.noted(Reappointed(ask.at, ask.new_due, granted=True), f"letter/{ask.draft}")
    return dossier._replace(facts=facts, asks={**dossier.asks, ask.id: "granted"})


REFUSALS = {
    Bar.NOT_ACCEPTED: NOT_ACCEPTED,
    Bar.ENDED: ENDED,
    Bar.ONCE: ONCE,
    Bar.PAUSED: PAUSED,
    Bar.NOT_LATER: NOT_LATER,
    Bar.NOT_OPEN: NOT_OPEN,
}


def refusal_of(standing: Standing | None, end: End | None, due: int | None, line: Timeline, ask: Ask) -> Refusal | None:
    """Why a letter may not promise its new date instead of the one in force (`due`, ms), or None if it may."""
    anew = standing is not None and bool(standing.reappointed)
    promised = Promised(due, ended=end is not None, promised_anew=anew, accepted=standing is not None)
    bar = bar_to(promised, ask.at, ask.new_due, lambda ms: line.is_counted(minute_of(ms) // DAY))
    return None if bar is None else REFUSALS[bar]
