"""How a letter is written in the document of its dossier or petition, and its history."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args

from contracts.notices import LateReason
from services.changes import By
from services.notifier.domain import letter as letters
from services.notifier.domain.unsigned import Obstacle
from services.notifier.store.names import LetterState
from services.notifier.store.parts import dump_contact, open_contact
from services.stored import newer

LETTER_STATES: Mapping[type[letters.Letter], LetterState] = {
    letters.Drafted: "drafted",
    letters.Approved: "approved",
    letters.Issuing: "issuing",
    letters.Sent: "sent",
    letters.Rejected: "rejected",
    letters.Withdrawn: "withdrawn",
}


# What a letter may be, and why: a release that knows no more than these would print or answer nonsense about another.
_LETTER_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(letters.LetterKind),
    "reason": get_args(LateReason),
    "why": get_args(letters.WhyNot),
    "waits": get_args(Obstacle),
}


_ON_PAPER: tuple[str, ...] = get_args(letters.PaperState)


def letter_of(kept: Mapping[str, Any]) -> letters.Letter:
    """{s: state, n: which draft, unit, due, at, sign_by; kind, about: of one that answers a petition; and what the state has};
    what another state left is passed over."""
    if strange := [str(kept[name]) for name, known in _LETTER_WORDS.items() if name in kept and kept[name] not in known]:
        raise newer("letter", ", ".join(strange))
    own = kept["n"], kept["unit"], kept["due"], kept["at"], kept.get("sign_by")
    draft = letters.Draft(*own, kept.get("kind", "late"), kept.get("about"))
    match kept["s"]:
        case "drafted":
            return letters.Drafted(draft, _back(kept))
        case "withdrawn":
            return letters.Withdrawn(draft, _back(kept))
        case "rejected":
            return letters.Rejected(draft, kept["why"], kept["by"], _back(kept), kept.get("by_subject"))
        case "approved":
            return letters.Approved(draft, _signature(kept), kept["new_due"])
        case "issuing":
            return letters.Issuing(
                draft, _signature(kept), kept.get("new_due"), kept.get("next"), kept.get("claimed", False), kept.get("waits")
            )
        case "sent":
            signed = _signature(kept) if "ask" in kept else None
            contact = kept.get("contact")
            whom = None if contact is None else open_contact(contact)
            numbered = (kept.get("number"), kept.get("year"), kept["sent_at"])
            paper = tuple(_paper_step(one) for one in kept.get("paper", ()))
            more = kept.get("link", ""), kept.get("stamped"), paper
            return letters.Sent(draft, signed, kept.get("new_due"), *numbered, whom, *more)
        case unknown:
            raise newer("letter", unknown)


def _paper_step(kept: Mapping[str, Any]) -> letters.PaperStep:
    """{what, at, day, batch, by, by_subject}."""
    if kept["what"] not in _ON_PAPER:
        raise newer("letter on paper", kept["what"])
    by = By(kept["by"], kept["by_subject"])
    return letters.PaperStep(kept["what"], kept["at"], date.fromisoformat(kept["day"]), kept.get("batch", ""), by)


def _dump_paper_step(step: letters.PaperStep) -> dict[str, Any]:
    written = {"what": step.what, "at": step.at, "day": step.day.isoformat(), "by": step.by.name, "by_subject": step.by.subject}
    return written | {"batch": step.batch} if step.batch else written


def _back(kept: Mapping[str, Any]) -> letters.Back:
    refusal = kept.get("refusal")
    return letters.Back(None if refusal is None else letters.Refusal(*refusal), kept.get("remark", ""), kept.get("granted"))


def _signature(kept: Mapping[str, Any]) -> letters.Signature:
    return letters.Signature(
        kept.get("reason"),
        kept["approved_at"],
        kept["ask"],
        kept.get("note"),
        kept.get("by"),
        kept.get("by_subject"),
        kept.get("previewed"),
        kept.get("done"),
        not kept.get("unnumbered", False),
    )


def dump_letter(letter: letters.Letter) -> dict[str, Any]:
    """What it has in its state; the rest is left out."""
    draft = letter.draft
    written = {"n": draft.number, "s": LETTER_STATES[type(letter)], "unit": draft.unit, "due": draft.due, "at": draft.at}
    more = {"sign_by": draft.sign_by, "kind": draft.answers, "about": draft.about}
    return {name: value for name, value in {**written, **more, **_of_state(letter)}.items() if value is not None}


def _of_state(letter: letters.Letter) -> dict[str, Any]:
    match letter:
        case letters.Drafted(_, back) | letters.Withdrawn(_, back):
            return _dump_back(back)
        case letters.Rejected(_, why, by, back, subject):
            return {"why": why, "by": by, "by_subject": subject, **_dump_back(back)}
        case letters.Approved(_, signed, new_due):
            return {"new_due": new_due, **_dump_signature(signed)}
        case letters.Issuing(_, signed, maybe_due, next_at, claimed, waits):
            going = {"next": next_at, "claimed": claimed or None, "waits": waits}
            return {"new_due": maybe_due, **going, **_dump_signature(signed)}
        case letters.Sent():
            return {
                "number": letter.number,
                "year": letter.year,
                "sent_at": letter.at,
                "new_due": letter.new_due,
                "contact": None if letter.contact is None else dump_contact(letter.contact),
                "link": letter.link or None,
                "stamped": letter.stamped,
                "paper": [_dump_paper_step(step) for step in letter.paper] or None,
                **({} if letter.signed is None else _dump_signature(letter.signed)),
            }


def _dump_back(back: letters.Back) -> dict[str, Any]:
    refusal = None if back.refusal is None else dump_refusal(back.refusal)
    return {"refusal": refusal, "remark": back.remark or None, "granted": back.granted}


def _dump_signature(signed: letters.Signature) -> dict[str, Any]:
    who = {"by": signed.by, "by_subject": signed.subject, "previewed": signed.previewed}
    said = {"note": signed.note, "done": signed.done, "unnumbered": None if signed.numbered else True}
    return {"reason": signed.reason, **said, **who, "approved_at": signed.at, "ask": signed.ask}


def dump_refusal(refusal: letters.Refusal) -> list[str | None]:
    """[rule in words, sentence, code]; an earlier release kept no code."""
    return [refusal.rule, refusal.text, refusal.code]


IN_LETTER = frozenset(
    (
        *("n", "s", "unit", "due", "at", "sign_by", "kind", "about", "done", "unnumbered", "refusal", "remark", "granted"),
        *("why", "by", "by_subject", "previewed", "new_due", "next", "claimed", "waits"),
        *("reason", "note", "approved_at", "ask", "number", "year", "sent_at", "contact", "link", "stamped", "paper"),
    )
)


def step_of(kept: Mapping[str, Any]) -> letters.LetterStep:
    """{s: state, n: which draft, at, by, by_subject, why}."""
    return letters.LetterStep(kept["s"], kept["n"], kept["at"], kept.get("by"), kept.get("by_subject"), kept.get("why", ""))


def dump_steps(steps: Sequence[letters.LetterStep]) -> list[dict[str, Any]] | None:
    """Its history; None if there is none."""
    return [_dump_step(step) for step in steps] or None


def _dump_step(step: letters.LetterStep) -> dict[str, Any]:
    written = {"s": step.state, "n": step.draft, "at": step.at, "by": step.by, "by_subject": step.subject, "why": step.why}
    return {name: value for name, value in written.items() if value not in (None, "")}
