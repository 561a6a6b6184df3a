"""What may be done with a petition, and what is said because of it: R30, R31. Who may do it is the routes' business."""

from dataclasses import dataclass
from datetime import datetime

from contracts.facts import epoch_ms
from contracts.petitions import (
    ContributionRecorded,
    Decision,
    PetitionAbout,
    PetitionAnswered,
    PetitionChannel,
    PetitionClassified,
    PetitionClock,
    PetitionerSealed,
    PetitionForwarded,
    PetitionKind,
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
from reference import moment, moment_or_none
from services.changes import Answering, By, Changed, Said
from services.feedback.domain.clocks import TAKEN, Clocks
from services.feedback.domain.petition import Answer, Gift, Petition, Running, Written

OPEN_TO_ANSWER: tuple[PetitionClock, ...] = ("accept", "clarify", "answer", "hand-over")
RAISED_AGAIN_MS = 30 * 24 * 3_600_000  # after the answer a person may say so long that it is none
MOST_ROUNDS, MOST_TEXTS = 5, 20
LONGEST_SUMMARY = 2000


class NotAllowedError(Exception):
    """What was asked for is not allowed; `rule` names why, `text` says it to the person."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision may look at beside the petition."""

    now: datetime
    clocks: Clocks

    @property
    def at(self) -> int:
        """Now, ms."""
        return epoch_ms(self.now)


@dataclass(frozen=True, slots=True)
class Contact:
    """The box that the notifier opens, and which of its keys fits."""

    epoch: int
    sealed: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that came in. `text` and `who` are locked, `codes` are digests of its look-up code; `by`: the officer who wrote
    it down, None where its person did; `meeting`: where it was said, and `said_at` when (ms)."""

    kind: PetitionKind
    about: PetitionAbout | None
    channel: PetitionChannel
    unit: str
    text: str
    codes: tuple[str, ...]
    who: str | None = None
    contact: Contact | None = None
    dossier: str | None = None
    gift: Gift | None = None
    by: By | None = None
    meeting: str | None = None
    said_at: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an officer answers, the words locked."""

    decision: Decision
    text: str
    upheld: bool = False
    error: bool = False
    accepted: bool = False


def receive(petition: Petition, incoming: Incoming, ground: Ground) -> Answering[Petition, bool]:
    """Take something in; sent twice it is one. Answers whether it is new."""
    if petition.known:
        again = _with_words(petition, incoming)
        return Answering(again, answer=False, said=_sealed(incoming, ground) if again is not petition else ())
    begun = ground.at if incoming.said_at is None else incoming.said_at  # who writes it down later gains no time
    clock, due = ground.clocks.first(incoming.kind, incoming.channel, begun, incoming.unit)
    contact = None if incoming.contact is None else 1
    taken_in = petition._replace(
        kind=incoming.kind,
        about=incoming.about if incoming.kind == "petition" else None,
        channel=incoming.channel,
        unit=incoming.unit,
        dossier=incoming.dossier,
        meeting=incoming.meeting,
        received=ground.at,
        begun=begun,
        clock=clock,
        answer_due=due,
        texts=(Written(ground.at, incoming.text),),
        who=incoming.who,
        contact=contact,
        gift=incoming.gift,
        codes=incoming.codes,
    ).stepped(ground.at, "received", incoming.by, incoming.channel)
    if incoming.gift is None:
        after, event = _say(taken_in, PetitionReceived, ground, contact_sequence=contact)
    else:
        gift = incoming.gift
        after, event = _say(
            taken_in, ContributionRecorded, ground, given=gift.given, giver=gift.giver, contact_sequence=contact
        )
    return Answering(after, answer=True, said=(*_sealed(incoming, ground), event))


def _sealed(incoming: Incoming, ground: Ground) -> tuple[Said, ...]:
    """How its sender may be told, for the notifier. Said again with words that are given back: what came back from the log does
    not say whether this had been said by then."""
    contact = incoming.contact
    if contact is None:
        return ()
    return (PetitionerSealed(at=ground.now, contact_sequence=1, key_epoch=contact.epoch, sealed=contact.sealed),)


def _with_words(petition: Petition, incoming: Incoming) -> Petition:
    """What came back from the log has no words; whoever sends them again, because nobody answered, gives them back."""
    if petition.texts or petition.erased is not None:
        return petition
    return petition._replace(
        texts=(Written(petition.received, incoming.text),),
        who=incoming.who,
        codes=incoming.codes,
        dossier=incoming.dossier,
        meeting=incoming.meeting,
    )


def classify(petition: Petition, kind: PetitionKind, about: PetitionAbout | None, by: By, ground: Ground) -> Changed[Petition]:
    """Say what it is. Another kind has another clock, from when the unit got it. Raises NotAllowedError."""
    _not_answered(petition)
    if "contribution" in (kind, petition.kind) and kind != petition.kind:
        raise NotAllowedError("R30", "Đóng góp được ghi nhận riêng tại quầy, không chuyển loại")
    own = about if kind == "petition" else None
    if (kind, own) == (petition.kind, petition.about):
        return Changed(petition)
    before, after = petition.kind, petition._replace(kind=kind, about=own)
    if kind != before:
        clock, due = ground.clocks.first(kind, petition.channel, petition.begun, petition.unit)
        after = after._replace(clock=_going_on(petition.clock, clock), answer_due=due)
    return _told(after.stepped(ground.at, "classified", by, f"{before}>{kind}"), PetitionClassified, ground, before=before)


def _going_on(old: Running | None, new: Running | None) -> Running | None:
    """The clock of another kind; if it is the one that runs, it has said what it has said."""
    same = old is not None and new is not None and (old.name, old.since, old.due) == (new.name, new.since, new.due)
    return old if same else new


def take(petition: Petition, by: By, ground: Ground, *, unclear: bool = False) -> Changed[Petition]:
    """The unit takes it for its own; `unclear`: more has to be asked for first (R31). Raises NotAllowedError."""
    petition = ground.clocks.recounted(petition)
    clock = petition.clock
    if clock is None or clock.name not in TAKEN or (clock.name == "hand-over" and petition.taken):
        raise NotAllowedError("R31", "Ý kiến này đã được thụ lý hoặc đã kết thúc")
    if unclear and clock.name != "accept":
        raise NotAllowedError("R31", "Chỉ góp ý, phản ánh, kiến nghị chưa thụ lý mới hỏi thêm theo cách này")
    name: PetitionClock = "clarify" if unclear else TAKEN[clock.name]
    since = ground.at if name in ("decide", "conclude") else petition.begun
    own = clock if name == clock.name else ground.clocks.running(name, since, petition.unit)
    after = petition._replace(clock=own, answer_due=petition.answer_due if name == "clarify" else own.due)
    return _told(after.stepped(ground.at, "taken", by, name), PetitionTaken, ground)


def ask(petition: Petition, question: str, by: By, ground: Ground, mark: str = "") -> Changed[Petition]:
    """Ask its person for more, within 5 working days (R31). `mark`: of the form, so that a second click asks nothing; "": none.
    Raises NotAllowedError."""
    if mark in petition.sent:
        return Changed(petition)
    petition = ground.clocks.recounted(petition)
    if petition.clock is None or petition.clock.name not in ("accept", "clarify", "answer"):
        raise NotAllowedError("R31", "Ý kiến này không ở bước hỏi thêm")
    if ground.at > ground.clocks.due("clarify", petition.begun, petition.unit):
        raise NotAllowedError("R31", "Đã quá 5 ngày làm việc kể từ khi nhận, không hỏi thêm được nữa")
    clock = ground.clocks.running("answer", petition.begun, petition.unit)
    asked = (*petition.questions, Written(ground.at, question))[-MOST_TEXTS:]
    after = petition._replace(clock=clock, answer_due=clock.due, questions=asked).marked(mark)
    return _told(after.stepped(ground.at, "asked", by), PetitionTaken, ground)


def add(petition: Petition, text: str, ground: Ground, mark: str = "") -> Changed[Petition]:
    """Its person adds something. `mark`: of the form, so that what is sent again is no second one; "": it has none. Raises
    NotAllowedError."""
    if mark in petition.sent:
        return Changed(petition)
    if petition.ended or petition.answer is not None:
        raise NotAllowedError("R31", "Ý kiến này đã được trả lời, không bổ sung được nữa")
    if len(petition.texts) >= MOST_TEXTS:
        raise NotAllowedError("R31", f"Mỗi ý kiến bổ sung được nhiều nhất {MOST_TEXTS - 1} lần")
    after = petition._replace(texts=(*petition.texts, Written(ground.at, text))).marked(mark)
    return Changed(after.stepped(ground.at, "added", None))


def forward(petition: Petition, unit: str, by: By, ground: Ground) -> Changed[Petition]:
    """Pass it on to another unit, where its clock begins anew (R31). Raises NotAllowedError."""
    _not_answered(petition)
    known = ground.clocks.reference.units.get(unit)
    if known is None or not known.in_use(ground.now.date()):
        raise NotAllowedError("R30", "Danh mục không có đơn vị này")
    if unit == petition.unit:
        raise NotAllowedError("R30", "Ý kiến đang ở chính đơn vị này")
    # What was said at a reception was answered or passed on in its 10 days; where it comes to, it is like any other.
    clock, due = ground.clocks.first(petition.kind, "file", ground.at, unit)
    before = petition.unit
    after = petition._replace(unit=unit, begun=ground.at, clock=clock, answer_due=due)
    return _told(after.stepped(ground.at, "forwarded", by, f"{before}>{unit}"), PetitionForwarded, ground, from_unit=before)


def answer(petition: Petition, outcome: Outcome, by: By, ground: Ground) -> Changed[Petition]:
    """Answer a suggestion or a petition. Raises NotAllowedError, always for a complaint and a denunciation (R30)."""
    if petition.kind in ("complaint", "denunciation"):
        raise NotAllowedError("R30", "Khiếu nại, tố cáo có trình tự riêng, không được trả lời như phản ánh, kiến nghị")
    return _ended(petition, outcome, by, ground, OPEN_TO_ANSWER)


def conclude(petition: Petition, outcome: Outcome, by: By, ground: Ground) -> Changed[Petition]:
    """The competent officer's decision on a complaint or a denunciation that was accepted. Raises NotAllowedError."""
    if petition.kind not in ("complaint", "denunciation"):
        raise NotAllowedError("R30", "Chỉ khiếu nại, tố cáo mới kết thúc bằng quyết định, kết luận")
    open_to: tuple[PetitionClock, ...] = ("decide", "conclude")
    if outcome.decision in ("refused", "handed-over"):
        open_to = (*open_to, "examine", "check")
    return _ended(petition, outcome, by, ground, open_to)


def _ended(
    petition: Petition, outcome: Outcome, by: By, ground: Ground, open_to: tuple[PetitionClock, ...]
) -> Changed[Petition]:
    petition = ground.clocks.recounted(petition)
    if petition.clock is None or petition.clock.name not in open_to:
        raise NotAllowedError("R31", "Ý kiến này chưa thụ lý, đã trả lời hoặc không cần trả lời")
    if outcome.error and not outcome.upheld:
        raise NotAllowedError("R31", "Có sai sót của cơ quan thì phản ánh phải được xác định là đúng")
    if outcome.accepted and petition.kind != "suggestion":
        raise NotAllowedError("R30", "Chỉ góp ý mới được tiếp thu")
    in_time = petition.answer_due is None or ground.at <= petition.answer_due
    public = petition.kind in ("suggestion", "petition")
    clock = ground.clocks.running("publish", ground.at, petition.unit) if public else None
    made = Answer(ground.at, outcome.decision, outcome.text, in_time, outcome.upheld, outcome.error, outcome.accepted)
    after = petition._replace(answer=made, clock=clock).stepped(ground.at, "answered", by, outcome.decision)
    after, event = _say(after, PetitionAnswered, ground, decision=outcome.decision, in_time=in_time)
    said: list[Said] = [event]
    if outcome.upheld:
        after, event = _say(after, PetitionUpheld, ground, error=outcome.error, dossier=petition.dossier)
        said.append(event)
    if outcome.accepted:
        after, event = _say(after, SuggestionAccepted, ground)
        said.append(event)
    return Changed(after, said)


def publish(petition: Petition, summary: str, by: By, ground: Ground) -> Changed[Petition]:
    """Put the answer on the public board, under words that an officer wrote for everybody. Raises NotAllowedError."""
    if petition.clock is None or petition.clock.name != "publish":
        raise NotAllowedError("R31", "Chưa trả lời, đã công khai, hoặc không phải loại được công khai")
    if not summary.strip() or len(summary) > LONGEST_SUMMARY:
        raise NotAllowedError("R31", f"Cần tóm tắt để công khai, không nêu tên người gửi, tối đa {LONGEST_SUMMARY} ký tự")
    after = petition._replace(summary=summary.strip(), published=ground.at, clock=None)
    return _told(after.stepped(ground.at, "published", by), PetitionPublished, ground)


def reraise(petition: Petition, text: str, ground: Ground, mark: str = "") -> Changed[Petition]:
    """Its person is not content: a new round, with clocks of its own. `mark`: as in `add`. Raises NotAllowedError."""
    if mark in petition.sent:
        return Changed(petition)
    known = petition.answer
    if known is None or petition.kind not in ("suggestion", "petition"):
        raise NotAllowedError("R31", "Chỉ phản ánh lại được khi đã có trả lời")
    if ground.at > known.at + RAISED_AGAIN_MS or petition.round >= MOST_ROUNDS:
        raise NotAllowedError("R31", "Đã quá 30 ngày kể từ khi trả lời, hoặc đã phản ánh lại nhiều lần; xin gửi ý kiến mới")
    clock, due = ground.clocks.first(petition.kind, "portal", ground.at, petition.unit)
    after = petition._replace(
        round=petition.round + 1,
        begun=ground.at,
        clock=clock,
        answer_due=due,
        answer=None,
        earlier=(*petition.earlier, known),
        texts=(*petition.texts, Written(ground.at, text)),
        summary="",
        published=None,
    ).marked(mark)
    return _told(after.stepped(ground.at, "reraised", None), PetitionReraised, ground)


def erase(petition: Petition, by: By | None, ground: Ground) -> Changed[Petition]:
    """Forget its person and all that was written; what was counted stays. Raises NotAllowedError for one that is open."""
    if not petition.ended:
        raise NotAllowedError("R34", "Ý kiến đang được giải quyết; xóa được khi đã kết thúc")
    if petition.erased is not None:
        return Changed(petition)
    made = None if petition.answer is None else petition.answer.without_words()
    after = petition._replace(
        who=None,
        texts=(),
        questions=(),
        answer=made,
        earlier=tuple(one.without_words() for one in petition.earlier),
        codes=(),
        sent=(),
        erased=ground.at,
    )
    return Changed(after.stepped(ground.at, "erased", by))


def fire(petition: Petition, until: datetime, ground: Ground) -> Changed[Petition]:
    """What its clock says when it is reached: comes near, or is over. A clock that the calendar moved is counted anew first."""
    petition = ground.clocks.recounted(petition)
    clock, reached = petition.clock, epoch_ms(until)
    if clock is not None and not clock.overdue and clock.due <= reached:
        return _told(petition.overdue(), PetitionOverdue, ground, at=clock.due)
    if clock is not None and not clock.warned and clock.warn <= reached:
        return _told(petition.warned(), PetitionWarned, ground, at=clock.warn)
    return Changed(petition)


def _not_answered(petition: Petition) -> None:
    if petition.answer is not None or not petition.known:
        raise NotAllowedError("R31", "Ý kiến này đã được trả lời")


def _told(
    petition: Petition, kind: type[PetitionStated], ground: Ground, at: int | None = None, **more: object
) -> Changed[Petition]:
    after, event = _say(petition, kind, ground, at, **more)
    return Changed(after, (event,))


def _say(
    petition: Petition, kind: type[PetitionStated], ground: Ground, at: int | None = None, **more: object
) -> tuple[Petition, PetitionStated]:
    """The petition in its next version, and the event that says how it stands."""
    after, clock = petition._replace(version=petition.version + 1), petition.clock
    event = kind.model_validate(
        {
            "at": ground.now if at is None else moment(at),
            "unit": after.unit,
            "kind": after.kind,
            "about": after.about,
            "channel": after.channel,
            "round": after.round,
            "version": after.version,
            "clock": None if clock is None else clock.name,
            "due_at": None if clock is None else moment(clock.due),
            "answer_due_at": moment_or_none(after.answer_due),
            **more,
        }
    )
    return after, event
