"""Texts of messages in units' own words: each version, added to and never changed."""

from dataclasses import asdict

from runtime.store import Documents, Where
from services.notifier.domain.unit_texts import Texts, UnitText
from services.notifier.store.names import TEXTS


async def enter_text(store: Documents, text: UnitText) -> bool:
    """Keep a version; False if there is one with its number. Raises Unavailable: it may be kept, or be kept later."""
    document = {"_id": f"{text.unit}/{text.form}/{text.version:06d}", "rev": 0, **asdict(text)}
    return await store.insert_unique(TEXTS, document)


async def texts_of(store: Documents, unit: str) -> list[UnitText]:
    """All versions of a unit's texts, by form, the oldest first."""
    return await _read_texts(store, {"unit": unit})


async def newest_texts(store: Documents) -> Texts:
    """The newest version of each text of each unit."""
    return {(text.unit, text.form): text for text in await _read_texts(store, {})}


async def _read_texts(store: Documents, where: Where) -> list[UnitText]:
    found: list[UnitText] = []
    after = None
    while page := await store.find(TEXTS, where, after=after):
        after = (page[-1]["_id"], page[-1]["_id"])
        found += [
            UnitText(*(kept[name] for name in ("unit", "form", "version", "text", "at", "by", "subject"))) for kept in page
        ]
    return found
