"""What is said of a message on notices.v1: in the first version wherever that can say it, which every reader knows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

from contracts.notices import (
    FirstNotice,
    FirstSkipReason,
    Notice,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeKind,
    NoticeQueued,
    NoticeQueuedV2,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeStated,
    NoticeUncertain,
    NoticeUncertainV2,
    SkipReason,
)
from services.changes import Once, Said
from services.notifier.domain.notice import SMS

KINDS: Mapping[str, NoticeKind] = {kind: kind for kind in get_args(NoticeKind)}
_FIRST: Mapping[str, FirstNotice] = {kind: kind for kind in get_args(FirstNotice)}
_FIRST_REASONS: Mapping[SkipReason, FirstSkipReason] = {reason: reason for reason in get_args(FirstSkipReason)}


def kind_of(name: Notice) -> NoticeKind:
    """The kind of the message with a name. Raises KeyError for a name that is none."""
    return KINDS[name.partition("/")[0]]


def occasion_of(name: Notice) -> str:
    """The occasion of the fact that a message tells of; 1 of what happens once."""
    return name.partition("/")[2] or "1"


def queued(name: Notice, at: datetime) -> NoticeStated:
    """It is due, for what happened at `at`."""
    if name in _FIRST:
        return NoticeQueued(at=at, notice=_FIRST[name], channel=SMS)
    return NoticeQueuedV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name))


def accepted(name: Notice, at: datetime, parts: int) -> NoticeStated:
    """The gateway took it, in so many parts."""
    if name in _FIRST:
        return NoticeAccepted(at=at, notice=_FIRST[name], channel=SMS, parts=parts)
    return NoticeAcceptedV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), parts=parts)


def delivered(name: Notice, at: datetime) -> NoticeStated:
    """It reached the phone."""
    if name in _FIRST:
        return NoticeDelivered(at=at, notice=_FIRST[name], channel=SMS)
    return NoticeDeliveredV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name))


def failed(name: Notice, at: datetime, reason: str) -> NoticeStated:
    """It was refused for good, or cannot be delivered."""
    if name in _FIRST:
        return NoticeFailed(at=at, notice=_FIRST[name], channel=SMS, reason=reason)
    return NoticeFailedV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), reason=reason)


def uncertain(name: Notice, at: datetime) -> NoticeStated:
    """Nobody knows whether it was taken."""
    if name in _FIRST:
        return NoticeUncertain(at=at, notice=_FIRST[name], channel=SMS)
    return NoticeUncertainV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name))


def skipped(name: Notice, at: datetime, reason: SkipReason) -> NoticeStated:
    """It is not sent, for a reason."""
    if name in _FIRST and reason in _FIRST_REASONS:
        return NoticeSkipped(at=at, notice=_FIRST[name], channel=SMS, reason=_FIRST_REASONS[reason])
    return NoticeSkippedV2(at=at, notice=kind_of(name), channel=SMS, occasion=occasion_of(name), reason=reason)


def skip_reasons(said: Sequence[Said]) -> list[SkipReason]:
    """Why messages are not sent, of all that was said."""
    events = [one.event for one in said if isinstance(one, Once)]
    return [event.reason for event in events if isinstance(event, NoticeSkipped | NoticeSkippedV2)]
