"""What the demo asserts, and the figures it shows: everything is computed from the evidence, nothing is told."""

import json
import re
from dataclasses import dataclass, field

from contracts.dossiers import Completed, Reception
from contracts.letters import LetterSentV2
from contracts.notices import (
    LetterSent,
    NoticeAccepted,
    NoticeDelivered,
    NoticeFailed,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeSkippedV4,
)
from contracts.reports import ReportRestated
from dunghen import PROVINCE
from dunghen.audit import Audited, audit
from dunghen.demo.driver import load_month
from dunghen.demo.evidence import Events, Evidence
from dunghen.demo.figures import End, Figures, effects_of, ends_of, figures_of
from dunghen.demo.in_time import differences as share_differences
from dunghen.demo.petitioners import BROUGHT
from reference import load_reference

_DIGITS = re.compile(r"(?<!\d)\d{9,11}(?!\d)")
_TOKEN = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])")
_LINK = re.compile(r"https://\S+/(\S+)$")


@dataclass(frozen=True, slots=True)
class Check:
    """One item that can fail."""

    name: str
    value: int | str
    expected: int | str

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return self.value == self.expected


@dataclass
class Result:
    """Figures and checks of one run; `dossiers` is the end of each dossier, to compare runs to the last one."""

    figures: Figures
    checks: list[Check] = field(default_factory=list)
    dossiers: dict[str, End] = field(default_factory=dict)


def evaluate(evidence: Evidence) -> Result:
    """Figures and checks of a finished run."""
    events = evidence.events()
    audited = audit([(record.topic, record.value) for record in evidence.records], evidence.now)
    return Result(figures_of(evidence, events, audited), _checks(evidence, events, audited), ends_of(events))


def _checks(evidence: Evidence, events: Events, audited: Audited) -> list[Check]:
    facts = {identity for identity, (topic, _) in events.items() if topic == "dossiers.v1"}
    unstated = audited.period_differences(_fields())
    restated = sum(isinstance(event.data, ReportRestated) for _, event in events.values())
    return [
        Check("mất", len(evidence.answers.ids - facts), 0),
        Check("trùng", sum(count - 1 for count in effects_of(events).values()), 0),
        Check("SMS trùng", evidence.phone.doubled(), 0),
        Check("SMS sót", len(untold(events)), 0),
        Check("số thư lệch", len(register_faults(events)), 0),
        Check("dòng từ chối", evidence.answers.refused, _broken_rows() - _strange_rows()),
        Check("dòng chờ cán bộ xử lý", evidence.answers.held, _strange_rows()),
        Check("bản ghi bị giữ lại", sum(record.topic.endswith(".dlq") for record in evidence.records), 0),
        Check("sổ lệch", len(audited.differences()), 0),
        Check("II.06a lệch", len(_sheet_differences(evidence, audited)), 0),
        Check("ý kiến đúng hạn lệch", len(share_differences(evidence, events)), 0),
        Check("tên, số ĐT trong topic, log", _personal_data(evidence), 0),
        Check("người gửi ý kiến, tố cáo trong topic, log, số đo", _petitioners_shown(evidence), 0),
        Check("bản chỉnh", restated if not unstated else f"{restated}, kỳ chốt lệch {len(unstated)}", evidence.corrected),
    ]


def _fields() -> dict[str, str]:
    """The field of each procedure of the demo's province."""
    return {code: procedure.field for code, procedure in load_reference(PROVINCE).procedures.items()}


def _sheet_differences(evidence: Evidence, audited: Audited) -> list[str]:
    return [
        f"{unit} ({column}): topics {value}, sheet {sheet.total[column]}"
        for unit, sheet in evidence.reports.items()
        for column, value in audited.ii06a(*evidence.days, None if unit == "province" else unit).items()
        if value != sheet.total[column]
    ]


def untold(events: Events) -> list[str]:
    """Dossiers received and completed of which the citizen was neither told, nor not told for a stated reason."""
    received, completed, told = set[str](), set[str](), set[str]()
    for _, event in events.values():
        match event.data:
            case Reception():
                received.add(event.subject)
            case Completed():
                completed.add(event.subject)
            case (
                NoticeAccepted()
                | NoticeDelivered()
                | NoticeSkipped()
                | NoticeSkippedV2()
                | NoticeSkippedV4()
                | NoticeFailed() as notice
            ):
                if notice.notice == "result-ready":
                    told.add(event.subject)
    return sorted((received & completed) - told)


def register_faults(events: Events) -> list[str]:
    """Bodies and years whose letter numbers do not run from 1 without hole or repetition."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for _, event in events.values():
        entry = None
        match event.data:
            case LetterSent(unit=unit, year=year, number=number):
                entry = unit, year, number
            case LetterSentV2() as answering:
                entry = answering.entry
        if entry is not None:
            numbers.setdefault(entry[:2], []).append(entry[2])
    return [f"{unit}/{year}" for (unit, year), own in numbers.items() if sorted(own) != list(range(1, len(own) + 1))]


def _broken_rows() -> int:
    """Rows the month's maker broke on purpose carry this dossier number or no valid code."""
    codes = [row.dossier for row in load_month()]
    return sum("-9001" in code or code in ("HS-2026-1", "H37.12-260230-0001") for code in codes)


def _strange_rows() -> int:
    """Those among them that are well formed and name what no catalogue knows."""
    return sum(row.procedure == "9.999999" or row.receiving_unit == "H99.99" for row in load_month())


def _personal_data(evidence: Evidence) -> int:
    """Records and log lines in which a name, a phone number or a survey token of the month stands in clear."""
    rows = load_month()
    names = {row.contact_name for row in rows if row.contact_name}
    phones = {row.contact_phone.lstrip("0") for row in rows if row.contact_phone}
    tokens = {found.group(1) for sms in evidence.phone.arrived if (found := _LINK.search(sms.text))}
    named = re.compile("|".join(map(re.escape, names)))
    texts = [record.value.decode("utf-8", "replace") + record.key.decode("utf-8", "replace") for record in evidence.records]
    return sum(
        named.search(text) is not None
        or any(found[-9:] in phones for found in _DIGITS.findall(text))
        or not tokens.isdisjoint(_TOKEN.findall(text))
        for text in [*texts, *evidence.logs.splitlines()]
    )


def _petitioners_shown(evidence: Evidence) -> int:
    """Records, log lines and measures in which it stands who brought something forward, or what they wrote (R34)."""
    written = {brought.text for brought in BROUGHT} | {one for brought in BROUGHT for one in brought.who.values()}
    said = {one.lstrip("0") for one in written} | {json.dumps(one)[1:-1] for one in written}
    known = re.compile("|".join(map(re.escape, sorted(said))))
    records = [record.key.decode("utf-8", "replace") + record.value.decode("utf-8", "replace") for record in evidence.records]
    return sum(
        known.search(text) is not None for text in [*records, *evidence.logs.splitlines(), *evidence.metrics.splitlines()]
    )
