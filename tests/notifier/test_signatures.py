"""A letter of a body that signs goes out signed by that body's key, or waits with its number; others leave space for ink."""

import io
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pypdf
import pytest
from asn1crypto import tsp
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from runtime.parts import INTENTS
from runtime.store import open_documents
from runtime.typeset import typeset
from runtime.web import ProblemError
from services.notifier.domain.letter import Issuing, Sent
from services.notifier.domain.unsigned import LOOK_AGAIN, WORDS, Obstacle, Subject, names_of, person_of
from services.notifier.http.desk import ERASED, MISSING, LetterDesk
from services.notifier.signatures import NO_KEYS, REST_SECONDS, CannotSignError, Keys, Signatures, stamp_of
from services.notifier.store import DOSSIERS, PAPERS, REGISTER, count_waiting, declare
from tests.real import skip
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import KEY, REFERENCE, desk, key_ring
from tests.support.notifier_hears import contact
from tests.support.office import MORNING, SIGNER, Office, heard, words
from tests.support.pki import PASSWORD, Authority, Holder, Secret, Times

UNIT, NAME = "H37.12", "Ủy ban nhân dân xã Hoàng Vân"
HEAD = REFERENCE.units[UNIT].letterhead
PRINTED = "" if HEAD is None else HEAD.signer


class Safe:
    """The folder of keys, who vouches for them, and who signs with them."""

    def __init__(self, folder: Path, timestamp_url: str | None = None) -> None:
        self.folder, self.authority, self.seconds = folder, Authority(MORNING), 0.0
        (folder / "roots.pem").write_bytes(self.authority.root.pem)
        names = {UNIT: names_of(REFERENCE.units[UNIT])}
        keys = Keys(names, folder, folder / "roots.pem", timestamp_url)
        self.signatures = Signatures(keys, monotonic=lambda: self.seconds)

    def give(self, holder: Holder | None = None, said: str | None = None) -> None:
        """Put a key there: the body's own, or another. `said`: the password in its file, if it is a wrong one."""
        self.authority.give(self.folder, UNIT, holder or self.authority.body(NAME), said=said)

    def sign(self) -> bytes:
        return self.signatures.sign(UNIT, render_plain, MORNING)


PLAIN = b"""#set document(date: datetime(year: 2026, month: 3, day: 6))
#let d = json(bytes(sys.inputs.d))
#d.stamp.join(linebreak())"""


def render_plain(stamp: tuple[str, ...]) -> bytes:
    """A page that says nothing but its stamp."""
    return typeset(PLAIN, d={"stamp": list(stamp)})


@pytest.fixture
def safe(tmp_path: Path) -> Safe:
    folder = tmp_path / "signing"
    folder.mkdir()
    return Safe(folder)


@pytest.fixture
async def office(tmp_path: Path, safe: Safe) -> AsyncIterator[Office]:
    store = open_documents(f"sqlite:///{tmp_path}/notifier.db")
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [heard(contact())])
    yield Office(store, safe.signatures)
    await store.close()


def is_valid(pdf: bytes, root: Holder) -> bool:
    """As pyHanko's own library sees it."""
    trusted = Certificate.load(root.certificate.public_bytes(Encoding.DER))

    def judge() -> bool:
        [one] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        return validate_pdf_signature(one, ValidationContext(trust_roots=[trusted], moment=MORNING)).bottom_line

    with ThreadPoolExecutor(1) as elsewhere:  # it wants a loop of its own
        return elsewhere.submit(judge).result()


def pdfsig(pdf: bytes, folder: Path) -> str:
    """As poppler sees it, which shares no code with pyHanko."""
    if shutil.which("pdfsig") is None:
        skip("pdfsig (poppler-utils) is not installed")
    path = folder / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout


# --- what is signed ---------------------------------------------------------------------------------------------------------


async def test_the_letter_that_is_kept_is_signed_by_its_body_and_two_independent_tools_say_so(
    office: Office, safe: Safe, tmp_path: Path
) -> None:
    safe.give()
    await office.issue()
    pdf = await office.pdf()
    seen = pdfsig(pdf, tmp_path)

    assert is_valid(pdf, safe.authority.root)
    assert "Signature is Valid" in seen
    assert "Total document signed" in seen
    assert f"Signer Certificate Common Name: {NAME}" in seen
    assert "ETSI.CAdES.detached" in seen
    assert await office.pdf() == pdf


async def test_a_signed_letter_shows_whose_signature_it_is_and_of_when_in_the_space_for_ink(office: Office, safe: Safe) -> None:
    safe.give()
    await office.issue()
    text = words(await office.pdf())
    stamp = f"Ký số: {NAME} Thời gian ký: 06/03/2026 10:00:00 +07:00"

    assert "01/PXL" in text
    assert stamp in text
    assert text.index("CHỦ TỊCH") < text.index(stamp) < text.index(REFERENCE.units[UNIT].letterhead.signer)  # type: ignore[union-attr]


async def test_a_letter_of_a_body_without_a_key_says_nothing_of_a_signature(office: Office) -> None:
    office.signatures = Signatures(None)
    await office.issue()
    pdf = await office.pdf()

    assert "Ký số" not in words(pdf)
    assert pypdf.PdfReader(io.BytesIO(pdf)).get_fields() is None


def test_a_letter_with_one_byte_altered_is_not_valid(safe: Safe, tmp_path: Path) -> None:
    safe.give()
    pdf = safe.sign()
    altered = bytearray(pdf)
    altered[pdf.index(b"stream") + 20] ^= 0x01

    assert is_valid(pdf, safe.authority.root)
    assert not is_valid(bytes(altered), safe.authority.root)
    assert "Digest Mismatch" in pdfsig(bytes(altered), tmp_path)


def test_what_is_added_behind_a_signature_makes_the_letter_invalid(safe: Safe) -> None:
    safe.give()
    writer = pypdf.PdfWriter(io.BytesIO(safe.sign()), incremental=True)
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)

    assert not is_valid(out.getvalue(), safe.authority.root)


def test_a_signature_leaves_the_letter_and_what_it_says_of_itself_as_they_were_set(safe: Safe) -> None:
    safe.give()
    plain = render_plain(stamp_of(NAME, MORNING))
    signed = safe.sign()
    before, after = pypdf.PdfReader(io.BytesIO(plain)), pypdf.PdfReader(io.BytesIO(signed))
    widget = after.pages[0].annotations[0].get_object()  # type: ignore[index]

    assert signed.startswith(plain)
    assert before.metadata == after.metadata
    assert before.root_object["/Metadata"].get_object() == after.root_object["/Metadata"].get_object()
    assert "/OutputIntents" in after.root_object
    assert [float(side) for side in widget["/Rect"]] == [0, 0, 0, 0]  # of no size: PDF/A asks for no appearance
    assert widget["/F"] & 0b100  # printed
    assert not widget["/F"] & 0b100011  # neither invisible nor hidden nor out of view


@pytest.mark.parametrize(
    "secret",
    [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 4096)],
    ids=["elliptic", "a long one"],
)
def test_keys_of_other_kinds_sign_too_and_of_an_issuer_with_the_longest_name(safe: Safe, secret: Secret) -> None:
    safe.authority = Authority(MORNING, "Tổ chức chứng thực có tên dài tới".ljust(48, "i"))
    (safe.folder / "roots.pem").write_bytes(safe.authority.root.pem)
    safe.give(safe.authority.body(NAME, secret=secret))

    assert is_valid(safe.sign(), safe.authority.root)


def test_a_key_is_read_once_and_not_for_each_letter(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    def again(*_: object, **__: object) -> None:
        raise AssertionError

    safe.give()
    safe.sign()
    monkeypatch.setattr(serialization, "load_der_private_key", again)  # as pyHanko names it

    assert is_valid(safe.sign(), safe.authority.root)


def test_a_signature_by_another_key_than_the_certificates_is_not_taken(safe: Safe) -> None:
    mine, other = safe.authority.body(NAME), safe.authority.body(NAME)
    safe.give(mine)
    safe.sign()
    opened = safe.signatures._opened[UNIT].signer
    opened._held = other.key  # type: ignore[attr-defined]
    with pytest.raises(CannotSignError) as refused:
        safe.sign()

    assert refused.value.why == "not-signed"


# --- what cannot be signed --------------------------------------------------------------------------------------------------


def nothing(safe: Safe) -> None:
    del safe


def other_password(safe: Safe) -> None:
    safe.give(said="sai")


def no_password(safe: Safe) -> None:
    safe.give()
    (safe.folder / f"{UNIT}.password").unlink()


def garbage(safe: Safe) -> None:
    safe.give()
    (safe.folder / f"{UNIT}.p12").write_bytes(b"\x30\x82 not a key")


def expired(safe: Safe) -> None:
    times = Times(MORNING - timedelta(days=20), MORNING - timedelta(seconds=1))
    safe.give(safe.authority.body(NAME, times))


def not_yet(safe: Safe) -> None:
    safe.give(safe.authority.body(NAME, Times(MORNING + timedelta(days=1), MORNING + timedelta(days=20))))


def of_another_body(safe: Safe) -> None:
    safe.give(safe.authority.body("Ủy ban nhân dân xã Khác"))


def of_nobody_known(safe: Safe) -> None:
    safe.give(Authority(MORNING, "Ai đó").body(NAME))


def of_another_person(safe: Safe) -> None:
    safe.give(safe.authority.body("Lý Văn Người Khác", office=NAME))


FAULTS = {
    "no-key": nothing,
    "wrong-password": other_password,
    "no-password": no_password,
    "garbage": garbage,
    "expired": expired,
    "not-yet": not_yet,
    "other-body": of_another_body,
    "other-signer": of_another_person,
    "untrusted": of_nobody_known,
}
WHY: dict[str, Obstacle] = {
    "no-key": "no-key",
    "wrong-password": "wrong-password",
    "no-password": "wrong-password",
    "garbage": "wrong-password",
    "expired": "not-valid",
    "not-yet": "not-valid",
    "other-body": "other-body",
    "other-signer": "other-signer",
    "untrusted": "untrusted",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_letter_that_cannot_be_signed_waits_without_a_number_and_goes_once_it_can(
    office: Office, safe: Safe, fault: str
) -> None:
    FAULTS[fault](safe)
    await office.issue()
    waiting = (await office.dossier()).letter
    shown = await LetterDesk(office.parts, office.intents, office.desk()).show(DOSSIER, SIGNER)
    numbers = await office.store.find(REGISTER, {})
    counted = (await count_waiting(office.store, 0)).unsigned
    safe.give()
    office.clock.set(MORNING + LOOK_AGAIN)
    await office.issue()
    sent = (await office.dossier()).letter

    assert isinstance(waiting, Issuing)
    assert waiting.waits == WHY[fault]
    assert shown.waits == WORDS[WHY[fault]]
    assert numbers == []
    assert counted == {WHY[fault]: 1}
    assert isinstance(sent, Sent)
    assert sent.number == 1
    assert is_valid(await office.pdf(), safe.authority.root)
    assert (await count_waiting(office.store, 0)).unsigned == {}


async def test_a_certificate_of_the_person_who_is_printed_signs_however_the_name_is_written(office: Office, safe: Safe) -> None:
    safe.give(safe.authority.body(PRINTED.upper(), office="UBND xã Hoàng Vân"))
    await office.issue()

    assert isinstance((await office.dossier()).letter, Sent)
    assert is_valid(await office.pdf(), safe.authority.root)


def test_a_certificate_of_a_person_signs_nothing_that_names_nobody_and_a_file_says_that_it_is_the_bodys(safe: Safe) -> None:
    safe.give(safe.authority.body("Văn phòng", office=NAME))
    with pytest.raises(CannotSignError) as refused:
        safe.sign()
    (safe.folder / f"{UNIT}.name").write_text("Văn phòng", "utf-8")

    assert refused.value.why == "other-signer"
    assert is_valid(safe.sign(), safe.authority.root)


@pytest.mark.parametrize(
    ("subject", "person"),
    [
        (Subject(NAME, (), False, (NAME,)), ""),
        (Subject(NAME, (NAME,), False, (NAME, NAME)), ""),
        (Subject("Xã HV", (), False, ("Xã HV", UNIT)), ""),
        (Subject("Lý Văn A", (NAME,), False, ("Lý Văn A", NAME)), "Lý Văn A"),
        (Subject("Lý Văn A", (), True, ("Lý Văn A", UNIT)), "Lý Văn A"),
    ],
    ids=["the body", "the body in itself", "the body by its code", "somebody in the body", "somebody with a given name"],
)
def test_whom_a_certificate_was_given_to(subject: Subject, person: str) -> None:
    assert person_of(subject, names_of(REFERENCE.units[UNIT])) == person


# --- the signed paper, and nothing in its place -------------------------------------------------------------------------------


async def asked_for(office: Office, problem: str) -> str:
    """What is said in the place of a letter."""
    with pytest.raises(ProblemError) as refused:
        await office.pdf()
    assert (refused.value.problem.type, refused.value.problem.status) == (problem, 410 if problem == "no-paper" else 503)
    return refused.value.problem.detail or ""


async def test_a_signed_letter_whose_paper_is_lost_is_never_set_anew_and_rings(
    office: Office, safe: Safe, caplog: pytest.LogCaptureFixture
) -> None:
    safe.give()
    await office.issue()
    await office.store.delete_many(PAPERS, [DOSSIER])
    said = await asked_for(office, "no-paper")
    office.signatures = NO_KEYS  # the body has stopped signing since
    again = await asked_for(office, "no-paper")
    rings = office.parts.telemetry.registry.get_sample_value("dunghen_signed_papers_missing_total", {"service": "notifier"})

    assert said == again == MISSING
    assert rings == 2.0
    assert "the signed paper of a letter is not in the store" in caplog.text
    assert "Nông Thị Mẫu" not in caplog.text


async def test_of_a_letter_of_which_nobody_wrote_down_whether_it_was_signed_its_bodys_custom_decides(
    office: Office, safe: Safe
) -> None:
    safe.give()
    await office.issue()
    await office.store.delete_many(PAPERS, [DOSSIER])
    [document] = await office.store.find(DOSSIERS, {})
    del document["letter"]["stamped"]
    assert await office.store.save_many(DOSSIERS, [document]) == set()
    said = await asked_for(office, "no-paper")
    office.signatures = NO_KEYS

    assert said == MISSING
    assert "01/PXL" in words(await office.pdf())


async def test_a_letter_that_was_never_signed_is_set_anew_though_its_body_signs_today(office: Office, safe: Safe) -> None:
    office.signatures = NO_KEYS
    await office.issue()
    await office.store.delete_many(PAPERS, [DOSSIER])
    office.signatures = safe.signatures

    assert "01/PXL" in words(await office.pdf())


async def test_a_signed_letter_of_an_erased_person_is_gone_and_nobody_is_alarmed(office: Office, safe: Safe) -> None:
    safe.give()
    await office.issue()
    await office.erase()
    said = await asked_for(office, "no-paper")
    rings = office.parts.telemetry.registry.get_sample_value("dunghen_signed_papers_missing_total", {"service": "notifier"})

    assert said == ERASED
    assert rings in (None, 0.0)


async def test_a_signed_letter_whose_key_is_not_here_waits_for_it(office: Office, safe: Safe) -> None:
    safe.give()
    await office.issue()
    elsewhere = replace(office.desk(), opener=desk(MORNING, keys=key_ring({2: KEY})).opener)
    with pytest.raises(ProblemError) as refused:
        await LetterDesk(office.parts, office.intents, elsewhere).pdf(DOSSIER, SIGNER)

    assert (refused.value.problem.type, refused.value.problem.status) == ("locked", 503)


def test_each_obstacle_is_said_in_a_sentence_of_its_own() -> None:
    assert len(set(WORDS.values())) == len(WORDS)


def test_neither_password_nor_key_is_in_what_is_printed_of_keys(safe: Safe) -> None:
    safe.give(said="sai mật khẩu 52")
    with pytest.raises(CannotSignError) as refused:
        safe.sign()
    safe.give()
    safe.sign()
    shown = [repr(safe.signatures), repr(vars(safe.signatures)), repr(refused.value), refused.value.detail]

    assert not [text for text in shown if PASSWORD in text or "sai mật khẩu 52" in text or "PrivateKey" in text]


@pytest.mark.parametrize("name", ["UBND xã Hoàng Vân", "UỶ BAN  NHÂN DÂN XÃ HOÀNG VÂN", "ủy ban nhân dân xã hoàng vân"])
def test_a_body_is_known_by_its_name_however_it_is_written(safe: Safe, name: str) -> None:
    safe.give(safe.authority.body(name))

    assert is_valid(safe.sign(), safe.authority.root)


def test_a_body_is_known_by_its_code_in_the_certificate_or_by_the_name_in_a_file(safe: Safe) -> None:
    safe.give(safe.authority.body("Xã HV", code=UNIT))
    by_code = safe.sign()
    safe.give(safe.authority.body("Xã HV tỉnh LG"))
    (safe.folder / f"{UNIT}.name").write_text("xã HV tỉnh LG\n", "utf-8")
    by_file = safe.sign()

    assert is_valid(by_code, safe.authority.root)
    assert is_valid(by_file, safe.authority.root)


def test_a_renewed_key_is_taken_over_while_notifier_runs(safe: Safe) -> None:
    safe.give()
    safe.sign()
    before = safe.signatures.ends()[UNIT]
    longer = replace(safe.authority.times, last=safe.authority.times.last + timedelta(days=90))
    safe.give(safe.authority.body(NAME, longer))
    safe.sign()

    assert safe.signatures.ends()[UNIT] == before + timedelta(days=90)


# --- numbers ----------------------------------------------------------------------------------------------------------------


async def test_who_dies_between_signature_and_paper_leaves_one_number_and_one_signed_paper(
    office: Office, safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe.give()

    def dies(name: str) -> None:
        if name == "after-signature":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(office.parts.crash, "passed", dies, raising=False)
        with pytest.raises(KeyboardInterrupt):
            await office.issue()
    kept = await office.store.find(PAPERS, {})
    office.clock.set(at(6, "11:00"))
    await office.issue()
    letter = (await office.dossier()).letter

    assert kept == []
    assert isinstance(letter, Sent)
    assert [entry["number"] for entry in await office.store.find(REGISTER, {})] == [letter.number] == [1]
    assert "06/03/2026 11:00:00" in words(await office.pdf())


async def test_a_signature_that_fails_once_the_number_is_bound_keeps_that_number(
    office: Office, safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe.give()
    with monkeypatch.context() as patched:
        patched.setattr("services.notifier.signatures.RESERVED", 64)
        await office.issue()
    waiting = (await office.dossier()).letter
    safe.seconds += REST_SECONDS
    office.clock.set(MORNING + LOOK_AGAIN)
    await office.issue()
    letter = (await office.dossier()).letter

    assert isinstance(waiting, Issuing)
    assert (waiting.waits, waiting.claimed) == ("not-signed", True)
    assert isinstance(letter, Sent)
    assert [entry["number"] for entry in await office.store.find(REGISTER, {})] == [letter.number] == [1]
    assert is_valid(await office.pdf(), safe.authority.root)


async def test_a_signed_letter_that_nobody_can_open_yet_waits_and_is_not_handed_over_unsigned(
    office: Office, safe: Safe
) -> None:
    safe.give()
    await office.store.delete_many(DOSSIERS, [DOSSIER])
    await office.store.save_many(DOSSIERS, [heard(contact(epoch=7))])
    await office.issue()
    waiting = (await office.dossier()).letter

    assert isinstance(waiting, Issuing)
    assert waiting.waits == "no-paper"


async def test_a_letter_to_nobody_goes_without_a_paper_though_its_body_signs(office: Office, safe: Safe) -> None:
    safe.give()
    await office.store.delete_many(DOSSIERS, [DOSSIER])
    await office.store.save_many(DOSSIERS, [heard()])
    await office.issue()

    assert isinstance((await office.dossier()).letter, Sent)
    assert "Ký số" not in words(await office.pdf())


# --- timestamps -------------------------------------------------------------------------------------------------------------


class Stamping:
    """A timestamp server on loopback."""

    own: DummyTimeStamper

    def __init__(self) -> None:
        self.asked, self.answers = 0, True
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner.asked += 1
                asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["content-length"])))
                body = owner.own.request_tsa_response(asked).dump() if owner.answers else b""
                self.send_response(200 if owner.answers else 503)
                self.send_header("content-type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def vouched_by(self, authority: Authority) -> None:
        """With a key of its own."""
        holder = authority.body("Máy chủ dấu thời gian thử", stamps=True)
        key = holder.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        certificate = Certificate.load(holder.certificate.public_bytes(Encoding.DER))
        chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        chain.register(Certificate.load(authority.root.certificate.public_bytes(Encoding.DER)))
        self.own = DummyTimeStamper(certificate, PrivateKeyInfo.load(key), certs_to_embed=chain, fixed_dt=MORNING)


@pytest.fixture
def stamping() -> Iterator[Stamping]:
    server = Stamping()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def stamped(tmp_path: Path, stamping: Stamping) -> Safe:
    folder = tmp_path / "stamped"
    folder.mkdir()
    safe = Safe(folder, stamping.url)
    stamping.vouched_by(safe.authority)
    safe.give()
    return safe


def test_with_a_timestamp_server_the_signature_holds_its_timestamp(stamped: Safe, stamping: Stamping) -> None:
    pdf = stamped.sign()
    [signed] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures

    assert is_valid(pdf, stamped.authority.root)
    assert [one["type"].native for one in signed.signer_info["unsigned_attrs"]] == ["signature_time_stamp_token"]
    assert stamping.asked == 1


async def test_a_timestamp_server_that_is_down_is_left_alone_for_a_minute_and_the_number_stays(
    office: Office, stamped: Safe, stamping: Stamping
) -> None:
    office.signatures = stamped.signatures
    stamping.answers = False
    await office.issue()
    waiting = (await office.dossier()).letter
    asked = stamping.asked
    rests = stamped.signatures.obstacle(UNIT, MORNING)
    stamping.answers, stamped.seconds = True, REST_SECONDS
    office.clock.set(MORNING + LOOK_AGAIN)
    await office.issue()

    assert isinstance(waiting, Issuing)
    assert waiting.waits == rests == "no-timestamp"
    assert asked == 1
    assert isinstance((await office.dossier()).letter, Sent)
    assert len(await office.store.find(REGISTER, {})) == 1
