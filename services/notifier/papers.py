"""The PDF of an issued letter: set once, at issuing, and given at every later download.

It names a person, so it is sealed to the key of the contact that the letter goes to: who has the store alone reads no more than
before, and a key that is given up closes the papers with the contacts.
"""

import asyncio
import base64

from runtime.errors import InvalidDocuments
from runtime.parts import Parts
from runtime.sealing import Opener, Sealer
from services.notifier.domain import Dossier, Sending
from services.notifier.domain import letter as states
from services.notifier.domain.letter import Issuing, Sent
from services.notifier.domain.locked import Locked
from services.notifier.domain.preview import addressed, text_of
from services.notifier.pdf import render
from services.notifier.store import Paper, Sealing, enter_paper, find_paper

LARGEST = 2_000_000  # bytes of a PDF; a letter of two pages has some 50,000


async def keep_paper(parts: Parts, opener: Opener, dossier: Dossier, number: tuple[int, int], ground: Sending) -> int:
    """Set a letter that has its number, and keep it. Returns the moment (ms) whose day it bears: that of the paper which is
    there already, if somebody kept one and died. A letter without one is set at its download, as it always was.

    Raises Unavailable.
    """
    kept = await find_paper(parts.store, dossier.code)
    if kept is None:
        made = await _made(parts, opener, dossier, number, ground)
        if made is None:
            return ground.now_ms
        try:
            await enter_paper(parts.store, dossier.code, made)
        except InvalidDocuments:
            parts.log.exception("the paper of a letter is not kept: the store refuses it", dossier=dossier.code)
        kept = await find_paper(parts.store, dossier.code)
    return ground.now_ms if kept is None else kept.at


async def paper_of(parts: Parts, opener: Opener, dossier: Dossier) -> bytes | None:
    """The letter as it was issued; None if no paper was kept, its person was erased, or its key is not here."""
    if not isinstance(dossier.letter, Sent) or dossier.letter.contact is None:
        return None
    kept = await find_paper(parts.store, dossier.code)
    if kept is None:
        return None
    opened = opener.open(*kept.sealed)
    return None if isinstance(opened, str) else base64.b64decode(opened["pdf"])


async def _made(parts: Parts, opener: Opener, dossier: Dossier, number: tuple[int, int], ground: Sending) -> Paper | None:
    letter, contact = dossier.letter, dossier.known_contact
    if not isinstance(letter, Issuing) or contact is None or contact.epoch not in opener.keys:
        return None
    sent = states.number(letter, *number, ground.now_ms, contact)
    try:
        person = addressed(dossier, sent, ground)
        text = None if isinstance(person, Locked) else text_of(dossier, sent, ground, person)
        pdf = b"" if text is None else await asyncio.to_thread(render, text)
    except Exception:  # the number is bound and the citizen is owed the letter
        parts.log.exception("the paper of a letter could not be set", dossier=dossier.code)
        return None
    if not pdf or len(pdf) > LARGEST:
        parts.log.error("the paper of a letter is not kept", dossier=dossier.code, bytes=len(pdf))
        return None
    sealer = Sealer(opener.keys[contact.epoch].public_key, contact.epoch)
    return Paper(sent.at, Sealing(contact.epoch, sealer.seal({"pdf": base64.b64encode(pdf).decode()})))
