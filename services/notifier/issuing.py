"""Letters: claimed, numbered in the register, sent."""

from collections.abc import Callable
from datetime import timedelta

from contracts.facts import epoch_ms
from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.sealing import Opener
from services.notifier.domain.apologies import claim_letter, issue
from services.notifier.domain.ground import Sending
from services.notifier.papers import keep_paper
from services.notifier.register import bind
from services.notifier.store import CODEC, find_one


async def issue_letter(
    parts: Parts, intents: Intents, opener: Opener, ground: Callable[[], Sending], code: str, claim_for: timedelta
) -> None:
    """Claim the letter of a dossier, bind its number, keep its paper, send it. After a crash in between the register still
    knows the number, and the paper its day.

    Raises Unavailable.
    """
    clock = parts.clock
    until = epoch_ms(clock.now() + claim_for)
    claimed = await CODEC.ask(intents, [code], lambda dossier: claim_letter(dossier, until, ground()), clock)
    if not claimed[code]:
        return
    number, year = await bind(parts.store, claimed[code], moment(epoch_ms(clock.now())).year, code)
    parts.crash.passed("after-bind")
    dossier = await find_one(parts.store, code)
    if dossier is None:
        return
    at = moment(await keep_paper(parts, opener, dossier, (number, year), ground()))
    parts.crash.passed("after-paper")
    await CODEC.change(intents, [code], lambda one: issue(one, number, year, ground(), at), clock)
