"""The log as files: what is written is read back, whatever is in it."""

from pathlib import Path

import pytest

from dunghen.log import event_of, events_of, read_folder, write_folder
from runtime.kafka_admin import LogRecord

RECORDS = [
    LogRecord("dossiers.v1", 0, 0, 1, b"H37.12-260302-0001", "một\u2028dòng\x85".encode()),
    LogRecord("dossiers.v1", 0, 1, 2, b"\xff", b"\xfe\x00", {"reason": "rác"}),
    LogRecord("sla.dlq", 1, 0, 3, b"", b"", {"settled": "discarded"}),
]


def test_a_log_is_read_back_as_it_was_written_with_marks_of_a_line_end_in_it(tmp_path: Path) -> None:
    write_folder(RECORDS, tmp_path)

    assert list(read_folder(tmp_path)) == RECORDS


def test_of_a_log_those_that_mention_a_dossier_are_read_and_all_dead_letters(tmp_path: Path) -> None:
    write_folder(RECORDS, tmp_path)

    assert list(read_folder(tmp_path, "H37.12-260302-0001")) == [RECORDS[0], RECORDS[2]]


def test_a_folder_without_a_log_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_folder(tmp_path))


def test_what_is_no_event_is_none() -> None:
    assert event_of(RECORDS[1]) is None
    assert list(events_of(RECORDS)) == []
