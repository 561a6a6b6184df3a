"""A store that begins empty is built anew from the log: how far the log went then, and whether it has been caught up with."""

from collections.abc import Sequence

from aiokafka import TopicPartition

from runtime.errors import CannotStartError
from runtime.kafka_admin import group_places, set_back
from runtime.parts import Parts
from runtime.store import Document, Documents

COLLECTION, STATE = "rebuild", "state"
_ADVICE = "stop the service and run `dunghen rebuild`"


class Rebuild:
    """Kept in the store itself, so that every instance and every restart knows of it."""

    def __init__(self, parts: Parts, topics: Sequence[str], version: str) -> None:
        """`version`: of what is made from the log; a store made by another one must not be gone on with."""
        self._parts, self._topics, self._version = parts, topics, version
        self._over = False

    @property
    def running(self) -> bool:
        """Whether, as far as this instance knows, the log has not been caught up with."""
        return not self._over

    async def begin(self) -> None:
        """Note where the log ends if the store is new. Raises Unavailable, CannotStartError.

        A new store of a group that has already read is refused: the group would go on where it stands, and the documents would
        be made from the rest of the log.
        """
        await self._parts.store.declare(COLLECTION)
        known = await self._state()
        if known is None:
            ends, done = await self._places()
            known = await self._state()  # another instance may have begun meanwhile
            if known is None and any(done.values()):
                raise CannotStartError(f"the group {self._group} has read a log that this store was not made from; {_ADVICE}")
        if known is None:
            begun = {"_id": STATE, "version": self._version, "ends": ends, "caught_up": not any(ends.values())}
            await self._parts.store.insert_unique(COLLECTION, begun)
            known = await self._state() or begun
        if known["version"] != self._version:
            raise CannotStartError(f"this store was made by version {known['version']}, this is {self._version}; {_ADVICE}")
        self._over = bool(known["caught_up"])

    async def _state(self) -> Document | None:
        return (await self._parts.store.get_many(COLLECTION, [STATE])).get(STATE)

    async def over(self) -> bool:
        """Whether the group has read to where the log ended at the beginning. Raises Unavailable."""
        if self._over:
            return True
        state = await self._state()
        if state is None:
            return False  # taken away under us: this process is about to be started again
        if not state["caught_up"]:
            _, done = await self._places()
            if any(done.get(place, 0) < end for place, end in state["ends"].items()):
                return False
            await self._parts.store.save_many(COLLECTION, [{**state, "caught_up": True}])
            self._parts.log.info("rebuilt from the log", records=sum(state["ends"].values()))
        self._over = True
        return True

    @property
    def _group(self) -> str:
        return self._parts.settings.topic_prefix + self._parts.name

    async def _places(self) -> tuple[dict[str, int], dict[str, int]]:
        """Where each partition ends, and how far the group has committed; by topic/partition without prefix."""
        settings, prefix = self._parts.settings, self._parts.settings.topic_prefix
        ends, done = await group_places(settings.kafka_bootstrap_servers, self._group, [prefix + t for t in self._topics])

        def name(place: TopicPartition) -> str:
            return f"{place.topic.removeprefix(prefix)}/{place.partition}"

        return {name(p): end for p, end in ends.items()}, {name(p): at for p, at in done.items()}


async def start_over(store: Documents, collections: Sequence[str], broker: str, group: str, topics: Sequence[str]) -> int:
    """Forget what was made from the log, and set the group back to its beginning; returns how many documents went.

    For a service that does not run. Raises Unavailable; CannotStartError while the group has members.
    """
    await set_back(broker, group, topics)
    gone = 0
    for collection in (*collections, COLLECTION):
        await store.declare(collection)
        while page := await store.find(collection, {}, limit=2000):
            await store.delete_many(collection, [document["_id"] for document in page])
            gone += len(page)
    return gone
