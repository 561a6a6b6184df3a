"""intake's documents: what is known of each dossier, API keys, items held for a person, answers given, counts of quality.

Only this room knows how they are kept. Times in ms since 1970.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from contracts.dossiers import Linked
from runtime.batch import open_intents_of
from runtime.log.reader import Places
from runtime.parts import Parts
from runtime.store import Document, Documents, In, Index, Range, Where
from services.intake.domain import Dossier, Json, Known, KnownContact, Quarantined, Reception, Seen, Sender, Submission
from services.intake.domain.deeds import Deed
from services.intake.domain.dossier import NO_FACTS, NOTHING_SEEN, STATED, Facts, StepSeen
from services.intake.domain.held import Held
from services.intake.domain.kept_words import KeptWords
from services.intake.domain.keys import ApiKey, Wanted
from services.stored import Codec, Derived, Kept

DOSSIERS = "dossiers"
KEYS = "keys"
QUARANTINE = "quarantine"
DEEDS = "deeds"
ANSWERS = "answers"
QUALITY = "quality"
WORDS = "words"
MARKS = "marks"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup

Thing = TypeVar("Thing")


async def declare(store: Documents) -> None:
    """Make the collections and their indexes."""
    await store.declare(DOSSIERS)
    await declare_keys(store)
    await store.declare(QUALITY, [Index("day")])
    await store.declare(QUARANTINE, [Index("at"), Index("dossier"), Index("reason"), Index("of", many=True)])
    await store.declare(DEEDS, [Index("at"), Index("held"), Index("of", many=True)])
    await store.declare(ANSWERS, [Index("at")])
    await store.declare(WORDS, [Index("unit"), Index("dossiers", many=True)])
    await store.declare(MARKS)


async def declare_keys(store: Documents) -> None:
    """Make the collection of keys alone."""
    await store.declare(KEYS, [Index("system")])


# --- dossiers ----------------------------------------------------------------------------------------------------------------


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    contact, received, submitted = document.get("contact"), document.get("received"), document.get("submitted")
    return Dossier(
        document["_id"],
        Facts(_KeptFacts(document["facts"])) if "facts" in document else NO_FACTS,
        document.get("sequence", 0),
        None if contact is None else KnownContact(contact["seq"], contact["h"]),
        None if received is None else _reception(received),
        _seen(document),
        None if submitted is None else Submission(**submitted),
    )


class _KeptFacts(Mapping[str, Known]):
    """Facts as a document keeps them, each read when it is asked for: a dossier may have hundreds, a rule looks at few.

    {v: version, h: digest, o: observed, at, x: it was retracted, c: how sure, if less than stated}.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Mapping[str, Any]]) -> None:
        self.raw = raw

    def __getitem__(self, key: str) -> Known:
        kept = self.raw[key]
        return Known(kept["v"], kept["h"], kept["o"], kept["at"], "x" in kept, kept.get("c", STATED))

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


def _reception(kept: Mapping[str, Any]) -> Reception:
    return Reception(
        kept["procedure"],
        kept["receiving_unit"],
        kept["competent_unit"],
        kept["channel"],
        kept.get("return_method"),
        kept.get("out_of_area"),
        tuple(Linked.model_validate(part) for part in kept.get("linked", ())),
        kept.get("promised_at"),
        kept.get("contact_sequence"),
    )


def _seen(document: Document) -> Seen:
    order, at, same, steps = (document.get(name) for name in _SEEN)
    if order is None and at is None and same is None and steps is None:
        return NOTHING_SEEN
    told = tuple(StepSeen(when, state) for when, state in steps or ())
    return Seen(None if order is None else (order[0], order[1]), at, same or {}, told)


_SEEN = ("seen", "seen_at", "same", "step_states")


def _dump_told(facts: Facts) -> dict[str, Any] | None:
    """Facts that were not told anew stay as they are."""
    before = facts.kept.raw if isinstance(facts.kept, _KeptFacts) else _dump_facts(facts.kept)
    return {**before, **_dump_facts(facts.told)} or None


def _dump_facts(facts: Mapping[str, Known]) -> dict[str, Any]:
    return {key: _dump_known(fact) for key, fact in facts.items()}


def _dump_known(fact: Known) -> dict[str, Any]:
    kept: dict[str, Any] = {"v": fact.version, "h": fact.digest, "o": fact.observed, "at": fact.at}
    if fact.retracted:
        kept["x"] = True
    if fact.sure != STATED:
        kept["c"] = fact.sure
    return kept


def _dump_seen(dossier: Dossier) -> dict[str, Any]:
    seen = dossier.seen
    order, steps = None if seen.order is None else [*seen.order], [[*step] for step in seen.steps]
    return {"seen": order, "seen_at": seen.at, "same": dict(seen.same) or None, "step_states": steps or None}


CODEC = Codec(
    load,
    kept=(
        Kept("facts", lambda dossier: dossier.facts, _dump_told),
        Kept("sequence", lambda dossier: dossier.sequence or None),
        Kept("contact", lambda dossier: dossier.contact, lambda contact: {"seq": contact.sequence, "h": contact.digest}),
        Kept("received", lambda dossier: dossier.reception, lambda reception: reception.words()),
        Kept("submitted", lambda dossier: dossier.submission, lambda submission: submission.words()),
    ),
    derived=Derived(_SEEN, _dump_seen),
)


async def find_dossiers(store: Documents, codes: Iterable[str]) -> dict[str, Dossier]:
    """The dossiers with these codes that are known."""
    return {code: CODEC.read(document) for code, document in (await store.get_many(DOSSIERS, codes)).items()}


@dataclass(frozen=True, slots=True)
class Shown:
    """A dossier, and how many of its events wait to be published."""

    dossier: Dossier
    pending: int


async def look_up(parts: Parts, code: str) -> Shown | None:
    """A dossier for whoever asks about it. Raises Unavailable."""
    document = (await parts.store.get_many(DOSSIERS, [code])).get(code)
    if document is None:
        return None
    intents = await open_intents_of(parts, [document])
    return Shown(CODEC.read(document), sum(len(entry["out"]) for entry in document.get("outbox", ()) if entry["i"] in intents))


# --- keys --------------------------------------------------------------------------------------------------------------------


def load_key(document: Document) -> ApiKey:
    """The key of a document."""
    of = Wanted(document["system"], tuple(document["units"]), document["mode"], document["role"], tuple(document["numbers"]))
    return ApiKey(document["_id"], of, document["hash"], document["created_at"], document.get("until"), document.get("used_at"))


def dump_key(key: ApiKey) -> dict[str, Any]:
    """A key as its document keeps it."""
    of = key.of
    kept: dict[str, Any] = {"system": of.system, "units": list(of.units), "mode": of.mode, "role": of.role}
    kept |= {"numbers": list(of.numbers), "hash": key.hash, "created_at": key.created_at}
    if key.until is not None:
        kept["until"] = key.until
    if key.used_at is not None:
        kept["used_at"] = key.used_at
    return kept


_OF_KEY = ("system", "units", "mode", "role", "numbers", "hash", "created_at", "until", "used_at")
KEY = Codec.whole(load_key, dump_key, _OF_KEY)


async def add_key(store: Documents, key: ApiKey) -> None:
    """Keep a new key."""
    await store.save_many(KEYS, [{"_id": key.id, "rev": 0, **dump_key(key)}])


async def find_key(store: Documents, identity: str) -> ApiKey | None:
    """The key of this id."""
    document = (await store.get_many(KEYS, [identity])).get(identity)
    return None if document is None else load_key(document)


async def list_keys(store: Documents, system: str = "") -> list[ApiKey]:
    """All keys in the order of their systems, or those of one."""
    found = await store.find(KEYS, {"system": system} if system else {}, order="system", limit=1000)
    return [load_key(document) for document in found]


async def change_keys(store: Documents, ids: Iterable[str], rule: Callable[[ApiKey], ApiKey]) -> list[ApiKey]:
    """Change keys; returns those that are others now."""
    return await _change(store, KEYS, KEY, ids, rule)


async def _change(
    store: Documents, collection: str, codec: Codec[Thing], ids: Iterable[str], rule: Callable[[Thing], Thing]
) -> list[Thing]:
    """Change documents by a rule; returns what was changed and saved. The rule gives the object itself for nothing new."""
    changed: dict[str, tuple[Thing, Document]] = {}
    for identity, document in (await store.get_many(collection, ids)).items():
        before = codec.load(document)
        after = rule(before)
        if after is not before:
            changed[identity] = after, codec.written(after, document)
    lost = await store.save_many(collection, [document for _, document in changed.values()])
    return [after for identity, (after, _) in changed.items() if identity not in lost]


# --- items held for a person -------------------------------------------------------------------------------------------------


def load_held(document: Document) -> Held:
    """The held item of a document."""
    units, numbers = frozenset(document["units"]) or None, frozenset(document["numbers"])
    return Held(
        id=document["_id"],
        at=document["at"],
        sender=Sender(document["system"], units, document["mode"], numbers),
        why=Quarantined(document["reason"], document["field"]),
        dossier=document["dossier"],
        item=document["item"],
        flag=document["flag"],
        locked=document.get("locked", ""),
        words=document.get("words", ""),
        problem=document.get("problem"),
        of=frozenset(document.get("of", ())),
        edition=document.get("edition", 0),
    )


def dump_held(held: Held) -> dict[str, Any]:
    """A held item as its document keeps it, with the sender as it was then."""
    sender = held.sender
    kept: dict[str, Any] = {"at": held.at, "system": sender.system, "units": sorted(sender.units or ()), "mode": sender.mode}
    kept |= {"numbers": sorted(sender.numbers), "reason": held.why.reason, "field": held.why.field, "flag": held.flag}
    kept |= {"dossier": held.dossier, "item": dict(held.item)}
    if held.locked:
        kept["locked"] = held.locked
    if held.words:
        kept["words"] = held.words
    if held.problem is not None:
        kept["problem"] = dict(held.problem)
    if held.of:
        kept["of"] = sorted(held.of)
    if held.edition:
        kept["edition"] = held.edition
    return kept


_OF_SENDER = ("system", "units", "mode", "numbers")
_OF_HELD = ("at", "reason", "field", "flag", "dossier", "item", "locked", "words", "problem", "of", "edition")
HELD = Codec.whole(load_held, dump_held, (*_OF_SENDER, *_OF_HELD))


async def hold(store: Documents, held: Iterable[Held]) -> None:
    """Keep items in one save; the same one again is the same entry, as it was kept first. Raises Unavailable."""
    documents: dict[str, Document] = {}
    for one in held:
        documents.setdefault(one.id, {"_id": one.id, "rev": 0, **dump_held(one)})
    if documents:
        await store.save_many(QUARANTINE, [*documents.values()])


async def list_held(store: Documents, reason: str = "", ids: Sequence[str] = (), limit: int = 500) -> list[Held]:
    """Held items, oldest first; all, of one reason, or the named ones in their order."""
    if ids:
        found = await store.get_many(QUARANTINE, ids)
        return [load_held(found[identity]) for identity in ids if identity in found]
    kept = await store.find(QUARANTINE, {"reason": reason} if reason else {}, order="at", limit=limit)
    return [load_held(document) for document in kept]


async def count_held(store: Documents) -> int:
    """How many items are held."""
    counted = await store.count_by(QUARANTINE, {})
    return counted[0].count if counted else 0


async def held_for(
    store: Documents, units: Sequence[str] | None, limit: int, after: tuple[int, str] | None = None, reason: str = ""
) -> list[Held]:
    """Held items that people of these units look at (None: all there are), oldest first, behind a place (`at`, id); of one
    reason if it is named."""
    where = ({} if units is None else {"of": In(tuple(units))}) | ({"reason": reason} if reason else {})
    return [load_held(document) for document in await store.find(QUARANTINE, where, order="at", limit=limit, after=after)]


async def count_held_for(store: Documents, unit: str) -> int:
    """How many items the people of a unit have to look at; what was taken in and is only flagged is not among them."""
    return sum(row.count for row in await store.count_by(QUARANTINE, {"of": unit, "flag": False}))


async def held_of(store: Documents, dossier: str) -> list[Held]:
    """The held items of a dossier."""
    return [load_held(document) for document in await store.find(QUARANTINE, {"dossier": dossier})]


async def change_held(store: Documents, identity: str, rule: Callable[[Held], Held]) -> Held | None:
    """Change a held item. None if there is none, nothing changed, or somebody was faster."""
    changed = await _change(store, QUARANTINE, HELD, [identity], rule)
    return changed[0] if changed else None


async def release(store: Documents, held: Held) -> None:
    """Keep an item no longer."""
    await store.delete_many(QUARANTINE, [held.id])


# --- what people did with held items -----------------------------------------------------------------------------------------


def load_deed(document: Document) -> Deed:
    """The deed of a document."""
    return Deed(
        id=document["_id"],
        at=document["at"],
        held=document["held"],
        dossier=document["dossier"],
        what=document["what"],
        who=document["who"],
        name=document["name"],
        fields=tuple(document.get("fields", ())),
        why=document.get("why", ""),
        result=document.get("result", ""),
        of=frozenset(document.get("of", ())),
    )


def dump_deed(deed: Deed) -> dict[str, Any]:
    """A deed as its document keeps it."""
    kept: dict[str, Any] = {"at": deed.at, "held": deed.held, "dossier": deed.dossier, "what": deed.what}
    kept |= {"who": deed.who, "name": deed.name, "fields": [*deed.fields], "of": sorted(deed.of)}
    return {**kept, "why": deed.why, "result": deed.result}


DEED = Codec.whole(load_deed, dump_deed, ("at", "held", "dossier", "what", "who", "name", "fields", "why", "result", "of"))


async def note_deed(store: Documents, deed: Deed) -> None:
    """Write down what somebody is about to do. Raises Unavailable: then it must not happen."""
    await store.insert_unique(DEEDS, {"_id": deed.id, **dump_deed(deed)})


async def end_deed(store: Documents, deed: Deed) -> None:
    """Write down what became of it. Raises Unavailable; the line then stays without its result."""
    await _change(store, DEEDS, DEED, [deed.id], lambda _: deed)


async def deeds_about(store: Documents, held: str) -> list[Deed]:
    """What was done with a held item, oldest first."""
    return [load_deed(document) for document in await store.find(DEEDS, {"held": held}, order="at", limit=100)]


async def deeds_for(store: Documents, units: Sequence[str] | None, since: int) -> list[Deed]:
    """What was done since a moment (ms) with items of units, or of all (None), oldest first; at most 500."""
    where: Where = {"at": Range(low=since)} if units is None else {"at": Range(low=since), "of": In(tuple(units))}
    return [load_deed(document) for document in await store.find(DEEDS, where, order="at")]


# --- answers given -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a request that carried a key. `body`: digest of what was asked."""

    id: str
    at: int
    body: str
    status: int
    answer: Json


def load_given(document: Document) -> Given:
    """The answer of a document."""
    return Given(document["_id"], document["at"], document["body"], document["status"], document["answer"])


def dump_given(given: Given) -> dict[str, Any]:
    """An answer as its document keeps it."""
    return {"at": given.at, "body": given.body, "status": given.status, "answer": given.answer}


BEGUN = 0  # status of an answer that is on its way
GIVEN = Codec.whole(load_given, dump_given, ("at", "body", "status", "answer"))


async def find_given(store: Documents, identity: str) -> Given | None:
    """The answer of this id."""
    document = (await store.get_many(ANSWERS, [identity])).get(identity)
    return None if document is None else load_given(document)


async def begin_given(store: Documents, claim: Given) -> bool:
    """Note that an answer is on its way; False if there is one, or another is."""
    return await store.insert_unique(ANSWERS, {"_id": claim.id, "rev": 0, **dump_given(claim)})


async def keep_given(store: Documents, given: Given) -> None:
    """Keep an answer in the place that was taken for it, unless one is kept already: only a place taken has revision 1."""
    await store.save_many(ANSWERS, [GIVEN.written(given, {"_id": given.id, "rev": 1})])


async def drop_given(store: Documents, identity: str) -> None:
    """Forget that an answer is on its way."""
    await store.delete_many(ANSWERS, [identity])


async def forget_given(store: Documents, until: int) -> None:
    """Drop the oldest answers that were given up to a moment."""
    old = await store.find(ANSWERS, {"at": Range(high=until)}, order="at", limit=1000)
    await store.delete_many(ANSWERS, [document["_id"] for document in old])


# --- counts of quality -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """What one instance counted of a system on a day, by kind. `day`: ISO."""

    system: str
    day: str
    counts: Mapping[str, int]


def load_counts(document: Document) -> Counts:
    """The counts of a document."""
    return Counts(document["system"], document["day"], document["counts"])


def dump_counts(counts: Counts) -> dict[str, Any]:
    """Counts as their document keeps them."""
    return {"system": counts.system, "day": counts.day, "counts": dict(counts.counts)}


COUNTS = Codec.whole(load_counts, dump_counts, ("system", "day", "counts"))


async def add_counts(store: Documents, more: Mapping[str, Counts]) -> set[str]:
    """Add to what is written down, by id; returns the ids where somebody was faster. Raises Unavailable."""
    known = await store.get_many(QUALITY, more)
    changed: list[Document] = []
    for identity, counted in more.items():
        document = known.get(identity, {"_id": identity, "rev": 0})
        before = document.get("counts", {})
        sums = {kind: before.get(kind, 0) + counted.counts.get(kind, 0) for kind in (*before, *counted.counts)}
        changed.append(COUNTS.written(Counts(counted.system, counted.day, sums), document))
    return await store.save_many(QUALITY, changed)


async def counts_of_days(store: Documents, first: date, last: date) -> list[Counts]:
    """All counts of days, both included, in the order of the days."""
    where = {"day": Range(first.isoformat(), last.isoformat())}
    found: list[Counts] = []
    after: tuple[str, str] | None = None
    while True:
        page = await store.find(QUALITY, where, order="day", limit=500, after=after)
        found += [load_counts(document) for document in page]
        if len(page) < 500:
            return found
        after = (page[-1]["day"], page[-1]["_id"])


# --- words that no list knows ------------------------------------------------------------------------------------------------


def load_words(document: Document) -> KeptWords:
    """The kept words of a document."""
    return KeptWords(
        id=document["_id"],
        unit=document["unit"],
        kind=document["kind"],
        locked=document["locked"],
        count=document["count"],
        first=document["first"],
        last=document["last"],
        dossiers=tuple(document["dossiers"]),
    )


def dump_words(words: KeptWords) -> dict[str, Any]:
    """Kept words as their document keeps them."""
    kept: dict[str, Any] = {"unit": words.unit, "kind": words.kind, "locked": words.locked, "count": words.count}
    return {**kept, "first": words.first, "last": words.last, "dossiers": [*words.dossiers]}


KEPT_WORDS = Codec.whole(load_words, dump_words, ("unit", "kind", "locked", "count", "first", "last", "dossiers"))


async def add_words(store: Documents, more: Mapping[str, KeptWords]) -> set[str]:
    """Add to the words that are kept, by id; returns the ids where somebody was faster. Raises Unavailable."""
    known = await store.get_many(WORDS, more)
    changed: list[Document] = []
    for identity, met in more.items():
        document = known.get(identity)
        after = met if document is None else load_words(document).met_again(met)
        changed.append(KEPT_WORDS.written(after, document or {"_id": identity, "rev": 0}))
    return await store.save_many(WORDS, changed)


async def words_of(store: Documents, unit: str) -> list[KeptWords]:
    """The words of a unit; "" is one too, of dossiers whose unit is not known."""
    return [load_words(document) for document in await store.find(WORDS, {"unit": unit}, limit=1000)]


async def words_in(store: Documents, dossier: str) -> list[KeptWords]:
    """The words that were met in a dossier, as far as it is remembered."""
    return [load_words(document) for document in await store.find(WORDS, {"dossiers": dossier}, limit=1000)]


async def count_words(store: Documents) -> list[tuple[str, int, int]]:
    """Per unit how many different words are kept, and how often they were met in all."""
    rows = await store.count_by(WORDS, {}, group=("unit",), sums=("count",))
    return [(str(row.group[0]), row.count, row.sums[0]) for row in rows]


async def drop_words(store: Documents, ids: Iterable[str]) -> None:
    """Keep words no longer."""
    await store.delete_many(WORDS, ids)


async def find_mark(store: Documents, name: str) -> Places | None:
    """Up to where the log was read for a purpose; None: it was not begun."""
    document = (await store.get_many(MARKS, [name])).get(name)
    return None if document is None else document["places"]


async def set_mark(store: Documents, name: str, places: Places) -> None:
    """Note up to where it was read. Of two at once one is kept: what lies behind is read again."""
    document = (await store.get_many(MARKS, [name])).get(name, {"_id": name, "rev": 0})
    await store.save_many(MARKS, [{**document, "places": {topic: [*offsets] for topic, offsets in places.items()}}])
