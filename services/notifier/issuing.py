"""Letters: claimed, numbered in the register, sent."""

from datetime import timedelta

from contracts.facts import epoch_ms
from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from services.notifier.domain.apologies import claim_letter, issue
from services.notifier.handlers import Context
from services.notifier.register import bind
from services.notifier.store import CODEC


async def issue_letter(parts: Parts, intents: Intents, context: Context, code: str, claim_for: timedelta) -> None:
    """Claim the letter of a dossier, bind its number, send it. After a crash in between the register still knows the number.

    Raises Unavailable.
    """
    clock = parts.clock
    until = epoch_ms(clock.now() + claim_for)
    claimed = await CODEC.ask(intents, [code], lambda dossier: claim_letter(dossier, until, context.ground()), clock)
    if not claimed[code]:
        return
    number, year = await bind(parts.store, claimed[code], moment(epoch_ms(clock.now())).year, code)
    parts.crash.passed("after-bind")
    await CODEC.change(intents, [code], lambda dossier: issue(dossier, number, year, context.ground()), clock)
