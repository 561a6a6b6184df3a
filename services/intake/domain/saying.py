"""An item as the fact of its contract: what intake states on dossiers.v1."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NotRequired, TypedDict

from contracts import dossiers
from contracts.dossiers import Fact, LimitUnit, Received, Strategy, Sure, Terms
from services.intake.domain.answers import Ground
from services.intake.domain.dossier import Reception
from services.intake.domain.items import (
    OtherItem,
    PlainItem,
    PlainKind,
    ProgressedItem,
    ReappointedItem,
    RetractedItem,
    SuspendedItem,
)
from services.intake.domain.words import OTHER


class Stamp(TypedDict):
    """What a fact says of itself beside its content."""

    at: datetime
    occasion: str
    version: int
    observed_at: NotRequired[datetime]
    sure: NotRequired[Sure]


PLAIN: Mapping[PlainKind, type[Fact]] = {
    "supplement-requested": dossiers.SupplementRequested,
    "supplemented": dossiers.Supplemented,
    "fee-requested": dossiers.FeeRequested,
    "fee-paid": dossiers.FeePaid,
    "resumed": dossiers.Resumed,
    "completed": dossiers.Completed,
    "returned": dossiers.Returned,
    "refused": dossiers.Refused,
    "withdrawn": dossiers.Withdrawn,
    "stopped": dossiers.Stopped,
}


def fact_of(item: OtherItem, stamp: Stamp) -> Fact:
    """An event other than a reception."""
    match item:
        case PlainItem():
            return PLAIN[item.type](**stamp)
        case RetractedItem():
            return dossiers.Retracted(**stamp, fact=item.fact)
        case ReappointedItem():
            return dossiers.Reappointed(**stamp, new_due_at=item.new_due_at)
        case SuspendedItem():
            return dossiers.Suspended(**stamp, reason=item.reason, decision=item.decision)
        case ProgressedItem():
            return dossiers.Progressed(
                **stamp,
                step=item.step or OTHER,
                department=item.department,
                started_at=item.started_at,
                step_due_at=item.step_due_at,
            )


def received(reception: Reception, ground: Ground, stamp: Stamp) -> Received:
    """A reception says all that is known of it by now."""
    promised_at = reception.promised_at
    return Received(
        **stamp,
        procedure=reception.procedure,
        receiving_unit=reception.receiving_unit,
        competent_unit=reception.competent_unit,
        channel=reception.channel,
        terms=_terms(reception.procedure, stamp["at"], ground),
        return_method=reception.return_method,
        out_of_area=reception.out_of_area,
        linked=reception.linked or None,
        promised_at=None if promised_at is None else datetime.fromisoformat(promised_at),
        contact_sequence=reception.contact_sequence,
    )


def _terms(procedure: str, at: datetime, ground: Ground) -> Terms:
    """The terms of the procedure version in force at reception; the dossier keeps them for ever (rule 1.9)."""
    version = ground.reference.procedures[procedure].version_at(at)
    if version is None:
        raise AssertionError("checked before")
    limit = version.limit
    return _told(version.name, limit.value, limit.unit, version.pause_on_fee, version.pause_on_agency, version.strategy)


# By what they say: a catalogue has few of them, and another reading of it may say something else of the same version.
@lru_cache(maxsize=1024)
def _told(name: str, value: int, unit: LimitUnit, on_fee: bool, on_agency: bool, strategy: Strategy) -> Terms:
    return Terms(
        procedure_version=name,
        limit=dossiers.Limit(value=value, unit=unit),
        pause_on_fee=on_fee,
        pause_on_agency=on_agency,
        strategy=strategy,
    )
