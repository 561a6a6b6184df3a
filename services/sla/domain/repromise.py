"""The one re-promise a dossier may get (R15, R16): how sla says what forbids a new date (services.repromise)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.deadlines import DeadlineRefused
from contracts.repromise import Bar, Promised
from contracts.rules import Rule
from reference import Timeline
from services.repromise import WORDS, barred
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


HEADS = {
    Bar.NOT_ACCEPTED: "hồ sơ chưa được tiếp nhận",
    Bar.ENDED: "hồ sơ đã kết thúc",
    Bar.ONCE: "không quá một lần hẹn lại",
    Bar.PAUSED: "hồ sơ đang dừng",
    Bar.NOT_LATER: "ngày hẹn mới phải sau ngày hẹn cũ",
    Bar.NOT_OPEN: "ngày hẹn mới phải là ngày làm việc, trong giờ làm việc",
    Bar.TOO_FAR: "ngày hẹn mới quá xa",
}
ONCE = Refusal(Rule.R16, HEADS[Bar.ONCE], WORDS[Bar.ONCE])


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


def refusal_of(
    standing: Standing | None, end: End | None, due: int | None, line: Timeline, max_days: int, ask: Ask
) -> Refusal | None:
    """Why a letter may not promise its new date instead of the one in force (`due`, ms), or None if it may."""
    anew = standing is not None and bool(standing.reappointed)
    promised = Promised(due, ended=end is not None, promised_anew=anew, accepted=standing is not None)
    why = barred(promised, ask.at, ask.new_due, line, max_days)
    return None if why is None else Refusal(why.bar.rule, HEADS[why.bar], why.text)
