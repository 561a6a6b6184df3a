"""Phiếu kiểm soát quá trình giải quyết hồ sơ (Mẫu 06): who had a dossier from when on, and whether each step kept its time.

It names nobody: the sheet that is printed has room for names and signatures. Times in ms since 1970.
"""

from dataclasses import dataclass

from contracts.deadlines import Outcome
from reference import moment
from reference.derivation import say_instant
from services.facts import KnownFacts, Slim
from services.sla.domain.dossier import Dossier, Ended
from services.sla.domain.facts import (
    Completed,
    FeePaid,
    FeeRequested,
    Progressed,
    Reappointed,
    Received,
    Resumed,
    Returned,
    Stopped,
    Supplemented,
    SupplementRequested,
    Suspended,
    Withdrawn,
)
from services.sla.domain.ground import Ground
from services.sla.domain.outcome import end_of, outcome_of
from services.sla.domain.promise import standing_of

_PLAIN: tuple[tuple[type[Slim], str], ...] = (
    (SupplementRequested, "Yêu cầu bổ sung, hoàn thiện hồ sơ"),
    (Supplemented, "Hồ sơ đã được bổ sung"),
    (FeeRequested, "Yêu cầu thực hiện nghĩa vụ tài chính"),
    (FeePaid, "Đã thực hiện nghĩa vụ tài chính"),
    (Resumed, "Tiếp tục giải quyết"),
)
_ENDS: tuple[tuple[type[Slim], int, str], ...] = (
    (Withdrawn, 7, "Công dân rút hồ sơ"),
    (Stopped, 8, "Dừng giải quyết hồ sơ"),
    (Completed, 9, "Giải quyết xong, chuyển kết quả"),
    (Returned, 10, "Trả kết quả"),
)


@dataclass(frozen=True, slots=True)
class Hand:
    """One line: from when on, at which department ("": not told), what was done. `result`: of what had a limit and is over."""

    at: int
    place: str
    what: str
    result: Outcome | None = None


@dataclass(frozen=True, slots=True)
class ControlSheet:
    """A dossier's way so far. `due`: the date in force, or the one its end was measured against; None: there is none."""

    code: str
    unit: str
    procedure: str
    received_at: int
    due: int | None
    hands: tuple[Hand, ...]


def control_sheet(dossier: Dossier, ground: Ground) -> ControlSheet | None:
    """The sheet; None before the reception is known, and of a dossier that was refused (state 3)."""
    received, standing = dossier.facts.first(Received), standing_of(dossier.facts)
    if received is None or standing is None:
        return None
    ended = dossier.ended
    hands = [
        Hand(received.at, "", "Tiếp nhận hồ sơ"),
        *_steps(dossier.facts, ground),
        *_waits(dossier.facts),
        *_ends(dossier.facts, ended),
    ]
    due = dossier.due if ended is None else ended.due
    in_order = tuple(sorted(hands, key=lambda hand: hand.at))
    return ControlSheet(dossier.code, dossier.body, received.procedure, received.at, due, in_order)


def _steps(facts: KnownFacts, ground: Ground) -> list[Hand]:
    """Each step is over when the next one begins, or the dossier ends."""
    steps, end = sorted(facts.standing(Progressed).values(), key=lambda step: step.at), end_of(facts)
    over = [*(step.at for step in steps[1:]), None if end is None else end.at]
    return [
        Hand(step.at, step.department or "", step.step, _result(step.step_due_at, until, ground))
        for step, until in zip(steps, over, strict=False)
    ]


def _result(due: int | None, until: int | None, ground: Ground) -> Outcome | None:
    return None if due is None or until is None else outcome_of(moment(until), moment(due), ground.early_by)


def _waits(facts: KnownFacts) -> list[Hand]:
    hands = [Hand(fact.at, "", words) for kind, words in _PLAIN for fact in facts.standing(kind).values()]
    for other in facts.standing(Suspended).values():
        forced = other.reason == "force_majeure"
        hands.append(Hand(other.at, "", "Dừng vì bất khả kháng" if forced else "Chuyển lấy ý kiến cơ quan khác"))
    dates = ((again.at, say_instant(moment(again.new_due_at))) for again in facts.standing(Reappointed).values())
    return [*hands, *(Hand(at, "", f"Hẹn lại ngày trả kết quả: {new}") for at, new in dates)]


def _ends(facts: KnownFacts, ended: Ended | None) -> list[Hand]:
    found = [(fact, state, words) for kind, state, words in _ENDS if (fact := facts.first(kind)) is not None]
    return [
        Hand(fact.at, "", words, ended.outcome if ended is not None and ended.end.state == state else None)
        for fact, state, words in found
    ]
