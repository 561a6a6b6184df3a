"""From snapshots to events: what explains the difference between what a sender sees now and what is known (D15, D16).

An equal snapshot that came later corrects, a lower one is a straggler and adds only what was unknown.
"""

from dataclasses import replace
from datetime import datetime

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, State, moment
from services.intake.domain.answers import Ground
from services.intake.domain.dossier import GUESSED, STATED, Dossier
from services.intake.domain.facts import Manner
from services.intake.domain.items import (
    EventItem,
    PlainItem,
    PlainKind,
    ReappointedItem,
    ReceivedItem,
    RetractedItem,
    SnapshotItem,
    Supplement,
)
from services.intake.domain.naming import named_in
from services.intake.domain.phases import (
    END_KINDS,
    ENDS,
    PHASES,
    WORKING,
    EndKind,
    Explained,
    Said,
    reached,
)
from services.intake.domain.problems import Fault
from services.intake.domain.submitting import of_earlier_attempt, snapshot_submitted, submitted_anew


def explain(dossier: Dossier, snapshot: SnapshotItem, word: State, ground: Ground) -> Explained:
    """The events that make what is known equal to a snapshot in state `word`."""
    return _Comparison(dossier, snapshot, word, ground).run()


class _Comparison:
    """One snapshot beside what is known."""

    def __init__(self, dossier: Dossier, snapshot: SnapshotItem, word: State, ground: Ground) -> None:
        self.dossier, self.snapshot, self.word, self.ground = dossier, snapshot, word, ground
        self.seen, self.said, self.faults, self.notes = dossier.seen, list[Said](), list[Fault](), list[str]()
        rounds = sum(1 + (entry.supplemented_at is not None) for entry in snapshot.supplements)
        self.order = (PHASES[word], rounds)
        self.observed = None if snapshot.observed_at is None else epoch_ms(snapshot.observed_at)
        older = self.observed is not None and self.observed < (dossier.seen.at or 0)
        behind = self.order < reached(dossier) or of_earlier_attempt(dossier, snapshot, word)
        self.straggler = older or (behind and not submitted_anew(dossier, snapshot, word))

    def run(self) -> Explained:
        """Compare part by part, in the order of a dossier's life."""
        if self.straggler:
            self.notes.append("stragglers")
        else:
            self.seen = replace(self.seen, order=self.order, at=self.seen.at if self.observed is None else self.observed)
        if self.word == 1:
            self._submission()
        else:
            self._reception()
            self._supplements()
            self._pauses_without_times()
            self._reappointment()
            self._end()
        return Explained(tuple(self.said), tuple(self.faults), tuple(self.notes), self.seen)

    # --- the parts ----------------------------------------------------------------

    def _submission(self) -> None:
        found = snapshot_submitted(self.dossier, self.snapshot, self.ground, straggler=self.straggler)
        self.said += found.said
        self.faults += found.faults
        self.notes += found.notes

    def _not_accepted(self) -> bool:
        """Whether it tells of a dossier that nobody has accepted: refused, taken back, or sent back for papers."""
        if self.dossier.reception is not None or self.snapshot.received_at is not None:
            return False
        return self.word in (3, 7) or (self.word == 5 and self.dossier.submission is not None)

    def _reception(self) -> None:
        if self._not_accepted():
            return
        snapshot = self.snapshot
        procedure, receiving, competent = named_in(snapshot, self.dossier, self.ground.reference)
        at = snapshot.received_at or self._known_reception()
        wanted = {"received_at": at, "procedure": procedure, "receiving_unit": receiving}
        if at is None or procedure is None or receiving is None:
            missing = [name for name, value in wanted.items() if value is None]
            self.faults += [Fault(name, "missing", "bắt buộc phải có") for name in missing]
            return
        item = ReceivedItem.model_construct(
            dossier=snapshot.dossier,
            type="received",
            at=at,
            occasion=None,
            observed_at=snapshot.observed_at,
            procedure=procedure,
            receiving_unit=receiving,
            competent_unit=competent,
            channel=snapshot.channel,
            return_method=snapshot.return_method,
            out_of_area=snapshot.out_of_area,
            linked=snapshot.linked,
            promised_at=self._promise(),
            contact=snapshot.contact,
        )
        if self.dossier.reception is None and (renewed := self._renewed(item.promised_at)) is not None:
            # The date was given with a round, not at reception: that round's pause is in it already (D6).
            before = {"promised_at": renewed.previous_due_at, "observed_at": at}
            self._say(item.model_copy(update=before), "received_at")
            item = item.model_copy(update={"observed_at": renewed.supplemented_at})
        self._say(item, "received_at")

    def _known_reception(self) -> datetime | None:
        known = self.dossier.facts.get("received/1")
        return None if known is None else moment(known.at)

    def _promise(self) -> datetime | None:
        """The date that the sender gives; one that follows from no pause is flagged (D16)."""
        known, marked = self.dossier.reception, self.snapshot.reappointed
        new, before = self._given(), None if known is None else known.promised_at
        if new is None or before is None or self.straggler:
            return new
        old = datetime.fromisoformat(before)
        if new == old:
            return new
        if marked is not None and marked.new_due_at == new:
            return old
        if not any(entry.new_due_at == new or entry.requested_at <= old for entry in self.snapshot.supplements):
            self.notes.append("promise_changes")
        return new

    def _given(self) -> datetime | None:
        """NgayHenTra; where it still is what a round says it was before (NgayHenTraTruoc), what that round made of it;
        without one, what the newest round names."""
        rounds, due = self.snapshot.supplements, self.snapshot.promised_at
        if due is None:
            named = [entry.new_due_at for entry in rounds if entry.new_due_at is not None]
            return named[-1] if named else None
        for entry in rounds:
            if entry.new_due_at is not None and entry.previous_due_at == due:
                due = entry.new_due_at
        return due

    def _renewed(self, given: datetime | None) -> Supplement | None:
        """The answered round that gave the date."""
        answered = (entry for entry in reversed(self.snapshot.supplements) if entry.supplemented_at is not None)
        return next((entry for entry in answered if given is not None and entry.new_due_at == given), None)

    def _supplements(self) -> None:
        taken = dict(self.dossier.seen.same)
        for number, entry in enumerate(self.snapshot.supplements, start=1):
            occasion = self._occasion(entry, number, taken)
            self._plain("supplement-requested", entry.requested_at, f"supplements.{number - 1}.requested_at", occasion)
            if entry.supplemented_at is not None:
                self._plain("supplemented", entry.supplemented_at, f"supplements.{number - 1}.supplemented_at", occasion)
        if taken != self.dossier.seen.same:
            self.seen = replace(self.seen, same=taken)

    def _occasion(self, entry: Supplement, number: int, taken: dict[str, str]) -> str:
        """Which known request an entry is: by its number, by its time, or the one that was only guessed before."""
        if entry.occasion is None:
            return str(number)
        if entry.occasion in taken:
            return taken[entry.occasion]
        known = self.dossier.facts.standing("supplement-requested")
        if entry.occasion in known:
            return entry.occasion
        at, free = epoch_ms(entry.requested_at), [occasion for occasion in known if occasion not in taken.values()]
        same = [occasion for occasion in free if known[occasion].at == at] or [
            occasion for occasion in free if known[occasion].sure != STATED
        ]
        if same:
            taken[entry.occasion] = same[0]
        return taken.get(entry.occasion, entry.occasion)

    @property
    def _heard(self) -> datetime:
        return self.snapshot.observed_at or self.ground.limits.now.astimezone(OFFICE_TIME)

    def _pauses_without_times(self) -> None:
        """States that say a pause began or ended without saying when: we know when we heard of it."""
        if self.straggler:
            return
        heard = self._heard
        listed = {entry.supplemented_at is None for entry in self.snapshot.supplements}
        supplements = self.dossier.facts.open("supplement-requested", "supplemented")
        if self.word == 5 and not supplements and True not in listed:
            self._guess("supplement-requested", heard)
        if self.word in WORKING:
            said = {s.item.occasion for s in self.said if s.item.type == "supplemented"}
            for occasion in supplements:
                if occasion not in said:
                    self._guess("supplemented", heard, occasion)
        fees = self.dossier.facts.open("fee-requested", "fee-paid")
        if self.word == 6 and not fees:
            self._guess("fee-requested", heard)
        if self.word in WORKING:
            for occasion in fees:
                self._guess("fee-paid", heard, occasion)

    def _reappointment(self) -> None:
        marked = self.snapshot.reappointed
        if marked is not None:
            item = ReappointedItem(
                dossier=self.snapshot.dossier, type="reappointed", at=marked.at, new_due_at=marked.new_due_at
            )
            self._say(item, "reappointed.at", unless_known=True)

    def _end(self) -> None:
        kind, at = ENDS.get(self.word), self.snapshot.completed_at
        standing_ends = [end for end in END_KINDS if self.dossier.facts.standing(end)]
        others = [end for end in standing_ends if end != kind]
        if self.word == 10:
            if at is not None and not others:
                self._plain("completed", at, "completed_at")
            self._hand_over()
        elif kind is not None and not (self.straggler and standing_ends):
            for other in others:  # of the same phase, so the later arrival is a correction
                self._take_back(other)
            if at is not None:
                self._plain(kind, at, "completed_at")
            elif kind not in standing_ends:
                self._guess(kind, self._heard)

    def _hand_over(self) -> None:
        if self.snapshot.returned_at is not None:
            self._plain("returned", self.snapshot.returned_at, "returned_at")
        elif not self.dossier.facts.standing("returned"):
            self._guess("returned", self._heard)

    # --- saying -------------------------------------------------------------------

    def _plain(self, kind: PlainKind, at: datetime, field_name: str, occasion: str | None = None) -> None:
        item = PlainItem(
            dossier=self.snapshot.dossier, type=kind, at=at, occasion=occasion, observed_at=self.snapshot.observed_at
        )
        self._say(item, field_name, unless_known=True)

    def _guess(self, kind: PlainKind, heard: datetime, occasion: str | None = None) -> None:
        if self.straggler:
            return
        item = PlainItem(dossier=self.snapshot.dossier, type=kind, at=heard, occasion=occasion)
        self.notes.append("guessed_times")
        self.said.append(Said(item, Manner(GUESSED, field="state")))

    def _take_back(self, kind: EndKind) -> None:
        at = moment(self.dossier.facts[f"{kind}/1"].at)
        item = RetractedItem(dossier=self.snapshot.dossier, type="retracted", fact=kind, at=at)
        self.said.append(Said(item, Manner(field="state")))

    def _say(self, item: EventItem, field_name: str, *, unless_known: bool = False) -> None:
        """A straggler only fills: an occasion that is known stays as it is, a reception gets what it lacks."""
        if self.straggler and unless_known:
            occasion = item.occasion or "1"
            if self.dossier.facts.get(f"{item.type}/{occasion}") is not None:
                return
        self.said.append(Said(item, Manner(fill=self.straggler, field=field_name)))
