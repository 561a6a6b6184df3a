"""Letters that answer petitions: what calls for one, what the signer says in it, its number, and how it comes back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.letters import UnsentReason
from runtime.outputs import Decision, Output
from runtime.parts import INTENTS
from runtime.store import Document, open_documents
from services.notifier import store
from services.notifier.domain import answers, apologies, signing
from services.notifier.domain.answer_text import UNSENT
from services.notifier.domain.answers import AnswerApproval
from services.notifier.domain.letter import By, Drafted
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.signing import Approval
from services.notifier.http.views import history
from services.notifier.issuing import issue_letter
from services.notifier.outgoing import read_all
from services.notifier.store import DOSSIERS, load
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, absorb, context, decide, desk, forget, handle, recall, settle, text_of, view
from tests.support.notifier_hears import said
from tests.support.office import Office
from tests.support.petitions_upheld import PETITION, WHO, accepted, given, petitioner, reraised, upheld

NOTE, DONE = "yêu cầu nộp lại trích lục khai sinh đã nộp", "đã trả lại giấy tờ và chấn chỉnh quầy số 2"
WAIT = timedelta(minutes=5)
SORRY = AnswerApproval("Hoàng Đức Giả Định", NOTE, DONE)
THANKS = AnswerApproval("Hoàng Đức Giả Định", "hai bộ máy tính nay đặt ở nơi làm hồ sơ trực tuyến")


def play(events: Sequence[Event], document: Document | None = None, now: datetime = at(6)) -> tuple[Document, list[Output]]:  # noqa: B008
    current: Document = document or {"_id": PETITION, "rev": 0}
    outputs: list[Output] = []
    for event in events:
        decision = handle(current, event, context(now))
        current = decision.document
        outputs += decision.outputs
    return current, outputs


def sign(document: Document, approval: AnswerApproval, now: datetime = at(6)) -> Decision:  # noqa: B008
    ground = context(now).ground()
    digest = answers.preview_answer(load(document), approval, ground).digest
    seen = replace(approval, previewed=digest)
    return decide(document, lambda dossier: answers.approve_answer(dossier, seen, ground), context(now))


def issue(document: Document, entry: tuple[int, int] | None, now: datetime = at(6)) -> Decision:  # noqa: B008
    return decide(document, lambda dossier: apologies.issue(dossier, entry, context(now).ground()), context(now))


def words(document: Document) -> list[str]:
    text = text_of(document, desk(at(6)))
    assert text is not None
    return [text.title, text.subject, text.symbol, text.addressee, *text.paragraphs]


def kind_of(document: Document) -> Any:
    return document["letter"].get("kind")


# --- what calls for one ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (upheld(), "apology-error"),
        (upheld(kind="suggestion"), "apology-error"),
        (upheld(error=False), None),
        (upheld(kind="complaint"), None),
        (upheld(kind="denunciation"), None),
        (upheld(kind="praise"), None),
        (accepted(), "thanks"),
        (given("person", "ideas"), "thanks"),
        (reraised(), None),
    ],
)
def test_an_error_calls_for_an_apology_and_an_accepted_suggestion_and_a_contribution_for_thanks(
    event: Event, kind: str | None
) -> None:
    """R18, R20: a complaint, a denunciation and praise call for no letter by themselves."""
    document, outputs = play([petitioner(), event])

    assert said(outputs) == ([] if kind is None else ["drafted"])
    assert document.get("letter", {}).get("kind") == kind
    assert [output.body["data"]["kind"] for output in outputs] == ([] if kind is None else [kind])


def test_what_is_said_again_or_late_drafts_nothing_more_and_an_apology_takes_the_thanks_in() -> None:
    """R17: one letter per petition."""
    document, outputs = play([upheld(kind="suggestion"), accepted(), upheld(kind="suggestion"), accepted()])

    assert (len(outputs), kind_of(document)) == (1, "apology-error")
    assert outputs[0].body["data"]["dossier"] == DOSSIER


def test_a_unit_that_went_live_later_owes_nothing_for_what_was_before() -> None:
    unit = REFERENCE.units["H37.12"].model_copy(update={"go_live": at(20)})
    before = replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit})

    assert list(handle({"_id": PETITION, "rev": 0}, upheld(), context(at(25), before)).outputs) == []


def test_a_petition_that_is_raised_again_takes_the_draft_back_and_its_next_answer_drafts_it_anew() -> None:
    document, outputs = play([upheld(), reraised()])
    again, more = play([accepted(12, at(11), round=2)], document, at(12))

    assert said([*outputs, *more]) == ["drafted", "withdrawn", "drafted"]
    assert (document["letter"]["s"], again["letter"]["s"], again["letter"]["n"]) == ("withdrawn", "drafted", 2)
    assert kind_of(again) == "thanks"
    lines = [line.what for line in history(load(again))]
    assert sorted(lines) == sorted(["Lập dự thảo", "Rút dự thảo: người gửi phản ánh lại", "Đưa lại bàn ký"])


def test_a_signed_letter_that_nobody_began_to_number_is_called_off_too_and_an_issued_one_stands() -> None:
    signed = sign(play([petitioner(), upheld()])[0], SORRY).document
    off, outputs = play([reraised()], signed, at(9))
    stands, none = play([reraised(), accepted(12, at(11), round=2)], issue(signed, (4, 2026)).document, at(12))

    assert (off["letter"]["s"], said(outputs)) == ("withdrawn", ["withdrawn"])
    assert (stands["letter"]["s"], none) == ("sent", [])


# --- what the signer says --------------------------------------------------------------


HEAD = "Ủy ban nhân dân xã Hoàng Vân"


def test_an_apology_says_what_went_wrong_and_what_was_done_in_the_signers_words_and_nothing_of_the_petition() -> None:
    """R18, R34."""
    signed = sign(play([petitioner(), upheld()])[0], SORRY)
    sent = issue(signed.document, (4, 2026))

    assert words(sent.document)[:-1] == [
        "Văn bản xin lỗi",
        "về sai sót trong quá trình giải quyết",
        "04/PXL",
        "Ông/Bà Ánh Thị Ví Dụ",
        f"{HEAD} đã xem xét phản ánh, kiến nghị của Ông/Bà (mã ý kiến: {PETITION}; mã hồ sơ: {DOSSIER}) và xác định phản ánh "
        "của Ông/Bà là đúng.",
        f"Sai sót: {NOTE}.",
        f"Việc đã làm để khắc phục: {DONE}.",
        f"Sai sót này gây phiền hà, tốn kém chi phí và công sức của Ông/Bà. {HEAD} thành thật xin lỗi Ông/Bà và xin rút kinh "
        "nghiệm để không lặp lại.",
    ]
    assert said([*signed.outputs, *sent.outputs]) == ["approved", "sent"]  # and no message: it is handed over or posted
    body = " ".join(str(output.body) for output in (*signed.outputs, *sent.outputs))
    assert not any(secret in body for secret in (NOTE, DONE, WHO["name"], SORRY.by))


@pytest.mark.parametrize(
    ("event", "addressee", "first"),
    [
        (accepted(), "Ông/Bà Ánh Thị Ví Dụ", f"{HEAD} đã tiếp thu góp ý của Ông/Bà (mã ý kiến: {PETITION})."),
        (
            given("person", "work"),
            "Ông/Bà Ánh Thị Ví Dụ",
            f"Ngày 05 tháng 3 năm 2026, {HEAD} đã ghi nhận đóng góp công sức của Ông/Bà.",
        ),
        (given(), "Ánh Thị Ví Dụ", f"Ngày 05 tháng 3 năm 2026, {HEAD} đã ghi nhận đóng góp hiện vật của Quý vị."),
    ],
)
def test_thanks_are_to_a_person_or_a_group_and_have_a_number_only_if_the_signer_wants_one(
    event: Event, addressee: str, first: str
) -> None:
    """R20, R22."""
    document = play([petitioner(), event])[0]
    plain = issue(sign(document, THANKS).document, None)
    numbered = issue(sign(document, replace(THANKS, numbered=True)).document, (5, 2026))

    title, subject, symbol, whom, says, *more = words(plain.document)
    assert (title, subject, symbol, whom, says.replace("\u00a0", " ")) == ("Thư cảm ơn", "", "", addressee, first)
    assert more[0] == "Hai bộ máy tính nay đặt ở nơi làm hồ sơ trực tuyến."
    assert words(numbered.document)[2] == "05"
    data = [decision.outputs[0].body["data"] for decision in (plain, numbered)]
    assert [(one.get("number"), one.get("year")) for one in data] == [(None, None), (5, 2026)]


def test_a_letter_to_somebody_whose_name_nobody_knows_says_which_petition_it_answers() -> None:
    assert words(play([upheld()])[0])[3] == f"Người gửi ý kiến mã số {PETITION}"
    assert words(play([given()])[0])[3] == "Tập thể đã đóng góp"


@pytest.mark.parametrize(
    ("event", "approval", "rule"),
    [
        (upheld(), replace(SORRY, note=" .\u202e "), "note"),
        (upheld(), replace(SORRY, done=""), "done"),
        (upheld(), replace(SORRY, done="a" * 501), "done"),
        (accepted(), replace(THANKS, note=""), "note"),
    ],
)
def test_nothing_is_signed_without_words(event: Event, approval: AnswerApproval, rule: str) -> None:
    with pytest.raises(NotAllowedError) as refused:
        sign(play([event])[0], approval)
    assert refused.value.rule == rule


def test_what_was_seen_is_what_is_signed_and_a_contact_that_was_erased_meanwhile_is_looked_at_again() -> None:
    document, ground = play([petitioner(), accepted()])[0], context(at(6)).ground()
    digest = answers.preview_answer(load(document), THANKS, ground).digest
    erased = forget(document, context(at(6))).document
    for known, seen in ((document, replace(THANKS, previewed=digest, numbered=True)), (document, THANKS)):
        with pytest.raises(NotAllowedError, match="preview"):
            answers.approve_answer(load(known), seen, ground)
    with pytest.raises(NotAllowedError, match="preview"):
        answers.approve_answer(load(erased), replace(THANKS, previewed=digest), ground)


def test_each_kind_of_letter_is_decided_about_by_its_own_rules() -> None:
    answer, ground = load(play([upheld()])[0]), context(at(6)).ground()
    with pytest.raises(NotAllowedError, match="kind"):
        signing.approve(answer, Approval("workload", "x", new_due_at=at(11)), ground)
    with pytest.raises(NotAllowedError, match="kind"):
        signing.reject(answer, "in-time", "x", ground)


@pytest.mark.parametrize("reason", list(UNSENT))
def test_a_letter_is_not_sent_for_a_reason_and_taken_back_until_the_petition_is_raised_again(reason: UnsentReason) -> None:
    document, now = play([petitioner(), upheld()])[0], context(at(6))
    refused = decide(document, lambda one: answers.reject_answer(one, reason, "x", now.ground(), "s"), now)
    back = decide(refused.document, lambda one: signing.take_back(one, By("x", "s"), now.ground()), now)
    raised = play([reraised()], refused.document, at(9))[0]

    assert said(list(refused.outputs)) == [f"rejected {reason}"]
    assert view(refused.document, now).reason_name == UNSENT[reason]
    assert view(refused.document, now).may_be_taken_back
    assert (back.document["letter"]["s"], back.document["letter"]["n"]) == ("drafted", 2)
    with pytest.raises(NotAllowedError, match="state"):
        signing.take_back(load(raised), By("x", "s"), now.ground())


def test_only_a_letter_about_a_dossier_can_be_covered_by_that_of_the_dossier() -> None:
    """R17."""
    with pytest.raises(NotAllowedError, match="R17"):
        answers.reject_answer(load(play([accepted()])[0]), "covered", "x", context(at(6)).ground())


# --- its number ------------------------------------------------------------------------


async def test_letters_of_both_kinds_share_the_numbers_of_their_body_and_thanks_without_one_take_none(tmp_path: Path) -> None:
    """R22."""
    documents = open_documents(f"sqlite:///{tmp_path}/register.db")
    await store.declare(documents)
    await documents.declare(INTENTS)
    office = Office(documents)
    codes = [f"PA-260302-AAAAAAA{letter}" for letter in "ABCD"]
    for number, code in enumerate(codes):
        event, approval = (upheld(), SORRY) if number % 2 else (accepted(), replace(THANKS, numbered=number == 2))
        document = play([petitioner(), event], {"_id": code, "rev": 0})[0]
        signed = sign(document, approval, office.clock.now()).document
        await documents.save_many(DOSSIERS, [{**signed, "outbox": []}])
    for code in (*codes, *codes):  # a second time nothing happens
        own = office.desk()
        dossier = (await store.find_many(documents, [code]))[0]
        await issue_letter(office.parts, office.intents, own.press, own.ground, dossier, WAIT)
    lines = await read_all(documents, "H37.12", 2026)
    await documents.close()

    assert [(line.symbol, line.kind, line.dossier, line.missing) for line in lines] == [
        ("01/PXL", "Văn bản xin lỗi", codes[1], ()),
        ("02", "Thư cảm ơn", codes[2], ()),
        ("03/PXL", "Văn bản xin lỗi", codes[3], ()),
    ]


# --- brought back ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["drafted", "rejected", "withdrawn", "sent", "thanks without a number"])
def test_a_letter_comes_back_from_the_log_as_it_was(state: str) -> None:
    """R17: and is drafted no second time."""
    heard, own = [petitioner(), accepted() if state.startswith("thanks") else upheld()], list[Event]()
    document: Document = {"_id": PETITION, "rev": 0}

    def take(decision: Decision) -> None:
        nonlocal document
        document = decision.document
        own.extend(decode(encode(output), EVENT_TYPES) for output in decision.outputs)

    for event in heard:
        take(handle(document, event, context(at(6))))
    if state == "withdrawn":
        heard.append(reraised())
        take(handle(document, heard[-1], context(at(9))))
    if state == "rejected":
        ground = context(at(6)).ground()
        take(decide(document, lambda one: answers.reject_answer(one, "in-person", "x", ground, "s"), context(at(6))))
    if state in ("sent", "thanks without a number"):
        take(sign(document, SORRY if state == "sent" else THANKS))
        take(issue(document, (4, 2026) if state == "sent" else None))

    rebuilt: Document = {"_id": PETITION, "rev": 0}
    for event in own:
        rebuilt = recall(rebuilt, event)
    for event in heard:
        rebuilt = absorb(rebuilt, event)
    decision = settle(rebuilt, context(at(27)), deduplicates=False)

    assert list(decision.outputs) == []
    lost = {"by", "by_subject", "note", "done", "previewed", "unnumbered", "approved_at"}
    ours, theirs = (
        {name: value for name, value in one["letter"].items() if name not in lost} for one in (decision.document, document)
    )
    assert ours == theirs
    assert decision.document["owed"] == document["owed"]


def test_a_call_that_nobody_took_in_is_drafted_after_recovery_and_once() -> None:
    rebuilt: Document = {"_id": PETITION, "rev": 0}
    for event in (petitioner(), upheld(), upheld()):
        rebuilt = absorb(rebuilt, event)
    decision = settle(rebuilt, context(at(7)), deduplicates=False)

    assert said(list(decision.outputs)) == ["drafted"]
    assert list(handle(decision.document, upheld(), context(at(7))).outputs) == []


def test_a_signed_letter_that_was_not_issued_is_signed_again_after_recovery() -> None:
    own = [decode(encode(o), EVENT_TYPES) for o in play([petitioner(), upheld()])[1]]
    own += [decode(encode(o), EVENT_TYPES) for o in sign(play([petitioner(), upheld()])[0], SORRY).outputs]
    rebuilt: Document = {"_id": PETITION, "rev": 0}
    for event in own:
        rebuilt = recall(rebuilt, event)
    for event in (petitioner(), upheld()):
        rebuilt = absorb(rebuilt, event)
    decision = settle(rebuilt, context(at(7)), deduplicates=False)

    assert isinstance(load(decision.document).letter, Drafted)
    assert "cần duyệt và ký lại" in view(decision.document, context(at(7))).remark
    assert kind_of(decision.document) == "apology-error"
