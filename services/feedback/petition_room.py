"""What is done with petitions for whoever asks over HTTP: locked, decided by the rules, saved, said. No rules here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contracts.codes import is_dossier_code
from contracts.petitions import PetitionAbout, PetitionChannel, PetitionKind
from reference import OFFICE_TIME
from reference.phones import mobile
from runtime.blobs import Blobs
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.parts import Parts
from services.changes import Answering, By, Changed
from services.feedback.attachments import Attachments
from services.feedback.domain.clocks import LIMITS, Clocks
from services.feedback.domain.handling import Contact, Ground, Incoming, NotAllowedError, erase, receive
from services.feedback.domain.meetings import Meeting
from services.feedback.domain.petition import Gift, Petition
from services.feedback.handlers import Context
from services.feedback.petitions import CODEC, Reading, find_by_code, find_old, find_one, note_reading
from services.feedback.vault import Vault

LONGEST = {"text": 8000, "name": 200, "phone": 30, "email": 200, "address": 300}
LONGEST_ONCE = 100  # characters of the number of a form
KEEP_DAYS = 1825  # five years, unless a setting says otherwise
DAY_MS = 24 * 3_600_000
PAGE_ERASED = 200
ANOTHER_ROUND = "Người gửi đã phản ánh lại từ khi trang này được mở; xin đọc nội dung mới rồi làm lại"
UNSAID_PAUSES = (0.0, 0.1, 0.4, 1.5)  # seconds; what was said a moment ago is on its way to the log
ERASED_KINDS: tuple[PetitionKind, ...] = ("suggestion", "petition", "complaint", "denunciation", "praise", "contribution")


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that is wrong, and what is wrong with it, for whoever filled it in."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was filled in. `meeting`: where it was said."""

    kind: PetitionKind
    channel: PetitionChannel
    unit: str
    text: str
    once: str
    about: PetitionAbout | None = None
    dossier: str = ""
    who: Mapping[str, str] = field(default_factory=dict)
    gift: Gift | None = None
    by: By | None = None
    meeting: Meeting | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody gets for it: the id and the look-up code."""

    id: str
    code: str


class PetitionRoom:
    """Takes petitions in, finds and changes them. Changes go through intents, so that what was decided is published."""

    def __init__(self, parts: Parts, intents: Intents, context: Context, vault: Vault, blobs: Blobs) -> None:
        """`vault`: what is written and handed in is locked with; `blobs`: where files are kept."""
        self.parts, self.intents, self.context, self.vault = parts, intents, context, vault
        self.attachments = Attachments(parts, blobs, vault)

    def ground(self) -> Ground:
        """What a decision of now may look at."""
        return ground_of(self.context)

    def faults(self, draft: Draft) -> list[Fault]:
        """What is wrong with a form."""
        found, today = [], self.ground().now.astimezone(OFFICE_TIME).date()
        unit = self.context.reference.units.get(draft.unit)
        if unit is None or not unit.in_use(today):
            found.append(Fault("unit", "Xin chọn một đơn vị trong danh sách"))
        if not draft.text.strip():
            found.append(Fault("text", "Xin viết nội dung"))
        given = {"text": draft.text, **draft.who}
        found += [Fault(name, f"Dài quá {most} ký tự") for name, most in LONGEST.items() if len(given.get(name, "")) > most]
        if draft.dossier and not is_dossier_code(draft.dossier):
            found.append(Fault("dossier", "Không phải mã hồ sơ; ví dụ H37.12-260212-0007; không có thì để trống"))
        if draft.meeting is not None and not draft.meeting.open_for_items(self.ground().now):
            found.append(Fault("meeting", "Buổi này chưa diễn ra hoặc đã hủy"))
        phone = draft.who.get("phone", "")
        if phone and mobile(phone) is None:
            found.append(Fault("phone", "Số điện thoại không đúng; không muốn để lại thì bỏ trống"))
        return found

    async def receive(self, draft: Draft) -> Received:
        """Take a form without faults in; sent again it is the same petition, over midnight too, and where the clocks of two
        instances lie on two sides of it. Raises Unavailable."""
        ground = self.ground()
        letters, code = self.vault.name(draft.once or self.parts.machine.new_id(), draft.text)
        today = ground.now.astimezone(OFFICE_TIME)
        known = await self.by_code(code)
        name = f"PA-{today:%y%m%d}-{letters}" if known is None else known.id
        who = {key: value.strip() for key, value in draft.who.items() if value.strip()}
        incoming = Incoming(
            kind=draft.kind,
            about=draft.about,
            channel=draft.channel,
            unit=draft.unit,
            text=self.vault.lock(draft.text.strip()),
            codes=self.vault.digests(code),
            who=self.vault.lock_who(who) if who else None,
            contact=self._contact(draft.kind, who),
            dossier=draft.dossier or None,
            gift=draft.gift,
            by=draft.by,
            meeting=None if draft.meeting is None else draft.meeting.id,
            said_at=None if draft.meeting is None else draft.meeting.begins,
        )
        answers = await CODEC.ask(self.intents, [name], lambda petition: receive(petition, incoming, ground), self.parts.clock)
        if answers[name]:
            self.parts.telemetry.count("petitions", kind=draft.kind, channel=draft.channel)
        return Received(name, code)

    def _contact(self, kind: PetitionKind, who: Mapping[str, str]) -> Contact | None:
        """What the notifier may open. Who denounces is known to those who handle it alone (R34)."""
        if not who or kind == "denunciation":
            return None
        sealer = self.context.sealer
        return Contact(sealer.epoch, sealer.seal({name: who.get(name, "") for name in ("name", "phone", "email", "address")}))

    async def find(self, petition: str) -> Petition | None:
        """A petition by its id."""
        return await find_one(self.parts.store, petition)

    async def by_code(self, code: str) -> Petition | None:
        """The petition of a look-up code."""
        return await find_by_code(self.parts.store, self.vault.digests(code))

    def mark(self, once: str, text: str) -> str:
        """What a form with this number and these words is known again by; "" of one without a number."""
        return self.vault.name(once[:LONGEST_ONCE], text)[0] if once else ""

    async def change(self, petition: str, seen_round: int, rule: Callable[[Petition], Changed[Petition]]) -> None:
        """Change it, in the round in which it was seen, once the log has all that was said of it before: both are lost with a
        store together, or not at all. Raises NotAllowedError, Unavailable, also if the log does not have it in two seconds."""

        def answering(before: Petition) -> Answering[Petition, None]:
            changed = rule(before)
            if changed.after is not before and before.round != seen_round:
                raise NotAllowedError("R31", ANOTHER_ROUND)
            return changed.answering(None)

        for pause in UNSAID_PAUSES:
            await self.parts.machine.sleep(pause)
            if petition in await CODEC.ask(self.intents, [petition], answering, self.parts.clock, sure_only=True):
                return
        raise Unavailable("what was said of this petition is not on the log yet")

    async def note_reading(self, petition: str, by: By, purpose: str) -> None:
        """Journal that somebody is about to read what is secret, before it is shown (R34). Raises Unavailable."""
        now = self.ground().at
        await note_reading(self.parts.store, self.parts.machine.new_id(), Reading(petition, now, by, purpose))

    async def forget_old(self) -> None:
        """The job: erase who, what and which files of those that ended long enough ago."""
        await self.attachments.sweep()
        ground = self.ground()
        for kind in ERASED_KINDS:
            days = self.context.settings.keep_days.get(kind, KEEP_DAYS)
            while ids := await find_old(self.parts.store, kind, ground.at - days * DAY_MS, PAGE_ERASED):
                await self.attachments.forget(ids)
                await CODEC.change(self.intents, ids, lambda petition: erase(petition, None, ground), self.parts.clock)


def ground_of(context: Context) -> Ground:
    """What a decision of now may look at."""
    days = context.settings.petition_days
    limits = {name: (days.get(name, limit[0]), limit[1]) for name, limit in LIMITS.items()}
    return Ground(context.clock.now(), Clocks(context.reference, limits))
