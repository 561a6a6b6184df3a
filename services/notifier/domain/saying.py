"""What is said of a message on notices.v1: in the first version wherever that can say it, which every reader knows; of what is
no SMS in the third; reasons that these do not know in the fourth."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict, get_args

from contracts.notices import (
    Channel,
    FailKind,
    FirstNotice,
    FirstSkipReason,
    Notice,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeAcceptedV3,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeFailedV3,
    NoticeKind,
    NoticeQueued,
    NoticeQueuedV2,
    NoticeQueuedV3,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeSkippedV3,
    NoticeSkippedV4,
    NoticeStated,
    NoticeUncertain,
    NoticeUncertainV2,
    NoticeUncertainV3,
    SecondSkipReason,
    SkipReason,
)
from services.changes import Once, Said
from services.notifier.domain.notice import SMS, START, Way

KINDS: Mapping[str, NoticeKind] = {kind: kind for kind in get_args(NoticeKind)}
_FIRST: Mapping[str, FirstNotice] = {kind: kind for kind in get_args(FirstNotice)}
_REASONS: Mapping[str, SkipReason] = {reason: reason for reason in get_args(SkipReason)}
_SECOND_REASONS: Mapping[SkipReason, SecondSkipReason] = {reason: reason for reason in get_args(SecondSkipReason)}
_FIRST_REASONS: Mapping[SkipReason, FirstSkipReason] = {reason: reason for reason in get_args(FirstSkipReason)}


class _Told(TypedDict, total=False):
    """What every event of the third version says, beside when."""

    notice: NoticeKind
    channel: Channel
    occasion: str
    round: int


def _third(name: Notice, way: Way) -> _Told:
    told: _Told = {"notice": kind_of(name), "channel": way.channel, "occasion": occasion_of(name)}
    return {**told, "round": way.round} if way.round > 1 else told


def kind_of(name: Notice) -> NoticeKind:
    """The kind of the message with a name. Raises KeyError for a name that is none."""
    return KINDS[name.partition("/")[0]]


def occasion_of(name: Notice) -> str:
    """The occasion of the fact that a message tells of; 1 of what happens once."""
    return name.partition("/")[2] or "1"


def queued(name: Notice, at: datetime, way: Way = START) -> NoticeStated:
    """It is due, for what happened at `at`."""
    if way.channel != SMS:
        return NoticeQueuedV3(at=at, **_third(name, way))
    if name in _FIRST:
        return NoticeQueued(at=at, notice=_FIRST[name], channel=SMS, **way.said())
    return NoticeQueuedV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), **way.said())


def accepted(name: Notice, at: datetime, way: Way, parts: int, *, confirmed: bool | None = None) -> NoticeStated:
    """The gateway took it, in so many parts if it is an SMS. `confirmed`: a person says that its reader knows."""
    if way.channel != SMS:
        return NoticeAcceptedV3(at=at, confirmed=confirmed, **_third(name, way))
    more = way.said()
    if name in _FIRST:
        return NoticeAccepted(at=at, notice=_FIRST[name], channel=SMS, parts=parts, confirmed=confirmed, **more)
    kind, occasion = kind_of(name), occasion_of(name)
    return NoticeAcceptedV2(at=at, notice=kind, channel=SMS, occasion=occasion, parts=parts, confirmed=confirmed, **more)


def delivered(name: Notice, at: datetime, way: Way) -> NoticeStated:
    """It reached the phone."""
    if name in _FIRST:
        return NoticeDelivered(at=at, notice=_FIRST[name], channel=SMS, **way.said())
    return NoticeDeliveredV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), **way.said())


def failed(name: Notice, at: datetime, way: Way, kind: FailKind, reason: str) -> NoticeStated:
    """It did not go out and will not by itself, or did not arrive."""
    if way.channel != SMS:
        return NoticeFailedV3(at=at, reason=reason, kind=kind, **_third(name, way))
    more = way.said()
    if name in _FIRST:
        return NoticeFailed(at=at, notice=_FIRST[name], channel=SMS, reason=reason, kind=kind, **more)
    notice, occasion = kind_of(name), occasion_of(name)
    return NoticeFailedV2(at=at, notice=notice, channel=SMS, occasion=occasion, reason=reason, kind=kind, **more)


def uncertain(name: Notice, at: datetime, way: Way) -> NoticeStated:
    """Nobody knows whether it was taken."""
    if way.channel != SMS:
        return NoticeUncertainV3(at=at, **_third(name, way))
    if name in _FIRST:
        return NoticeUncertain(at=at, notice=_FIRST[name], channel=SMS, **way.said())
    return NoticeUncertainV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), **way.said())


def skipped(name: Notice, at: datetime, reason: SkipReason, way: Way = START) -> NoticeStated:
    """It is not sent, for a reason."""
    known = _SECOND_REASONS.get(reason)
    if known is None:
        return NoticeSkippedV4(at=at, reason=reason, **_third(name, way))
    if way.channel != SMS:
        return NoticeSkippedV3(at=at, reason=known, **_third(name, way))
    more = way.said()
    if name in _FIRST and reason in _FIRST_REASONS:
        return NoticeSkipped(at=at, notice=_FIRST[name], channel=SMS, reason=_FIRST_REASONS[reason], **more)
    kind, occasion = kind_of(name), occasion_of(name)
    return NoticeSkippedV2(at=at, notice=kind, channel=SMS, occasion=occasion, reason=known, **more)


def skip_reasons(said: Sequence[Said]) -> list[str]:
    """Why messages are not sent, of all that was said."""
    events = [one.event for one in said if isinstance(one, Once)]
    return [
        one.reason for one in events if isinstance(one, NoticeSkipped | NoticeSkippedV2 | NoticeSkippedV3 | NoticeSkippedV4)
    ]


def known_reason(reason: str) -> SkipReason | Literal[""]:
    """A reason as an event says it; "" for one that a newer release gave."""
    return _REASONS.get(reason, "")
