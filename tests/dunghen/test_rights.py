"""What each service may do on Kafka follows from topics.yaml, written out name by name; secrets stay off command lines."""

import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from contracts import load_catalogue
from dunghen.__main__ import make_app
from dunghen.rights import Right, as_commands, as_strimzi, rights

CATALOGUE = load_catalogue()


def names(listed: list[Right], user: str, operation: str, resource: str = "TOPIC") -> set[str]:
    return {r.name for r in listed if (r.user, r.operation, r.resource) == (f"dunghen-{user}", operation, resource)}


def test_a_service_writes_what_it_owns_and_reads_what_it_is_a_reader_of() -> None:
    listed = rights(CATALOGUE)

    assert names(listed, "sla", "WRITE") == {"deadlines.v1", "calendar.v1", "sla.dlq"}
    assert names(listed, "sla", "READ") == {"dossiers.v1", "notices.v1", "deadlines.v1", "calendar.v1", "sla.dlq"}
    assert names(listed, "sla", "READ", "GROUP") == {"sla"}
    assert names(listed, "intake", "READ", "GROUP") == set()
    assert names(listed, "operator", "WRITE") == set()


def test_contacts_are_read_by_who_seals_them_and_who_opens_them_alone() -> None:
    readers = {right.user for right in rights(CATALOGUE) if (right.name, right.operation) == ("contacts.v1", "READ")}

    writers = {right.user for right in rights(CATALOGUE) if (right.name, right.operation) == ("contacts.v1", "WRITE")}

    assert readers == {"dunghen-intake", "dunghen-notifier", "dunghen-operator"}
    assert writers == {"dunghen-intake", "dunghen-feedback", "dunghen-notifier"}


@pytest.mark.parametrize(
    "given", [["--topic-prefix", "*"], ["--users", "*"], ["--users", "dunghen-*"]], ids=["topic", "user", "part"]
)
def test_a_wildcard_is_refused(given: list[str]) -> None:
    done = CliRunner().invoke(make_app("topics"), ["topics", "acls", *given])

    assert done.exit_code == 2
    assert "names no one thing" in done.output


def test_rights_are_printed_as_commands_and_as_manifests_that_say_the_same() -> None:
    listed = rights(CATALOGUE, "tinh.")
    manifests = as_strimzi(listed, "kafka")
    said = {
        (
            m["metadata"]["name"],
            acl["resource"]["type"].upper(),
            acl["resource"].get("name", "kafka-cluster"),
            operation.upper(),
        )
        for m in yaml.safe_load_all(yaml.safe_dump_all(manifests))
        for acl in m["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }

    assert said == {(r.user, r.resource, r.name, r.operation) for r in listed}
    assert {
        acl["resource"].get("patternType", "literal")
        for m in yaml.safe_load_all(yaml.safe_dump_all(manifests))
        for acl in m["spec"]["authorization"]["acls"]
    } == {"literal"}
    lines = as_commands(listed).splitlines()
    assert sum(line.count("--operation") for line in lines) == len(listed)
    assert "--topic tinh.dossiers.v1" in as_commands(listed)


def test_new_keys_go_into_a_file_that_its_owner_alone_reads_and_that_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys.env"
    done = CliRunner().invoke(make_app("secrets"), ["secrets", "--out", str(file)])

    assert done.exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "CONTACTS_PRIVATE_KEYS=1:" in file.read_text("utf-8")
    assert file.read_text("utf-8").splitlines()[0] not in done.output
    again = CliRunner().invoke(make_app("secrets"), ["secrets", "--out", str(file)])
    assert again.exit_code == 2
    assert "không bị ghi đè" in again.output


def test_a_password_in_a_command_line_is_refused_and_a_file_may_hold_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORE_URL", raising=False)
    told = CliRunner().invoke(make_app("keys"), ["keys", "ls", "--store", "mongodb://u:secret@h/intake"])
    assert told.exit_code == 2
    assert "không đi trên dòng lệnh" in told.output
    assert "secret" not in told.output

    (tmp_path / "address").write_text(f"sqlite:///{tmp_path}/intake.db\n", "utf-8")
    monkeypatch.setenv("STORE_URL_FILE", str(tmp_path / "address"))
    assert CliRunner().invoke(make_app("keys"), ["keys", "ls"]).exit_code == 0
