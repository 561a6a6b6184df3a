"""The PDF of an issued letter: set once, at issuing, and given at every later download.

One of a body that signs is signed before it is kept, and never handed over unsigned (decision 42).

It names a person, so it is sealed to the key of the contact that the letter goes to: who has the store alone reads no more than
before, and a key that is given up closes the papers with the contacts.
"""

import asyncio
import base64
import hmac
from datetime import datetime
from functools import partial
from typing import NamedTuple

from reference import moment
from runtime.errors import InvalidDocuments
from runtime.parts import Parts
from runtime.sealing import Opener, Sealer
from services.notifier.domain import Dossier, Sending
from services.notifier.domain import letter as states
from services.notifier.domain.apologies import Issued
from services.notifier.domain.letter import Entry, Issuing, Sent
from services.notifier.domain.letter_links import digest_of, has_ended
from services.notifier.domain.letter_text import LetterText
from services.notifier.domain.locked import Locked
from services.notifier.domain.preview import addressed, text_of
from services.notifier.pdf import render
from services.notifier.signatures import NO_KEYS, CannotSignError, Signatures
from services.notifier.store import Paper, Sealing, enter_paper, find_linked, find_one, find_paper

LARGEST = 2_000_000  # bytes of a PDF; a letter of two pages has some 50,000


class Press(NamedTuple):
    """What papers are made with: the keys of contacts, and those of bodies that sign."""

    opener: Opener
    signatures: Signatures = NO_KEYS


async def keep_paper(parts: Parts, press: Press, dossier: Dossier, entry: Entry, ground: Sending) -> Issued:
    """Set a letter that has its number or takes none, sign it if its body signs, and keep it. Returns what is known of the
    paper: of that which is there already, if somebody kept one and died. A letter of a body without a key that has no paper is
    set at its download, as it always was.

    Raises Unavailable; CannotSignError for a letter that has to be signed, has somebody to go to, and is not kept.
    """
    kept = await find_paper(parts.store, dossier.code)
    if kept is None:
        made = await _made(parts, press, dossier, entry, ground)
        if made is None:
            return Issued(ground.now, signed=False)
        parts.crash.passed("after-signature")
        try:
            await enter_paper(parts.store, dossier.code, made)
        except InvalidDocuments:
            parts.log.exception("the paper of a letter is not kept: the store refuses it", dossier=dossier.code)
            if _signs(press, dossier):
                raise CannotSignError("no-paper") from None
        kept = await find_paper(parts.store, dossier.code)
    return (
        Issued(ground.now, signed=_signs(press, dossier)) if kept is None else Issued(moment(kept.at), kept.link, kept.signed)
    )


async def opened_by(parts: Parts, opener: Opener, token: str, now: datetime) -> bytes | Locked | None:
    """The letter that a link's token opens; None for any other token, for a letter whose link has ended, for one whose person
    was erased. Locked: the key of its contact is not here. Raises Unavailable."""
    found = await find_linked(parts.store, digest_of(token))
    dossier = None if found is None else await find_one(parts.store, found.dossier)
    if found is None or dossier is None or not isinstance(dossier.letter, Sent) or dossier.letter.contact is None:
        return None
    if not hmac.compare_digest(found.paper.link, digest_of(token)) or has_ended(found.paper.at, now):
        return None
    return _opened(found.paper, opener)


async def paper_of(parts: Parts, opener: Opener, dossier: Dossier) -> bytes | Locked | None:
    """The letter as it was issued; None if no paper was kept, its person was erased, or its key was given up. Locked: the key
    is not here."""
    if not isinstance(dossier.letter, Sent) or dossier.letter.contact is None:
        return None
    kept = await find_paper(parts.store, dossier.code)
    return None if kept is None else _opened(kept, opener)


def _opened(kept: Paper, opener: Opener) -> bytes | Locked | None:
    epoch, box = kept.sealed
    opened = opener.open(epoch, box)
    if isinstance(opened, str):
        return None if opened == "retired" else Locked(epoch, opened)
    return base64.b64decode(opened["pdf"])


def was_signed(signatures: Signatures, letter: Sent) -> bool:
    """Whether a letter went out signed with its body's key, or may have: of one that was issued before that was written down,
    or was read back from the log, what its body does today is all that is known."""
    return signatures.signs(letter.draft.unit) if letter.stamped is None else letter.stamped


def _signs(press: Press, dossier: Dossier) -> bool:
    return dossier.letter is not None and press.signatures.signs(dossier.letter.draft.unit)


async def _made(parts: Parts, press: Press, dossier: Dossier, entry: Entry, ground: Sending) -> Paper | None:
    """None: there is nobody to seal it to, or it could not be made and need not be signed. Raises CannotSignError."""
    letter, contact, keys = dossier.letter, dossier.known_contact, press.opener
    if not isinstance(letter, Issuing) or contact is None or contact.epoch in keys.retired:
        return None
    sent = states.numbered(letter, entry, ground.now_ms, contact)
    try:
        person = addressed(dossier, sent, ground)
        text = None if isinstance(person, Locked) else text_of(dossier, sent, ground, person)
        pdf = b"" if text is None else await asyncio.to_thread(_set, press.signatures, letter.draft.unit, text, ground.now)
    except CannotSignError:
        raise
    except Exception:  # the number is bound and the citizen is owed the letter
        parts.log.exception("the paper of a letter could not be set", dossier=dossier.code)
        pdf = b""
    if contact.epoch in keys.keys and 0 < len(pdf) <= LARGEST:
        sealer = Sealer(keys.keys[contact.epoch].public_key, contact.epoch)
        sealing = Sealing(contact.epoch, sealer.seal({"pdf": base64.b64encode(pdf).decode()}))
        link = "" if ground.letters is None else ground.letters.mark(dossier.code)
        return Paper(sent.at, sealing, link, _signs(press, dossier))
    parts.log.error("the paper of a letter is not kept", dossier=dossier.code, bytes=len(pdf))
    if _signs(press, dossier):
        raise CannotSignError("no-paper")
    return None


def _set(signatures: Signatures, body: str, text: LetterText, now: datetime) -> bytes:
    """The letter as PDF, signed if its body signs."""
    return signatures.sign(body, partial(render, text), now, text.signer) if signatures.signs(body) else render(text)
