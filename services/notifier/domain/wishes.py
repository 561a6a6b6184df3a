"""What a person wants of the messages that nobody has to send (R29), kept under no name: whether they come at all, and when the
last one of a kind came. All times are milliseconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, get_args

from contracts.facts import epoch_ms
from contracts.feedback import FeedbackStopWished
from contracts.notices import NoticeKind, SkipReason
from services.changes import By, Changed
from services.notifier.domain.dossier import Dossier, StopWish
from services.notifier.domain.ground import Ground
from services.notifier.domain.locked import LOOK_AGAIN, Locked
from services.notifier.domain.notice import BULK
from services.notifier.domain.saying import KINDS

OPTIONAL: frozenset[NoticeKind] = frozenset(KINDS[name] for name in BULK)  # all others are sent whatever a person wishes
Source = Literal["survey", "sms", "desk"]
SOURCES: tuple[Source, ...] = get_args(Source)
GIVEN_UP_AFTER = timedelta(days=12)  # a wish whose contact does not come: as long as a message waits for one


@dataclass(frozen=True, slots=True)
class WishStep:
    """One wish. `id`: taken in twice it is the same; `stop`: False takes an earlier one back; `by`: of the desk; `dossier`:
    through which it was given, "" for none."""

    id: str
    at: int
    stop: bool
    source: Source
    dossier: str = ""
    by: By | None = None


@dataclass(frozen=True, slots=True)
class LastSent:
    """The last message of a kind to a number, and the dossier it was about."""

    at: int
    dossier: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of one number. `steps`: in the order of their times."""

    steps: tuple[WishStep, ...] = ()
    last: Mapping[NoticeKind, LastSent] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether this person wants no message that nobody has to send."""
        return bool(self.steps) and self.steps[-1].stop

    def stepped(self, step: WishStep) -> "Wishes":
        """With a wish; these themselves if it was taken in, or changes nothing."""
        if any(step.id == known.id for known in self.steps):
            return self
        after = replace(self, steps=_ordered((*self.steps, step)))
        return self if after.stopped == self.stopped else after

    def asked(self, kind: NoticeKind, at: int, dossier: str) -> "Wishes":
        """With a message of a kind that goes out."""
        return replace(self, last={**self.last, kind: LastSent(at, dossier)})

    def merged(self, other: "Wishes") -> "Wishes":
        """What is kept under two digests of one number."""
        steps = {step.id: step for step in (*self.steps, *other.steps)}
        last = dict(self.last)
        for kind, one in other.last.items():
            last[kind] = max(one, last.get(kind, one), key=lambda each: each.at)
        return replace(self, last=last, steps=_ordered(tuple(steps.values())))

    def against(self, kind: NoticeKind, dossier: str, now: int, cooldown: timedelta) -> SkipReason | None:
        """Why a message of an optional kind about a dossier is not sent. None: it may be."""
        if self.stopped:
            return "stop-wish"
        last = self.last.get(kind)
        lately = last is not None and last.dossier != dossier and now < last.at + cooldown.total_seconds() * 1000
        return "asked-lately" if lately else None


def _ordered(steps: tuple[WishStep, ...]) -> tuple[WishStep, ...]:
    """By time; of two at one moment, the one to stop counts."""
    return tuple(sorted(steps, key=lambda step: (step.at, step.stop, step.id)))


def on_stop_wished(dossier: Dossier, data: FeedbackStopWished, ground: Ground) -> Changed[Dossier]:
    """The holder of its invitation wants no more of them. Feedback knows no number: the next pass finds it."""
    return Changed(wished(dossier, data, ground.now_ms))


def wished(dossier: Dossier, data: FeedbackStopWished, now: int) -> Dossier:
    """With that wish, which is due to be kept; the dossier itself if it knows."""
    return dossier if dossier.stop_wish is not None else dossier._replace(stop_wish=StopWish(epoch_ms(data.at), now))


def number_wished(dossier: Dossier, ground: Ground, number: str | Locked | None) -> Changed[Dossier]:
    """What becomes of a wish that waits, once its number was looked for. `number`: kept under it; "": there is none to keep it
    under; Locked, None: it may yet come."""
    wish = dossier.stop_wish
    if wish is None or wish.next_at is None:
        return Changed(dossier)
    gone = wish.at + GIVEN_UP_AFTER.total_seconds() * 1000 < ground.now_ms
    waits = not isinstance(number, str) and not gone
    later = ground.now_ms + round(LOOK_AGAIN.total_seconds() * 1000) if waits else None
    return Changed(dossier._replace(stop_wish=replace(wish, next_at=later)))
