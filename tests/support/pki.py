"""Certificates and keys of invented bodies, made for one test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Secret = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PASSWORD = "mật khẩu thử 7391"  # noqa: S105 - of keys that live for one test


@dataclass(frozen=True)
class Holder:
    """A key and its certificate."""

    key: Secret
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Times:
    """When a certificate holds."""

    first: datetime
    last: datetime


class Authority:
    """Vouches for bodies, around a moment."""

    def __init__(self, now: datetime, name: str = "Tổ chức chứng thực thử") -> None:
        self.times = Times(now - timedelta(days=30), now + timedelta(days=300))
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = Holder(key, _certificate(_name(name), key, _name(name), key, self.times, ca=True))

    def body(
        self,
        name: str,
        times: Times | None = None,
        code: str = "",
        *,
        stamps: bool = False,
        office: str = "",
        secret: Secret | None = None,
    ) -> Holder:
        """The certificate of a body. `stamps`: of a timestamp server; `office`: of a person in this body; `secret`: of another
        kind than most have."""
        key = secret or rsa.generate_private_key(65537, 2048)
        issuer = self.root.certificate.subject
        made = _certificate(_name(name, code, office), key, issuer, self.root.key, times or self.times, stamps=stamps)
        return Holder(key, made)

    def give(self, folder: Path, unit: str, holder: Holder, password: str = PASSWORD, said: str | None = None) -> None:
        """Put the key of a body where notifier looks for it. `said`: the password in the file beside it, if another."""
        (folder / f"{unit}.p12").write_bytes(boxed(holder, password, self.root))
        (folder / f"{unit}.password").write_text(f"{password if said is None else said}\n", "utf-8")


def boxed(holder: Holder, password: str, root: Holder) -> bytes:
    """As PKCS#12."""
    sealed = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"ky", holder.key, holder.certificate, [root.certificate], sealed)


def _name(name: str, code: str = "", office: str = "") -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.COMMON_NAME, name)]
    more = [(NameOID.USER_ID, code)] if code else []
    more += [(NameOID.ORGANIZATION_NAME, office)] if office else []
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts + more])


def _certificate(
    subject: x509.Name,
    key: Secret,
    issuer: x509.Name,
    by: Secret,
    times: Times,
    *,
    ca: bool = False,
    stamps: bool = False,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(times.first)
        .not_valid_after(times.last)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if stamps:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(by, hashes.SHA256())
