"""notifier's documents: one per dossier, found by id and by the time at which something is due; the letter register; and what
else is kept. Only these rooms know how they are written."""

from runtime.outputs import UNSETTLED
from runtime.store import Documents, Index
from services.notifier.store.batches import Batch, count_batches, enter_batch, find_batch, last_batches
from services.notifier.store.dossiers import CODEC, lane_of, load
from services.notifier.store.finding import (
    NO_LANE,
    Place,
    all_dossiers,
    count_letters,
    count_printed,
    count_uncertain,
    count_waiting,
    count_wanted,
    due_lanes,
    find_about,
    find_by_client_ids,
    find_due,
    find_letters,
    find_listed,
    find_many,
    find_on_paper,
    find_one,
    place_of,
    tally_sealed,
)
from services.notifier.store.letters import LETTER_STATES
from services.notifier.store.names import (
    ABOUT,
    BATCHES,
    BY_DUE,
    CLIENT_IDS,
    DOSSIERS,
    DOUBTFUL,
    FAILED,
    HELD,
    LANE,
    LETTERS,
    LOCKED,
    MADE_FROM_LOG,
    NEXT_SEND,
    ON_PAPER,
    PAPERS,
    PRINTED_AT,
    READINGS,
    REGISTER,
    TAKEN_BACK,
    TEXTS,
    UNADDRESSED,
    UNREACHED,
    WISHES,
    LetterState,
)
from services.notifier.store.papers import Paper, Sealing, enter_paper, find_linked, find_paper, shred_papers
from services.notifier.store.readings import NameReading, enter_reading, readings_of
from services.notifier.store.register import (
    Entry,
    Try,
    count_numbers,
    enter_number,
    entry_of,
    find_entries,
    find_number,
    find_try,
    holder_of,
    recall_number,
    save_try,
)
from services.notifier.store.texts import enter_text, newest_texts, texts_of
from services.notifier.store.wishes import KeptWishes, count_wishes, find_wishes, save_wishes

__all__ = [
    "CODEC",
    "DOSSIERS",
    "DOUBTFUL",
    "FAILED",
    "LANE",
    "LETTERS",
    "LETTER_STATES",
    "MADE_FROM_LOG",
    "NEXT_SEND",
    "NO_LANE",
    "ON_PAPER",
    "PAPERS",
    "PRINTED_AT",
    "READINGS",
    "REGISTER",
    "TAKEN_BACK",
    "TEXTS",
    "UNADDRESSED",
    "UNREACHED",
    "Batch",
    "Entry",
    "KeptWishes",
    "LetterState",
    "NameReading",
    "Paper",
    "Place",
    "Sealing",
    "Try",
    "all_dossiers",
    "count_batches",
    "count_letters",
    "count_numbers",
    "count_printed",
    "count_uncertain",
    "count_waiting",
    "count_wanted",
    "count_wishes",
    "declare",
    "due_lanes",
    "enter_batch",
    "enter_number",
    "enter_paper",
    "enter_reading",
    "enter_text",
    "entry_of",
    "find_about",
    "find_batch",
    "find_by_client_ids",
    "find_due",
    "find_entries",
    "find_letters",
    "find_linked",
    "find_listed",
    "find_many",
    "find_number",
    "find_on_paper",
    "find_one",
    "find_paper",
    "find_try",
    "find_wishes",
    "holder_of",
    "lane_of",
    "last_batches",
    "load",
    "newest_texts",
    "place_of",
    "readings_of",
    "recall_number",
    "save_try",
    "save_wishes",
    "shred_papers",
    "tally_sealed",
    "texts_of",
]


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    single = [
        Index(name)
        for name in (
            *(NEXT_SEND, LANE, HELD, FAILED, UNREACHED, TAKEN_BACK, LOCKED, UNADDRESSED),
            *("letter.s", BY_DUE, ABOUT, ON_PAPER, PRINTED_AT, UNSETTLED),
        )
    ]
    await store.declare(DOSSIERS, [*single, Index(CLIENT_IDS, many=True)])
    await store.declare(REGISTER, [Index("series"), Index("dossier")])
    await store.declare(LETTERS)
    await store.declare(READINGS, [Index("dossiers", many=True)])
    await store.declare(PAPERS, [Index("link")])
    await store.declare(BATCHES, [Index("series")])
    await store.declare(TEXTS, [Index("unit")])
    await store.declare(WISHES)
