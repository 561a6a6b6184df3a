"""An item as the fact of its contract: what intake states on dossiers.v1."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, NotRequired, TypedDict

from contracts import dossiers
from contracts.dossiers import ExactTerms, ExactUnit, Fact, LimitUnit, Received, ReceivedV2, Strategy, Sure, Terms, TermsT
from reference import PORTAL_STATES, ProcedureVersion
from services.intake.domain.answers import Ground
from services.intake.domain.dossier import Reception, Submission
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
                state=None if item.state is None else PORTAL_STATES[item.state],
            )


def submitted(submission: Submission, stamp: Stamp) -> Fact:
    """A submission says all that is known of it by now."""
    return dossiers.Submitted(
        **stamp,
        procedure=submission.procedure,
        receiving_unit=submission.receiving_unit,
        competent_unit=submission.competent_unit,
        channel=submission.channel,
    )


def received(reception: Reception, ground: Ground, stamp: Stamp) -> Fact:
    """A reception says all that is known of it by now; as version 2 where only that can say the limit (D8)."""
    version = _version(reception.procedure, stamp["at"], ground)
    named = _Named(version.name, version.pause_on_fee, version.pause_on_agency, version.strategy)
    if version.limit.is_whole:
        return _said(Received, _terms(named, version.limit.value, version.limit.unit), reception, stamp)
    return _said(ReceivedV2, _exact_terms(named, str(version.limit.amount), version.limit.measure), reception, stamp)


def _said(kind: type[dossiers.Reception[TermsT]], terms: TermsT, reception: Reception, stamp: Stamp) -> Fact:
    promised_at = reception.promised_at
    return kind(
        **stamp,
        procedure=reception.procedure,
        receiving_unit=reception.receiving_unit,
        competent_unit=reception.competent_unit,
        channel=reception.channel,
        terms=terms,
        return_method=reception.return_method,
        out_of_area=reception.out_of_area,
        linked=reception.linked or None,
        promised_at=None if promised_at is None else datetime.fromisoformat(promised_at),
        contact_sequence=reception.contact_sequence,
    )


def _version(procedure: str, at: datetime, ground: Ground) -> ProcedureVersion:
    """The version of the procedure in force at reception; the dossier keeps its terms for ever (rule 1.9)."""
    version = ground.reference.procedures[procedure].version_at(at)
    if version is None:
        raise AssertionError("checked before")
    return version


class _Named(NamedTuple):
    """The terms of a version beside its limit."""

    procedure_version: str
    pause_on_fee: bool
    pause_on_agency: bool
    strategy: Strategy


# By what they say: a catalogue has few of them, and another reading of it may say something else of the same version.
@lru_cache(maxsize=1024)
def _terms(of: _Named, value: int, unit: LimitUnit) -> Terms:
    return Terms(
        procedure_version=of.procedure_version,
        limit=dossiers.Limit(value=value, unit=unit),
        pause_on_fee=of.pause_on_fee,
        pause_on_agency=of.pause_on_agency,
        strategy=of.strategy,
    )


@lru_cache(maxsize=1024)
def _exact_terms(of: _Named, value: str, unit: ExactUnit) -> ExactTerms:
    return ExactTerms(
        procedure_version=of.procedure_version,
        limit=dossiers.ExactLimit(value=value, unit=unit),
        pause_on_fee=of.pause_on_fee,
        pause_on_agency=of.pause_on_agency,
        strategy=of.strategy,
    )
