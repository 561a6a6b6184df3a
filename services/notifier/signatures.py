"""The digital signature of a body on its letters: PAdES by pyHanko, with the PKCS#12 key of that body (decision 42).

What is in here works for a tenth of a second, or waits for a timestamp: callers take it off their event loop.
"""

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from reference import OFFICE_TIME
from runtime.logs import Logger
from services.notifier.domain.unsigned import Obstacle, Subject, folded, is_of, person_of

FIELD = "ChuKySo"
DIGEST = "sha256"
REST_SECONDS = 60.0  # so long a body's key, or the timestamp server, is left alone after it failed
TIMESTAMP_SECONDS = 5
# Hex digits of a signature: what it has beside certificates, and a timestamp with its own. No server is asked twice to learn
# how long it is; and all are read one by one when it is verified, so there are no more than may be needed.
RESERVED, FOR_TIMESTAMP = 6_000, 26_000
TIMESTAMPS = ""  # among what rests; no body has this name
USAGES = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)

Stamp = tuple[str, ...]  # what a signed letter shows in the place of a signature, line by line


class CannotSignError(Exception):
    """A letter cannot be signed now. `detail` is for the log, and holds no secret."""

    def __init__(self, why: Obstacle, detail: str = "") -> None:
        super().__init__(why)
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys are: CODE.p12 and CODE.password of each body in a folder; CODE.name where its certificate calls it by another
    name than the catalogue. `names`: what the bodies that sign are called; `roots`: a PEM file of who vouches for them."""

    names: Mapping[str, frozenset[str]]
    folder: Path
    roots: Path
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was opened, and the files that it was read from, as they were."""

    files: tuple[int, ...]
    signer: SimpleSigner = field(repr=False)
    holder: str
    subject: Subject
    first: datetime
    last: datetime
    roots: tuple[Any, ...]  # certificates: asn1crypto has no types

    @property
    def reserved(self) -> int:
        """Hex digits that a signature with its chain fits in."""
        chain = {one.dump() for one in (self.signer.signing_cert, *self.signer.cert_registry)}
        return RESERVED + 2 * sum(map(len, chain))

    def context(self, now: datetime) -> ValidationContext:
        """Who is trusted at a moment. Nothing is fetched: whether a certificate was revoked is not asked."""
        return ValidationContext(trust_roots=self.roots, other_certs=self.signer.cert_registry, moment=now)


class Signatures:
    """Signs for the bodies that sign. A file that was changed is read again; what failed rests for a minute, so that a thousand
    letters do not wait for it one by one."""

    def __init__(self, keys: Keys | None, log: Logger | None = None, monotonic: Callable[[], float] = float) -> None:
        self._keys, self._log, self._monotonic = keys, log, monotonic
        self._opened: dict[str, Key] = {}
        self._resting: dict[str, tuple[float, Obstacle]] = {}
        self._said: dict[str, Obstacle | None] = {}

    def signs(self, body: str) -> bool:
        """Whether letters of this body are signed; else they leave space for ink."""
        return self._keys is not None and body in self._keys.names

    def ends(self) -> dict[str, datetime]:
        """When the certificates of bodies end, of those that were opened."""
        return {body: key.last for body, key in self._opened.items()}

    def obstacle(self, body: str, now: datetime, signer: str = "") -> Obstacle | None:
        """Why a letter of this body could not be signed now, as far as is known before it is tried. `signer`: whom the letter
        names as who signs. Blocks."""
        if not self.signs(body):
            return None
        try:
            self._ready(body, now, signer)
        except CannotSignError as error:
            self._say(body, error)
            return error.why
        return None

    def sign(self, body: str, made: Callable[[Stamp], bytes], now: datetime, signer: str = "") -> bytes:
        """A letter as it is made with a stamp, signed and verified. `signer`: whom it names as who signs. Blocks.

        Raises CannotSignError; whatever `made` raises.
        """
        key = self._ready(body, now, signer)
        pdf = made(stamp_of(key.holder, now))
        try:
            signed = self._verified(key, self._signed(key, pdf, now), now)
        except CannotSignError as error:
            self._rest(body, error)
            raise
        self._say(body, None)
        return signed

    # --- keys ---------------------------------------------------------------------

    def _ready(self, body: str, now: datetime, signer: str) -> Key:
        assert self._keys is not None  # noqa: S101 - of a body that signs
        for resting in (body, TIMESTAMPS):
            until, why = self._resting.get(resting, (0.0, "not-signed"))
            if self._monotonic() < until:
                raise CannotSignError(why)
        key = self._opened_key(body, self._keys)
        if not key.first <= now <= key.last:
            raise CannotSignError("not-valid", f"valid from {key.first} to {key.last}")
        names = self._keys.names[body] | _named(self._keys.folder / f"{body}.name")
        if not is_of(key.subject.every, names):
            raise CannotSignError("other-body", f"the certificate is of {key.holder}")
        person = person_of(key.subject, names)
        if person and folded(person) != folded(signer):
            raise CannotSignError("other-signer", "the certificate is of another person than the letter names")
        try:
            asyncio.run(CertificateValidator(key.signer.signing_cert, None, key.context(now)).async_validate_path())
        except (PathError, ValidationError) as error:
            raise CannotSignError("untrusted", str(error)) from None
        return key

    def _opened_key(self, body: str, keys: Keys) -> Key:
        files = (keys.folder / f"{body}.p12", keys.folder / f"{body}.password", keys.roots)
        missing: tuple[Obstacle, ...] = ("no-key", "wrong-password", "untrusted")
        read, stamps = [], []
        for path, why in zip(files, missing, strict=True):
            try:
                stamps.append(path.stat().st_mtime_ns)
                read.append(path.read_bytes())
            except OSError as error:
                raise CannotSignError(why, f"{path.name}: {error.strerror}") from None
        known = self._opened.get(body)
        if known is None or known.files != tuple(stamps):
            known = self._opened[body] = _open(tuple(stamps), read[0], read[1].rstrip(b"\r\n"), keys.roots)
        return known

    # --- signing ------------------------------------------------------------------

    def _signed(self, key: Key, pdf: bytes, now: datetime) -> bytes:
        assert self._keys is not None  # noqa: S101
        url = self._keys.timestamp_url
        clock = None if url is None else HTTPTimeStamper(url, timeout=TIMESTAMP_SECONDS)
        what = PdfSignatureMetadata(
            field_name=FIELD,
            name=key.holder,
            md_algorithm=DIGEST,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        signer = _SignerOfMoment(what, key.signer, timestamper=clock, new_field_spec=SigFieldSpec(FIELD))
        signer.moment = now
        out = io.BytesIO()
        try:
            reserved = key.reserved + (0 if clock is None else FOR_TIMESTAMP)
            signer.sign_pdf(_AsItWas(io.BytesIO(pdf)), output=out, bytes_reserved=reserved)
        except TimestampRequestError as error:
            raise CannotSignError("no-timestamp", str(error)) from None
        except (SigningError, PdfError, ValueError) as error:
            raise CannotSignError("not-signed", f"{type(error).__name__}: {error}") from None
        return out.getvalue()

    def _verified(self, key: Key, pdf: bytes, now: datetime) -> bytes:
        assert self._keys is not None  # noqa: S101
        try:
            [one] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
            status = validate_pdf_signature(one, key.context(now), key_usage_settings=USAGES)
        except (SignatureValidationError, ValidationError, PdfError, ValueError) as error:
            raise CannotSignError("not-signed", f"{type(error).__name__}: {error}") from None
        if not status.bottom_line or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
            raise CannotSignError("not-signed", status.summary())
        if self._keys.timestamp_url is not None and status.timestamp_validity is None:
            raise CannotSignError("no-timestamp", "the signature holds no timestamp")
        return pdf

    def _rest(self, body: str, error: CannotSignError) -> None:
        resting = TIMESTAMPS if error.why == "no-timestamp" else body
        self._resting[resting] = (self._monotonic() + REST_SECONDS, error.why)
        self._say(body, error)

    def _say(self, body: str, error: CannotSignError | None) -> None:
        """Each change once: as many letters as wait would say the same."""
        why = None if error is None else error.why
        before = self._said.get(body)
        self._said[body] = why
        if self._log is None or why == before:
            return
        if error is None:
            self._log.info("letters of a body are signed again", unit=body)
        else:
            self._log.error("letters of a body cannot be signed", unit=body, reason=why, detail=error.detail)


class _Opened(SimpleSigner):
    """Holds its key as it signs with: pyHanko reads an RSA key anew for each signature, and whether its primes are some is then
    tried anew too, which takes longer than all the rest."""

    def __init__(self, read: SimpleSigner) -> None:
        super().__init__(read.signing_cert, read.signing_key, read.cert_registry)
        self._held = load_der_private_key(read.signing_key.dump(), None)

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """By the algorithm of the certificate."""
        algorithm = self.get_signature_mechanism_for_digest(digest_algorithm).signature_algo
        if isinstance(self._held, RSAPrivateKey) and (algorithm, digest_algorithm) == ("rsassa_pkcs1v15", DIGEST):
            return self._held.sign(data, PKCS1v15(), SHA256())
        return super().sign_raw(data, digest_algorithm)


class _SignerOfMoment(PdfSigner):
    """Signs at the time of the service's clock, as the letter itself says it."""

    moment: datetime

    def init_signing_session(self, *given: Any, **more: Any) -> PdfSigningSession:  # noqa: ANN401 - passed on as they are
        session = super().init_signing_session(*given, **more)
        session.system_time = self.moment
        return session


class _AsItWas(IncrementalPdfFileWriter):
    """Adds a signature alone: what the file says of itself (XMP) stays as it was set, which PDF/A holds it to."""

    def _update_meta(self) -> None:
        """Neither another producer nor another day."""


def stamp_of(holder: str, now: datetime) -> Stamp:
    """Whose signature it is, and of when: as NĐ 30/2020 writes the time of one, with Vietnam's zone by ISO 8601."""
    local = now.astimezone(OFFICE_TIME).isoformat(sep=" ", timespec="seconds")
    day, _, clock = local.partition(" ")
    return "Ký số: " + holder, f"Thời gian ký: {'/'.join(reversed(day.split('-')))} {clock[:8]} {clock[8:]}"


def _open(files: tuple[int, ...], box: bytes, password: bytes, roots: Path) -> Key:
    """Raises CannotSignError."""
    try:
        signer = _Opened(SimpleSigner.load_pkcs12_data(box, [], password or None))
        certificate: Any = signer.signing_cert
        names = {name: _texts(value) for name, value in certificate.subject.native.items()}
    except (ValueError, TypeError, AttributeError):  # also a file with a key and no certificate, or the other way round
        raise CannotSignError("wrong-password", "the file does not open by its password, or holds no key") from None
    try:
        trusted = tuple(load_certs_from_pemder([str(roots)]))  # type: ignore[no-untyped-call]
    except (ValueError, OSError):
        raise CannotSignError("untrusted", "the roots are no PEM file of certificates") from None
    holder = (names.get("common_name") or names.get("organization_name") or [""])[0]
    offices = (*names.get("organization_name", ()), *names.get("organizational_unit_name", ()))
    personal = "surname" in names or "given_name" in names
    subject = Subject(holder, offices, personal, tuple(text for texts in names.values() for text in texts))
    return Key(files, signer, holder, subject, certificate.not_valid_before, certificate.not_valid_after, trusted)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _named(path: Path) -> frozenset[str]:
    """The other name of a body, where a file gives one."""
    try:
        return frozenset((folded(path.read_text("utf-8")),))
    except (OSError, UnicodeDecodeError):
        return frozenset()


NO_KEYS = Signatures(None)
