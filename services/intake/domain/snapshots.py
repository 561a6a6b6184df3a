"""From snapshots to events: what explains the difference between what a sender sees now and what is known (D15, D16).

A snapshot has no version. Snapshots of one dossier are ordered by phase, then by rounds of supplements, then by arrival: an
equal one that came later corrects, a lower one is a straggler and adds only what was unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from contracts.codes import body_of
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, State, moment
from services.intake.domain.answers import Ground
from services.intake.domain.facts import GUESSED, REPORTED, Manner
from services.intake.domain.items import (
    EventItem,
    PlainItem,
    PlainKind,
    ProgressedItem,
    ReappointedItem,
    ReceivedItem,
    RetractedItem,
    SnapshotItem,
    Supplement,
)
from services.intake.domain.problems import Fault

EndKind = Literal["refused", "withdrawn", "stopped", "completed"]
PHASES: Mapping[int, int] = {1: 1, 2: 2, 4: 3, 5: 3, 6: 3, 3: 4, 7: 4, 8: 4, 9: 4, 10: 5}
END_KINDS: tuple[EndKind, ...] = ("refused", "withdrawn", "stopped", "completed")
ENDS: Mapping[int, EndKind] = {3: "refused", 7: "withdrawn", 8: "stopped", 9: "completed", 10: "completed"}
# States that say that the work goes on, so that no pause is open. At an end, a pause ends with the dossier.
WORKING = frozenset({2, 4})

Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """One event that a snapshot comes down to, and how it is said."""

    item: EventItem
    manner: Manner = field(default_factory=Manner)


@dataclass(slots=True)
class Explained:
    """What a snapshot comes down to: events in their order, faults of the snapshot itself, what to note, what to remember."""

    said: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remember: dict[str, Any] = field(default_factory=dict)


def standing(facts: Facts, kind: str) -> dict[str, Mapping[str, Any]]:
    """Facts of a kind that were not taken back, by occasion."""
    return {key.partition("/")[2]: fact for key, fact in facts.items() if key.startswith(f"{kind}/") and not fact.get("x")}


def _open(facts: Facts, begin: str, end: str) -> list[str]:
    """Occasions of a pause that began and did not end."""
    ended = standing(facts, end)
    return [occasion for occasion in standing(facts, begin) if occasion not in ended]


def explain(state: Mapping[str, Any], snapshot: SnapshotItem, word: State, ground: Ground) -> Explained:
    """The events that make what is known equal to a snapshot in state `word`."""
    return _Comparison(state, snapshot, word, ground).run()


def explain_step(state: Mapping[str, Any], step: ProgressedItem, word: State) -> Explained:
    """The events that the state after a step adds: what was unknown, or known less surely."""
    facts: Facts = state.get("facts", {})
    seen, phase = _seen(state), PHASES[word]
    if phase < seen[0]:
        return Explained(notes=["stragglers"])
    kinds = [*_pauses_after(facts, word), *_ends_after(facts, word)]
    common: dict[str, Any] = {"dossier": step.dossier, "at": step.at, "observed_at": step.observed_at}
    said = [Said(PlainItem(type=kind, occasion=occasion, **common), Manner(REPORTED)) for kind, occasion in kinds]
    return Explained(said=said, remember={"seen": [phase, seen[1]]})


def _pauses_after(facts: Facts, word: State) -> Iterator[tuple[PlainKind, str | None]]:
    """Pauses that begin or end with a state, and their occasions."""
    supplements = _open(facts, "supplement-requested", "supplemented")
    fees = _open(facts, "fee-requested", "fee-paid")
    if word == 5 and not supplements:
        yield "supplement-requested", None
    if word == 6:
        yield "fee-requested", fees[0] if fees else None
    if word in WORKING:
        yield from (("supplemented", occasion) for occasion in supplements)
        yield from (("fee-paid", occasion) for occasion in fees)


def _ends_after(facts: Facts, word: State) -> Iterator[tuple[PlainKind, None]]:
    if word == 10:
        yield "returned", None
    elif word in ENDS and not [end for end in END_KINDS if end != ENDS[word] and standing(facts, end)]:
        yield ENDS[word], None


def _seen(state: Mapping[str, Any]) -> list[int]:
    """The order of the latest snapshot, or what single events say of the phase if that is more."""
    kinds = {key.partition("/")[0] for key, fact in state.get("facts", {}).items() if not fact.get("x")}
    phase = 5 if "returned" in kinds else 4 if kinds & set(END_KINDS) else 2 if "received" in kinds else 0
    return max(state.get("seen", [0, 0]), [phase, 0])


class _Comparison:
    """One snapshot beside what is known."""

    def __init__(self, state: Mapping[str, Any], snapshot: SnapshotItem, word: State, ground: Ground) -> None:
        self.state, self.snapshot, self.word, self.ground = state, snapshot, word, ground
        self.facts: Facts = state.get("facts", {})
        self.received: Mapping[str, Any] = state.get("received", {})
        self.found = Explained()
        rounds = sum(1 + (entry.supplemented_at is not None) for entry in snapshot.supplements)
        self.order = [PHASES[word], rounds]
        observed = snapshot.observed_at
        self.straggler = self.order < _seen(state) or (observed is not None and epoch_ms(observed) < state.get("seen_at", 0))

    def run(self) -> Explained:
        """Compare part by part, in the order of a dossier's life."""
        if self.straggler:
            self.found.notes.append("stragglers")
        else:
            self.found.remember["seen"] = self.order
            if self.snapshot.observed_at is not None:
                self.found.remember["seen_at"] = epoch_ms(self.snapshot.observed_at)
        if self.word != 1:
            self._reception()
            self._supplements()
            self._pauses_without_times()
            self._reappointment()
            self._end()
        return self.found

    # --- the parts ----------------------------------------------------------------

    def _reception(self) -> None:
        snapshot, known = self.snapshot, self.received
        if self.word in (3, 7) and not known and snapshot.received_at is None:
            return  # never accepted
        procedure = self._code("procedure", snapshot.procedure, snapshot.procedure_name, known)
        competent = self._code("competent_unit", snapshot.competent_unit, snapshot.competent_unit_name, known)
        receiving = snapshot.receiving_unit or known.get("receiving_unit") or self._by_code() or competent
        at = snapshot.received_at or self._known_reception()
        wanted = {"received_at": at, "procedure": procedure, "receiving_unit": receiving}
        if at is None or procedure is None or receiving is None:
            missing = [name for name, value in wanted.items() if value is None]
            self.found.faults += [Fault(name, "missing", "bắt buộc phải có") for name in missing]
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
        self._say(item, "received_at")

    def _code(self, name: str, code: str | None, official_name: str | None, known: Mapping[str, Any]) -> str | None:
        """The code itself, or the catalogue's code for a name; a name nobody knows goes on, to be held as unknown."""
        if code is None and official_name is not None:
            code = self.ground.reference.code_named(official_name) or official_name
        return code or known.get(name)

    def _by_code(self) -> str | None:
        """The unit whose mã định danh begins the mã hồ sơ (rule 3.1)."""
        body = body_of(self.snapshot.dossier)
        return body if body in self.ground.reference.units else None

    def _known_reception(self) -> datetime | None:
        known = self.facts.get("received/1")
        return moment(known["at"]) if known else None

    def _promise(self) -> datetime | None:
        """NgayHenTra, unless it only follows from a pause (D16)."""
        new, before = self.snapshot.promised_at, self.received.get("promised_at")
        if new is None or before is None or self.straggler:
            return new
        old = datetime.fromisoformat(before)
        if new == old:
            return new
        entries, marked = self.snapshot.supplements, self.snapshot.reappointed
        follows = any(entry.new_due_at == new or entry.requested_at <= old for entry in entries)
        if follows or (marked is not None and marked.new_due_at == new):
            return old
        self.found.notes.append("promise_changes")
        return new

    def _supplements(self) -> None:
        taken = dict(self.state.get("same", {}))
        for number, entry in enumerate(self.snapshot.supplements, start=1):
            occasion = self._occasion(entry, number, taken)
            self._plain("supplement-requested", entry.requested_at, f"supplements.{number - 1}.requested_at", occasion)
            if entry.supplemented_at is not None:
                self._plain("supplemented", entry.supplemented_at, f"supplements.{number - 1}.supplemented_at", occasion)
        if taken != self.state.get("same", {}):
            self.found.remember["same"] = taken

    def _occasion(self, entry: Supplement, number: int, taken: dict[str, str]) -> str:
        """Which known request an entry is: by its number, by its time, or the one that was only guessed before."""
        if entry.occasion is None:
            return str(number)
        if entry.occasion in taken:
            return taken[entry.occasion]
        known = standing(self.facts, "supplement-requested")
        if entry.occasion in known:
            return entry.occasion
        at, free = epoch_ms(entry.requested_at), [occasion for occasion in known if occasion not in taken.values()]
        same = [occasion for occasion in free if known[occasion]["at"] == at] or [
            occasion for occasion in free if "c" in known[occasion]
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
        supplements = _open(self.facts, "supplement-requested", "supplemented")
        if self.word == 5 and not supplements and True not in listed:
            self._guess("supplement-requested", heard)
        if self.word in WORKING:
            said = {s.item.occasion for s in self.found.said if s.item.type == "supplemented"}
            for occasion in supplements:
                if occasion not in said:
                    self._guess("supplemented", heard, occasion)
        fees = _open(self.facts, "fee-requested", "fee-paid")
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
        standing_ends = [end for end in END_KINDS if standing(self.facts, end)]
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
        elif not standing(self.facts, "returned"):
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
        self.found.notes.append("guessed_times")
        self.found.said.append(Said(item, Manner(GUESSED, field="state")))

    def _take_back(self, kind: EndKind) -> None:
        at = moment(self.facts[f"{kind}/1"]["at"])
        item = RetractedItem(dossier=self.snapshot.dossier, type="retracted", fact=kind, at=at)
        self.found.said.append(Said(item, Manner(field="state")))

    def _say(self, item: EventItem, field_name: str, *, unless_known: bool = False) -> None:
        """A straggler only fills: an occasion that is known stays as it is, a reception gets what it lacks."""
        if self.straggler and unless_known:
            occasion = item.occasion or "1"
            if f"{item.type}/{occasion}" in self.facts:
                return
        self.found.said.append(Said(item, Manner(fill=self.straggler, field=field_name)))
