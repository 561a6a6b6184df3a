"""Before messages are claimed: wishes that came with a survey are kept with the number, and what persons want of the optional
messages that are due is looked up (R29)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.notices import NoticeKind
from reference.phones import mobile
from runtime.intents import Intents
from runtime.parts import Parts
from services.notifier.domain import Dossier
from services.notifier.domain.ground import Heeded, Sending
from services.notifier.domain.locked import Locked
from services.notifier.domain.notice import Open, next_window
from services.notifier.domain.saying import kind_of
from services.notifier.domain.wishes import OPTIONAL, WishStep, number_wished
from services.notifier.settings import NotifierSettings
from services.notifier.store import CODEC
from services.notifier.wishes import Wanted, WishBook


def wish_book(parts: Parts, settings: NotifierSettings) -> WishBook:
    """The wishes of a store, by the secrets of the settings."""
    return WishBook(parts.store, settings.digest_keys(), settings.cooldown_days)


class Heeding:
    """Opens contacts and asks for their wishes; the numbers leave no trace."""

    def __init__(self, parts: Parts, intents: Intents, book: WishBook) -> None:
        self._parts, self._intents, self._book = parts, intents, book

    async def keep(self, dossiers: Sequence[Dossier], ground: Sending) -> None:
        """Keep the wishes that wait for their number. Done twice it is done once. Raises Unavailable."""
        for dossier in dossiers:
            wish = dossier.stop_wish
            if wish is None or wish.next_at is None or wish.next_at > ground.now_ms:
                continue
            number = number_of(dossier, ground)
            if isinstance(number, str) and number:
                await self._book.enter(number, WishStep(f"survey/{dossier.code}", wish.at, True, "survey", dossier.code))
            await CODEC.change(
                self._intents,
                [dossier.code],
                lambda one, number=number: number_wished(one, ground, number),  # type: ignore[misc]
                self._parts.clock,
            )
            self._parts.log.info("a stop wish came with a survey", dossier=dossier.code, kept=bool(number))

    async def heeded(self, dossiers: Sequence[Dossier], ground: Sending) -> Mapping[tuple[str, NoticeKind], Heeded]:
        """What persons want of the optional messages of these dossiers that are due. Raises Unavailable."""
        due = [(one.code, kind, number) for one in dossiers for kind, number in _due(one, ground)]
        wanted = [Wanted(number, kind, code) for code, kind, number in due]
        if not wanted:
            return {}
        found = await self._book.allow(wanted, ground.now_ms)
        return {(one.dossier, one.kind): Heeded(one.number, why_not) for one, why_not in zip(wanted, found, strict=True)}


def _due(dossier: Dossier, ground: Sending) -> list[tuple[NoticeKind, str]]:
    """The optional messages of a dossier that may go out now, and where to."""
    open_ones = [(kind_of(name), one) for name, one in dossier.messages.items() if isinstance(one, Open)]
    due = [kind for kind, one in open_ones if kind in OPTIONAL and one.next_at <= ground.now_ms]
    if not due or dossier.incomplete or not _may_send(ground.now):
        return []
    number = number_of(dossier, ground)
    return [(kind, number) for kind in due] if isinstance(number, str) and number else []


def _may_send(now: datetime) -> bool:
    return next_window(now) == now


def number_of(dossier: Dossier, ground: Sending) -> str | Locked | None:
    """The mobile number of its person in E.164; "" if there is none; None if no contact is here; Locked if its key is not."""
    contact = dossier.known_contact
    if contact is None or not dossier.contact_is_here:
        return "" if dossier.contact_is_forgotten else None
    person = ground.person_of(contact)
    if isinstance(person, Locked):
        return person
    return "" if person is None else mobile(person.phone) or ""
