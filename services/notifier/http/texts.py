"""Texts of messages in a unit's own words: read, checked and kept for whoever asks over HTTP. No rules here."""

from dataclasses import dataclass
from datetime import datetime

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError
from services.notifier.domain.forms import FORMS, Form
from services.notifier.domain.sending import speaker_named
from services.notifier.domain.unit_texts import STANDARD, Place, Sample, UnitText, as_kept, problems, samples, words_of
from services.notifier.http.told import NOTICES
from services.notifier.jobs import Desk
from services.notifier.store import enter_text, texts_of


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a text, as its history shows it."""

    number: int
    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TextView:
    """A text of a unit: the words that hold, their version (0: the standard ones), and the newest number given."""

    unit: str
    unit_name: str
    form: str
    kind: str
    facts: str
    text: str
    version: int
    newest: int
    standard: str
    may: tuple[str, ...]
    needs: frozenset[str]
    history: tuple[Version, ...] = ()


class TextDesk:
    """A unit that a person does not see is not there for this person."""

    def __init__(self, parts: Parts, desk: Desk) -> None:
        self._parts, self._desk = parts, desk

    def units(self, person: Person) -> dict[str, str]:
        """The units in use that a person may choose among: code to name."""
        day = self._desk.context.clock.now().astimezone(OFFICE_TIME).date()
        known = self._desk.context.reference.units
        return {code: unit.name for code, unit in known.items() if unit.in_use(day) and person.sees(code)}

    async def all_of(self, unit: str, person: Person) -> list[TextView]:
        """All texts of a unit. Raises ProblemError."""
        self._known(unit, person)
        kept = await texts_of(self._parts.store, unit)
        return [self._view(unit, name, form, [one for one in kept if one.form == name]) for name, form in FORMS.items()]

    async def one(self, unit: str, form: str, person: Person) -> TextView:
        """One text with its history. Raises ProblemError."""
        if form not in FORMS:
            raise ProblemError(Problem("unknown-text", "Không có mẫu tin nhắn này", 404))
        return next(view for view in await self.all_of(unit, person) if view.form == form)

    def check(self, unit: str, form: str, text: str) -> tuple[list[str], list[Sample]]:
        """What is wrong with a text, and how it would be sent; the second is empty if the first is not."""
        place = self._place(unit)
        found = problems(form, as_kept(text), place)
        return found, [] if found else samples(as_kept(text), place)

    async def keep(self, unit: str, form: str, text: str, seen: int, person: Person) -> None:
        """Keep the next version; an empty text is the standard one again. `seen`: the newest number when it was written.

        Raises ProblemError if it may not be kept, or somebody was faster."""
        await self.one(unit, form, person)
        kept, found = as_kept(text), self.check(unit, form, text)[0] if text else []
        if found:
            raise ProblemError(Problem("not-allowed", "Chưa lưu được mẫu này", 409, " ".join(found)))
        newest = (await self.one(unit, form, person)).newest
        now = epoch_ms(self._desk.context.clock.now())
        own = UnitText(unit, form, seen + 1, kept, now, person.name, person.subject)
        if newest != seen or not await enter_text(self._parts.store, own):
            detail = "Đã có người đổi mẫu này sau khi trang được mở. Xin xem bản mới rồi sửa lại."
            raise ProblemError(Problem("changed", "Mẫu đã được đổi", 409, detail))
        self._desk.shelf.is_old()
        self._parts.log.info("a unit's text was changed", unit=unit, form=form, version=own.version, subject=person.subject)

    def _known(self, unit: str, person: Person) -> None:
        if unit not in self._desk.context.reference.units or not person.sees(unit):
            raise ProblemError(Problem("unknown-unit", "Không có đơn vị này", 404))

    def _view(self, unit: str, name: str, form: Form, kept: list[UnitText]) -> TextView:
        newest = kept[-1] if kept else None
        text, version = words_of(name, unit, {} if newest is None else {(unit, name): newest})
        return TextView(
            unit=unit,
            unit_name=self._desk.context.reference.units[unit].name,
            form=name,
            kind=NOTICES[form.kind],
            facts=form.facts,
            text=text,
            version=version,
            newest=STANDARD if newest is None else newest.version,
            standard=form.text,
            may=tuple(sorted(form.may, key=lambda one: (one not in form.needs, one))),
            needs=form.needs,
            history=tuple(Version(one.version, one.text, moment(one.at), one.by) for one in reversed(kept)),
        )

    def _place(self, unit: str) -> Place:
        ground = self._desk.ground()
        longest = max((one.name for one in ground.reference.procedures.values()), key=len, default="")
        page = "" if ground.lookup is None else ground.lookup.page
        letters = "" if ground.letters is None else ground.letters.page
        return Place(speaker_named(unit, ground), longest, ground.public_url, page, letters)
