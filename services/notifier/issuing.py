"""Letters: claimed, numbered in the register, sent."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from contracts.facts import epoch_ms
from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from services.notifier.domain import Dossier
from services.notifier.domain.apologies import claim_letter, hold_letter, issue
from services.notifier.domain.contact import NOBODY
from services.notifier.domain.ground import Sending
from services.notifier.domain.letter import Issuing
from services.notifier.domain.notice import EMAIL
from services.notifier.domain.preview import text_of
from services.notifier.papers import Press, keep_paper
from services.notifier.register import bind
from services.notifier.signatures import CannotSignError
from services.notifier.store import CODEC, find_one


async def issue_letter(
    parts: Parts, intents: Intents, press: Press, ground: Callable[[], Sending], due: Dossier, claim_for: timedelta
) -> None:
    """Claim the letter of a dossier that was found to be due, bind its number if it takes one, keep its paper, send it. After a
    crash in between the register still knows the number, and the paper its day. One that its body cannot sign waits, with the
    number that it may have.

    Raises Unavailable.
    """
    clock, code = parts.clock, due.code
    body = "" if due.letter is None else due.letter.draft.unit
    obstacle = None
    if due.letter is not None and press.signatures.signs(body):
        printed = text_of(due, due.letter, ground(), NOBODY)
        signer = "" if printed is None else printed.signer
        obstacle = await asyncio.to_thread(press.signatures.obstacle, body, clock.now(), signer)
    if obstacle is not None:  # no number is bound for what is known to wait
        await CODEC.change(intents, [code], lambda one: hold_letter(one, obstacle, ground()), clock)
        return
    until = epoch_ms(clock.now() + claim_for)
    claimed = await CODEC.ask(intents, [code], lambda dossier: claim_letter(dossier, until, ground()), clock)
    if not claimed[code]:
        return
    dossier = await find_one(parts.store, code)
    if dossier is None or not isinstance(dossier.letter, Issuing):
        return
    entry = None
    if dossier.letter.signed.numbered:
        entry = await bind(parts.store, claimed[code], moment(epoch_ms(clock.now())).year, code)
    parts.crash.passed("after-bind")
    try:
        paper = await keep_paper(parts, press, dossier, entry, ground())
    except CannotSignError as error:
        why = error.why
        await CODEC.change(intents, [code], lambda one: hold_letter(one, why, ground()), clock)
        return
    parts.crash.passed("after-paper")
    paper = replace(paper, mail=EMAIL in ground().gateways)
    await CODEC.change(intents, [code], lambda one: issue(one, entry, ground(), paper), clock)
