"""A clerk corrects how the person of a dossier is reached: sealed at once, and it holds until a newer contact comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from contracts.contacts import ContactCorrected
from reference.phones import mobile
from services.changes import By, Changed
from services.notifier.domain.contact import CorrectedBy, Forgotten, Person
from services.notifier.domain.dossier import Dossier, Received
from services.notifier.domain.ground import Sending
from services.notifier.domain.locked import Locked
from services.notifier.domain.telling import on_corrected


@dataclass(frozen=True, slots=True)
class Given:
    """What a clerk typed; what is empty stays as it was."""

    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with it: the field, the rule, a sentence."""

    field: str
    rule: str
    text: str


class CannotCorrectError(Exception):
    """The contact was erased, or its key is not here. `locked`: the second."""

    def __init__(self, locked: Locked | None = None) -> None:
        super().__init__()
        self.locked = locked


Seal = Callable[[int | None, Mapping[str, str]], tuple[int, str]]  # the epoch so far and a contact -> its epoch, sealed


def faults(given: Given) -> list[Fault]:
    """Everything that is wrong with what was typed."""
    found: list[Fault] = []
    if not given.phone and not given.email:
        found.append(Fault("phone", "needed", "cần số điện thoại di động hoặc thư điện tử"))
    if given.phone and mobile(given.phone) is None:
        found.append(Fault("phone", "R26", "không phải số điện thoại di động của Việt Nam"))
    if given.email and Person(email=given.email).mailbox != given.email:
        found.append(Fault("email", "mailbox", "không phải địa chỉ thư điện tử"))
    return found


def correct(dossier: Dossier, given: Given, by: By, ground: Sending, seal: Seal) -> Changed[Dossier]:
    """With a corrected contact; name and address stay. What waits uses it. Raises CannotCorrectError."""
    if isinstance(dossier.contact, Forgotten):
        raise CannotCorrectError
    known, received = dossier.known_contact, dossier.facts.first(Received)
    person = Person() if known is None else ground.person_of(known) or Person()
    if isinstance(person, Locked):
        raise CannotCorrectError(person)
    after = replace(person, phone=given.phone or person.phone, email=given.email or person.email)
    sequence = max(0 if known is None else known.sequence, 0 if received is None else received.contact_sequence or 0)
    number = known.correction + 1 if known is not None and known.sequence == sequence else 1
    plain = {"name": after.name, "phone": after.phone, "email": after.email, "address": after.address}
    epoch, sealed = seal(None if known is None else known.epoch, plain)
    data = ContactCorrected(at=ground.now, contact_sequence=sequence, correction=number, key_epoch=epoch, sealed=sealed)
    changed = on_corrected(dossier, data, ground)
    noted = changed.after._replace(corrections=(*dossier.corrections, CorrectedBy(ground.now_ms, by)))
    return Changed(noted, (data, *changed.said))
