"""intake: items, facts, sealing, files."""

import base64
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from runtime.clock import SteppedClock
from runtime.sealing import Sealer
from runtime.store import Document
from services.intake.domain import Accepted, Answer, Contact, FaultError, Quarantined, Refused, Sender, parse_item
from services.intake.files import FileRefusedError, RefusalFile, read_file
from services.intake.handlers import Context
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings
from tests.support.intake import take_items

KEY = PrivateKey.generate()
PUBLIC = "3:" + base64.b64encode(bytes(KEY.public_key)).decode()
SEALER = ContactSealer(Sealer.parse(PUBLIC), (b"a secret of the test run",))
SETTINGS = IntakeSettings.model_validate(
    {
        "reference_dir": PROVINCE,
        "contacts_public_key": PUBLIC,
        "contacts_hash_keys": "a secret of the test run",
    },
    by_name=True,
)
SENDER = Sender("demo")
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=OFFICE_TIME)
CLOCK = SteppedClock(NOW)
CONTEXT = Context(load_reference(PROVINCE), SETTINGS, SEALER, CLOCK)
RECEIVED = {
    "dossier": "H37.12-260302-0001",
    "type": "received",
    "at": "2026-03-02T08:00+07:00",
    "procedure": "1.000894",
    "receiving_unit": "H37.12",
    "channel": 2,
}
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}


def take(document: Document, *raw: dict[str, Any]) -> tuple[Document, list[Any], list[Answer]]:
    took = take_items(document, raw, CONTEXT, SENDER)
    return took.document, took.outputs, took.answers


def new() -> Document:
    return {"_id": RECEIVED["dossier"], "rev": 0}


def test_a_reception_carries_the_terms_in_force_on_that_day() -> None:
    _, outputs, answers = take(new(), RECEIVED)

    data = outputs[0].body["data"]
    assert isinstance(answers[0], Accepted)
    assert data["terms"]["limit"] == {"value": 5, "unit": "working_day"}
    assert (data["occasion"], data["version"], data["competent_unit"]) == ("1", 1, "H37.12")


def test_the_same_content_twice_gives_the_same_id_and_nothing_new() -> None:
    document, outputs, first = take(new(), RECEIVED)
    again, more, second = take(document, {**RECEIVED, "at": "02/03/2026 08:00"})  # the same moment, written otherwise

    assert len(outputs) == 1
    assert more == []
    assert again is document
    assert first == second


def test_other_content_is_the_next_version_and_going_back_is_one_too() -> None:
    document, _, _ = take(new(), RECEIVED)
    document, outputs, _ = take(document, {**RECEIVED, "channel": 1})
    document, more, _ = take(document, RECEIVED)

    assert [o.body["data"]["version"] for o in outputs + more] == [2, 3]


def test_an_older_observation_changes_nothing() -> None:
    done = {"dossier": RECEIVED["dossier"], "type": "completed", "at": "2026-03-02T09:00"}
    document, _, first = take(new(), {**done, "observed_at": "2026-03-02T09:30"})
    _, outputs, second = take(document, {**done, "at": "2026-03-02T08:30", "observed_at": "2026-03-02T09:10"})

    assert outputs == []
    assert first == second


def test_sequence_grows_even_when_the_clock_stands_still() -> None:
    items = [{"dossier": RECEIVED["dossier"], "type": kind, "at": "2026-03-02T09:00"} for kind in ("completed", "returned")]
    _, outputs, _ = take(new(), RECEIVED, *items)

    sequences = [int(o.body["sequence"]) for o in outputs]
    assert sequences == sorted(set(sequences))
    assert all(len(o.body["sequence"]) == 13 for o in outputs)


def test_repeating_events_without_a_number_are_told_apart_by_their_time() -> None:
    def ask(time: str) -> dict[str, Any]:
        return {"dossier": RECEIVED["dossier"], "type": "supplement-requested", "at": f"2026-03-02T{time}"}

    document, outputs, _ = take(new(), ask("08:10"), ask("08:50"), ask("08:10"))

    assert [o.body["data"]["occasion"] for o in outputs] == ["1", "2"]
    assert len(document["facts"]) == 2


def test_a_retraction_names_a_known_fact_and_the_fact_can_come_again() -> None:
    done = {"dossier": RECEIVED["dossier"], "type": "completed", "at": "2026-03-02T09:00"}
    back = {"dossier": RECEIVED["dossier"], "type": "retracted", "fact": "completed", "at": "2026-03-02T09:00"}
    _, _, answers = take(new(), back)
    assert isinstance(answers[0], Refused)

    _, outputs, _ = take(new(), done, back, done)
    assert [o.body["type"].split(".")[-2] for o in outputs] == ["completed", "retracted", "completed"]
    assert [o.body["data"]["version"] for o in outputs] == [1, 2, 3]


def test_a_contact_is_sealed_to_the_key_and_stands_nowhere_in_clear() -> None:
    document, outputs, _ = take(new(), {**RECEIVED, "contact": PERSON})
    fact, sealed = outputs

    opened = json.loads(SealedBox(KEY).decrypt(base64.b64decode(sealed.body["data"]["sealed"])))
    assert (opened["name"], opened["phone"]) == (PERSON["name"], PERSON["phone"])
    assert (sealed.topic, sealed.body["data"]["key_epoch"]) == ("contacts.v1", 3)
    assert fact.body["data"]["contact_sequence"] == 1
    for text in (str(fact.body), str(document), str(sealed.body)):
        assert PERSON["name"] not in text
        assert PERSON["phone"] not in text


def test_the_same_contact_is_sealed_once_and_another_gets_the_next_sequence() -> None:
    document, _, _ = take(new(), {**RECEIVED, "contact": PERSON})
    document, outputs, _ = take(document, {**RECEIVED, "contact": PERSON})
    assert outputs == []

    _, outputs, _ = take(document, {**RECEIVED, "contact": {**PERSON, "phone": "0912000008"}})
    assert [o.body["data"]["contact_sequence"] for o in outputs] == [2, 2]


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"dossier": "HS-1"}, "dossier", "invalid"),
        ({"dossier": "H37.12-260230-0001"}, "dossier", "invalid"),
        ({"dossier": 7}, "dossier", "string_type"),
        ({"type": "nhận"}, "type", "union_tag_invalid"),
        ({"type": None}, "type", "union_tag_not_found"),
        ({"at": None}, "at", "missing"),
        ({"at": "hôm qua"}, "at", "invalid"),
        ({"at": "2026-03-02"}, "at", "invalid"),
        ({"at": "30/02/2026 08:00"}, "at", "invalid"),
        ({"procedure": "khai sinh"}, "procedure", "string_pattern_mismatch"),
        ({"receiving_unit": None}, "receiving_unit", "missing"),
        ({"channel": "4"}, "channel", "literal_error"),
        ({"occasion": "a b"}, "occasion", "string_pattern_mismatch"),
    ],
)
def test_a_bad_item_is_refused_by_field_and_rule_without_echo(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(FaultError) as error:
        parse_item({**RECEIVED, **change})

    assert [(f.field, f.rule) for f in error.value.faults] == [(field, rule)]
    for value in change.values():
        assert str(value) not in error.value.faults[0].detail


@pytest.mark.parametrize("raw", [None, 3, "x", [], [RECEIVED]])
def test_what_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(FaultError, match="đối tượng"):
        parse_item(raw)


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"at": "2014-12-31T08:00"}, "at", "too-old"),
        ({"at": (NOW + timedelta(hours=3)).isoformat()}, "at", "future"),
    ],
)
def test_a_time_that_cannot_be_is_refused(change: dict[str, Any], field: str, rule: str) -> None:
    _, outputs, answers = take(new(), {**RECEIVED, **change})

    assert outputs == []
    assert isinstance(answers[0], Refused)
    assert (field, rule) in [(f.field, f.rule) for f in answers[0].faults]


def test_how_far_ahead_a_time_may_be_is_said_by_the_reference_data() -> None:
    patient = replace(CONTEXT, reference=replace(CONTEXT.reference, future=timedelta(hours=4)))
    took = take_items(new(), [{**RECEIVED, "at": (NOW + timedelta(hours=3)).isoformat()}], patient, SENDER)

    assert isinstance(took.answers[0], Accepted)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"procedure": "9.999999"}, "procedure", "unknown-procedure"),
        ({"receiving_unit": "H99"}, "receiving_unit", "unknown-unit"),
        ({"competent_unit": "H99"}, "competent_unit", "unknown-unit"),
        ({"receiving_unit": "H37.88.04"}, "receiving_unit", "unit-not-in-use"),
        ({"receiving_unit": "H37.15", "at": "2025-06-30T08:00"}, "receiving_unit", "unit-not-in-use"),
    ],
)
def test_what_the_catalogues_do_not_know_is_held_for_a_person(change: dict[str, Any], field: str, reason: str) -> None:
    document, outputs, answers = take(new(), {**RECEIVED, **change})

    assert (document, outputs) == (new(), [])
    assert answers == [Quarantined(reason, field)]


def test_force_majeure_needs_the_document_of_its_signer() -> None:
    stop = {"dossier": RECEIVED["dossier"], "type": "suspended", "at": "2026-03-02T09:00", "reason": "force_majeure"}
    with pytest.raises(FaultError, match="văn bản"):
        parse_item(stop)

    _, outputs, _ = take(new(), {**stop, "decision": "QĐ 12/QĐ-UBND ngày 02/03/2026"})
    assert outputs[0].body["data"]["decision"] == "QĐ 12/QĐ-UBND ngày 02/03/2026"


def test_a_gap_between_versions_of_a_procedure_holds_the_reception() -> None:
    procedure = CONTEXT.reference.procedures["1.000894"]
    version = procedure.versions[0].model_copy(update={"valid_to": date(2026, 2, 28)})
    gap = procedure.model_copy(update={"versions": (version, version.model_copy(update={"valid_from": date(2026, 4, 1)}))})
    reference = replace(CONTEXT.reference, procedures={"1.000894": gap})
    context = Context(reference, SETTINGS, SEALER, CLOCK)

    took = take_items(new(), [RECEIVED], context, SENDER)

    assert took.answers == [Quarantined("no-version", "procedure")]


def test_a_key_that_is_no_key_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="32 bytes in base64"):
        Sealer.parse("1:abc")


def test_a_digest_needs_the_secret() -> None:
    other = ContactSealer(Sealer.parse(PUBLIC), (b"another secret of a run",))

    assert SEALER.digest(Contact(**PERSON)) == SEALER.digest(Contact(**PERSON))
    assert SEALER.digest(Contact(**PERSON)) != other.digest(Contact(**PERSON))


HEADINGS = "dossier,type,at,procedure,receiving_unit,contact_name\n"
GOOD = "H37.12-260302-0001,received,02/03/2026 08:00,1.000894,H37.12,Nông Thị Mẫu\n"


def test_good_rows_of_a_file_go_in_beside_bad_ones(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    bad = "H37.12-260302-0002,received,32/03/2026 08:00,1.000894,H37.12,\n"
    short = "H37.12-260302-0003,received\n"
    file.write_bytes(
        (HEADINGS + GOOD + bad + short).encode()
        + "H37.12-260302-0004,received,02/03/2026 08:00,1.000894,H37.12,N\u00f4ng\n".encode("cp1252")
    )

    rows = list(read_file(file).rows)

    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert rows[0].item is not None
    assert [[(f.field, f.rule) for f in row.faults] for row in rows[1:]] == [
        [("at", "invalid")],
        [("row", "columns")],
        [("contact_name", "not-utf-8")],
    ]


def test_refused_rows_are_kept_as_they_were_and_go_in_after_correction(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(HEADINGS + GOOD.replace("1.000894", "khai sinh"), "utf-8")
    table = read_file(file)
    with RefusalFile(file, table) as refusals:
        for row in table.rows:
            refusals.add(row, "procedure: sai")

    kept = refusals.path.read_text("utf-8")
    assert kept.splitlines()[0].endswith(",error")
    assert "khai sinh" in kept
    refusals.path.write_text(kept.replace("khai sinh", "1.000894"), "utf-8")
    assert [row.faults for row in read_file(refusals.path).rows] == [()]


def test_lines_of_ndjson_are_judged_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(json.dumps(RECEIVED).encode() + b"\n\n{broken\n" + b"\xff\xfe\n" + b"[1]\n")

    table = read_file(file)
    rows = list(table.rows)

    assert [(row.line, [f.rule for f in row.faults]) for row in rows] == [
        (1, []),
        (3, ["broken-json"]),
        (4, ["not-utf-8"]),
        (5, ["object"]),
    ]
    with RefusalFile(file, table) as refusals:
        for row in rows[1:]:
            refusals.add(row, "sai")
    assert refusals.path.read_bytes() == b"{broken\n\xff\xfe\n[1]\n"


@pytest.mark.parametrize("service", [[], {}, 7, None])
def test_a_line_whose_service_is_no_name_is_refused_alone(tmp_path: Path, service: object) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(json.dumps({"service": service, "data": []}).encode() + b"\n" + json.dumps(RECEIVED).encode() + b"\n")

    assert [bool(row.faults) for row in read_file(file).rows] == [True, False]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "tệp rỗng"),
        ("a.csv", GOOD.encode(), "thiếu cột .dossier, type, at"),
        ("a.xls", b"x", "cần tệp .csv, .xlsx, .ndjson"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(FileRefusedError, match=message):
        read_file(tmp_path / name)
    with pytest.raises(FileRefusedError, match="không có tệp này"):
        read_file(tmp_path / "missing.csv")
