"""How clients of Kafka connect: half a proof is refused by name, secrets come from files too and are never repeated."""

import asyncio
from pathlib import Path

import pytest
import trustme

from runtime.connection import said
from runtime.errors import SettingsError
from runtime.settings import RuntimeSettings, kafka_at, read_settings

SCRAM = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_USERNAME": "dunghen-sla",
    "KAFKA_PASSWORD": "a-secret",
}


def given(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "KAFKA_SASL_MECHANISM: not set, and SASL_SSL needs it"),
        ({"KAFKA_CA_FILE": "/ca.pem"}, "KAFKA_CA_FILE: given, but not used with this KAFKA_SECURITY_PROTOCOL"),
        ({"KAFKA_USERNAME": "me"}, "KAFKA_USERNAME: given, but not used with this KAFKA_SASL_MECHANISM"),
        (SCRAM | {"KAFKA_SECURITY_PROTOCOL": "SSL"}, "KAFKA_SASL_MECHANISM: given, but not used"),
        (SCRAM | {"KAFKA_PASSWORD": ""}, "KAFKA_PASSWORD"),
        ({**SCRAM, "KAFKA_SASL_MECHANISM": "OAUTHBEARER"}, "KAFKA_USERNAME, KAFKA_PASSWORD: given, but not used"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER", "KAFKA_TOKEN_CLIENT": "me"},
            "KAFKA_TOKEN_URL, KAFKA_TOKEN_SECRET: not set, and OAUTHBEARER needs it",
        ),
        (SCRAM | {"KAFKA_CA_FILE": "/nowhere/a-secret"}, "KAFKA_CA_FILE: is no readable PEM file"),
        (SCRAM | {"KAFKA_CERTIFICATE_FILE": "/nowhere"}, "KAFKA_CERTIFICATE_FILE and KAFKA_CERTIFICATE_KEY_FILE go together"),
    ],
    ids=["protocol", "mechanism", "authority", "user", "no-sasl", "empty", "two", "tokens", "file", "certificate"],
)
def test_half_a_proof_is_refused_by_name(environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, environment)

    with pytest.raises(SettingsError, match=sentence) as refused:
        kafka_at("localhost:9092")

    assert "a-secret" not in str(refused.value)


def test_a_client_s_own_certificate_is_shown_with_a_key_that_a_password_opens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = trustme.CA().issue_cert("dunghen-sla")
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "own.pem"))
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    paths = {"KAFKA_CERTIFICATE_FILE": str(tmp_path / "own.pem"), "KAFKA_CERTIFICATE_KEY_FILE": str(tmp_path / "key.pem")}
    given(monkeypatch, {"KAFKA_SECURITY_PROTOCOL": "SSL", **paths})
    assert kafka_at("localhost:9092").client()["ssl_context"] is not None

    (tmp_path / "key.pem").write_text("no key", "utf-8")
    with pytest.raises(SettingsError, match="the password does not open the key"):
        kafka_at("localhost:9092")


def test_a_secret_may_come_as_a_file_and_is_never_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a-secret\n", "utf-8")
    (tmp_path / "store").write_text("mongodb://sla:a-secret@mongo/sla\n", "utf-8")
    monkeypatch.delenv("STORE_URL", raising=False)
    environment = {**SCRAM, "KAFKA_BOOTSTRAP_SERVERS": "kafka:9093", "STORE_URL_FILE": str(tmp_path / "store")}
    del environment["KAFKA_PASSWORD"]
    given(monkeypatch, environment | {"KAFKA_PASSWORD_FILE": str(tmp_path / "password")})

    settings = read_settings(RuntimeSettings)

    assert settings.client()["sasl_plain_password"] == "a-secret"  # noqa: S105 - invented
    assert settings.store_url == "mongodb://sla:a-secret@mongo/sla"
    assert "a-secret" not in repr(settings) + str(settings)


def test_a_secret_given_twice_or_in_no_file_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a-secret", "utf-8")
    given(monkeypatch, SCRAM | {"KAFKA_PASSWORD_FILE": str(tmp_path / "password")})
    with pytest.raises(SettingsError, match="KAFKA_PASSWORD and KAFKA_PASSWORD_FILE: only one"):
        kafka_at("localhost:9092")

    monkeypatch.delenv("KAFKA_PASSWORD")
    monkeypatch.setenv("KAFKA_PASSWORD_FILE", str(tmp_path))
    with pytest.raises(SettingsError, match="KAFKA_PASSWORD_FILE: is no readable file"):
        kafka_at("localhost:9092")


def test_why_no_connection_comes_about_is_one_sentence() -> None:
    assert asyncio.run(kafka_at("127.0.0.1:1").why_not()) == "kafka at 127.0.0.1:1: nobody listens there"
    assert asyncio.run(kafka_at("localhost").why_not()) == "kafka at localhost: is no host:port"
    assert said(KeyError("x")) == "KeyError"


def test_a_name_that_dns_does_not_know_is_said_in_one_sentence() -> None:
    told = asyncio.run(kafka_at("kafka.invalid:9092").why_not())  # RFC 6761: no resolver ever knows it

    assert told == "kafka at kafka.invalid:9092: there is no host of this name"
