"""The way to a mail server, on a real one: what it takes, and what each fault of it means for a message."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from runtime.mail import Answer, Attached, Mail, Mailing, MailSettings, MemoryMail, SmtpMail
from runtime.mail.message import as_bytes
from tests.support.mail import PASSWORD, USER, Place, cut, hang, smtp_server
from tests.support.ports import free_port

ONE, TWO = "motcua@hoangvan.example", "vanthu@hoangvan.example"
AT = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def mailing(*to: str, name: str = "2026-03-02.morning.H37.12") -> Mailing:
    return Mailing(name, to or (ONE, TWO), "Hồ sơ đến hạn", "Còn 2 hồ sơ.\n. một dòng bắt đầu bằng dấu chấm\n", AT)


def settings(port: int, **more: object) -> MailSettings:
    given = {"mail_host": "localhost", "mail_port": port, "mail_tls": "none", "mail_from": "dunghen@tinh.example"}
    return MailSettings.model_validate({**given, "mail_seconds": 0.5, **more}, by_name=True)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with smtp_server() as running:
        yield running


@pytest.fixture
async def mail(place: Place) -> AsyncIterator[SmtpMail]:
    mail = SmtpMail(settings(place.port))
    yield mail
    await mail.rest()


async def test_a_message_is_read_as_it_was_written_and_no_machine_answers_it(place: Place, mail: SmtpMail) -> None:
    answers = await mail.send(mailing())

    assert answers == {ONE: Answer("taken"), TWO: Answer("taken")}
    letter = place.box.letters()[0]
    assert letter["subject"] == "Hồ sơ đến hạn"
    assert letter.get_content().replace("\r\n", "\n") == mailing().text
    assert str(letter["from"]) == "Đúng Hẹn <dunghen@tinh.example>"
    assert str(letter["to"]) == f"{ONE}, {TWO}"
    assert letter["message-id"] == "<2026-03-02.morning.H37.12@tinh.example>"
    assert letter["date"].datetime == AT
    assert letter["auto-submitted"] == "auto-generated"
    assert (letter.get_content_type(), letter.get_content_charset()) == ("text/plain", "utf-8")
    assert place.box.raw()[0].isascii()


async def test_a_pdf_goes_with_the_text_byte_for_byte(place: Place, mail: SmtpMail) -> None:
    pdf = b"%PDF-1.7\r\n.\n" + bytes(range(256)) * 8_000
    await mail.send(replace(mailing(), attached=Attached("thu-xin-loi.pdf", pdf)))
    [letter] = place.box.letters()
    [file] = letter.iter_attachments()
    text = letter.get_body(("plain",))

    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == mailing().text
    assert (file.get_content_type(), file.get_filename(), file.get_content()) == ("application/pdf", "thu-xin-loi.pdf", pdf)
    assert place.box.raw()[0].isascii()


@pytest.mark.parametrize("code", ["H37.12-260302-0001", "000.00.14.H37-261105-0042", "H37.1-260302-0001"])
@pytest.mark.parametrize(
    "told",
    [
        *("xin lỗi vì trả kết quả trễ hẹn", "cần thực hiện nghĩa vụ tài chính", "đã có kết quả", "cần bổ sung giấy tờ", "dừng"),
        "một câu dài hơn mọi câu khác, để xem mỗi chỗ ngắt dòng có giữ đủ khoảng trắng giữa các chữ hay không",
    ],
)
def test_a_subject_is_read_as_it_was_written_wherever_its_lines_are_cut(code: str, told: str) -> None:
    subject = f"Hồ sơ {code}: {told}"
    raw = as_bytes(replace(mailing(), subject=subject), "dunghen@tinh.example")

    assert message_from_bytes(raw, policy=default)["subject"] == subject
    assert max(map(len, raw.split(b"\r\n"))) <= 78


async def test_a_batch_is_one_connection_and_the_next_one_is_another(place: Place, mail: SmtpMail) -> None:
    for number in range(3):
        await mail.send(mailing(name=f"m{number}"))
    await mail.rest()
    assert place.box.connections == 1
    await mail.send(mailing(name="m3"))
    assert (place.box.connections, len(place.box.taken)) == (2, 4)


async def test_a_connection_that_ended_while_it_rested_is_opened_again(place: Place, mail: SmtpMail) -> None:
    await mail.send(mailing(name="m1"))
    place.box.before["MAIL"] = cut
    assert (await mail.send(mailing(name="m2")))[ONE].outcome == "away"  # the second one was cut as well
    await mail.send(mailing(name="m2"))
    place.box.before.clear()
    assert (await mail.send(mailing(name="m3")))[ONE].outcome == "taken"


@pytest.mark.parametrize(
    ("said", "outcome"), [("550 no such box", "refused"), ("452 full", "busy"), ("451 greylisted", "busy")]
)
async def test_a_mailbox_that_is_refused_harms_no_neighbour(place: Place, mail: SmtpMail, said: str, outcome: str) -> None:
    place.box.says[ONE] = said
    answers = await mail.send(mailing())

    assert answers == {ONE: Answer(outcome, said[:3]), TWO: Answer("taken")}  # type: ignore[arg-type]
    assert [each.rcpt_tos for each in place.box.taken] == [[TWO]]


async def test_a_message_that_no_mailbox_takes_is_handed_over_to_none_and_the_next_one_goes_out(
    place: Place, mail: SmtpMail
) -> None:
    place.box.says = {ONE: "550 no such box", TWO: "550 no such box"}
    answers = await mail.send(mailing())
    next_one = await mail.send(mailing("khac@hoangvan.example"))

    assert {answer.outcome for answer in answers.values()} == {"refused"}
    assert next_one["khac@hoangvan.example"].outcome == "taken"


@pytest.mark.parametrize(("said", "outcome"), [("451 try later", "busy"), ("554 no", "refused"), ("421 closing", "busy")])
async def test_a_server_that_says_no_to_a_message_has_not_taken_it(
    place: Place, mail: SmtpMail, said: str, outcome: str
) -> None:
    place.box.to_data = said
    first = await mail.send(mailing())
    place.box.to_data = "250 OK"
    second = await mail.send(mailing())

    assert {answer.outcome for answer in first.values()} == {outcome}
    assert {answer.outcome for answer in second.values()} == {"taken"}
    assert len(place.box.taken) == 1


@pytest.mark.parametrize("fault", [cut, hang])
async def test_an_answer_that_is_lost_after_the_message_is_uncertain(place: Place, mail: SmtpMail, fault: Callable) -> None:  # type: ignore[type-arg]
    place.box.before["DATA"] = fault
    answers = await mail.send(mailing())

    assert {answer.outcome for answer in answers.values()} == {"uncertain"}
    assert len(place.box.taken) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize("fault", [cut, hang])
async def test_what_goes_wrong_before_the_message_hands_over_nothing(
    place: Place,
    mail: SmtpMail,
    step: str,
    fault: Callable,  # type: ignore[type-arg]
) -> None:
    place.box.before[step] = fault
    answers = await mail.send(mailing())

    assert {answer.outcome for answer in answers.values()} == {"away"}
    assert place.box.taken == []


async def test_a_server_that_is_not_there_is_away() -> None:
    mail = SmtpMail(settings(free_port()))
    answers = await mail.send(mailing())
    await mail.rest()

    assert {answer.outcome for answer in answers.values()} == {"away"}


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n", b"\xff\xfe\r\n" * 3, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_what_says_nothing_or_is_no_mail_server_is_away_within_its_time(tls: str, greeting: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(talk, "localhost", 0) as server:
        mail = SmtpMail(settings(server.sockets[0].getsockname()[1], mail_tls=tls))
        async with asyncio.timeout(10):
            answers = await mail.send(mailing())
        await asyncio.sleep(0.01)

    assert {answer.outcome for answer in answers.values()} == {"away"}


async def test_a_secret_connection_and_a_name_let_a_message_through(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    more = {"mail_tls": "starttls", "mail_ca_file": tmp_path / "ca.pem", "mail_user": USER, "mail_password": PASSWORD}
    async with smtp_server(tls=authority) as place:
        mail = SmtpMail(settings(place.port, **more))
        answers = await mail.send(mailing())
        await mail.rest()
        wrong = SmtpMail(settings(place.port, **{**more, "mail_password": "khong-dung"}))
        not_let_in = await wrong.send(mailing())
        stranger = SmtpMail(settings(place.port, **{**more, "mail_ca_file": None}))
        not_believed = await stranger.send(mailing())

    assert answers[ONE] == Answer("taken")
    assert not_let_in[ONE] == Answer("away", "SMTPAuthenticationError 535")
    assert not_believed[ONE].outcome == "away"
    assert len(place.box.taken) == 1


async def test_a_server_without_starttls_gets_no_password_and_no_message() -> None:
    async with smtp_server() as place:
        mail = SmtpMail(settings(place.port, mail_tls="starttls", mail_user=USER, mail_password=PASSWORD))
        answers = await mail.send(mailing())

    assert answers[ONE].outcome == "away"
    assert place.box.taken == []


async def test_a_subject_of_several_lines_adds_no_header(mail: SmtpMail) -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        await mail.send(Mailing("m", (ONE,), "Hồ sơ\r\nBcc: la@khac.example", "", AT))


def test_settings_that_would_not_work_are_refused() -> None:
    for more, said in (
        ({"mail_from": ""}, "MAIL_FROM"),
        ({"mail_user": USER}, "MAIL_PASSWORD"),
        ({"mail_user": USER, "mail_password": SecretStr(PASSWORD)}, "MAIL_TLS"),
        ({"mail_from": "Dung Hen <a@b.example>"}, "mail_from"),
        ({"mail_ca_file": Path("/nowhere")}, "mail_ca_file"),
    ):
        with pytest.raises(ValidationError, match=said) as refused:
            settings(25, **more)
        assert PASSWORD not in str(refused.value.errors(include_input=False))


async def test_a_file_that_holds_no_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(ValueError, match="MAIL_CA_FILE"):
        SmtpMail(settings(25, mail_ca_file=tmp_path / "ca.pem"))


@pytest.mark.parametrize("kind", ["smtp", "memory"])
async def test_both_ways_answer_alike(place: Place, mail: SmtpMail, kind: str) -> None:
    memory = MemoryMail()
    way: Mail = mail if kind == "smtp" else memory
    memory.says = {ONE: "refused"}
    place.box.says = {ONE: "550 no such box"}
    answers = await way.send(mailing())

    assert {box: answer.outcome for box, answer in answers.items()} == {ONE: "refused", TWO: "taken"}
    assert len(memory.sent if kind == "memory" else place.box.taken) == 1
    await way.rest()
    await way.rest()
