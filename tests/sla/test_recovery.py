"""sla brought back from the log: whatever order the topics are read in, nothing is decided anew."""

import pytest

from contracts import EVENT_TYPES, Event
from dunghen import PROVINCE
from services.sla.handlers import Context
from services.sla.recovery import FORGOTTEN_SIGNER, recovery
from services.sla.settings import SlaSettings
from services.sla.store import JOURNAL
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.sla import absorb, on_calendar, recall, recall_change
from tests.support.sla_lives import LIVES, Life, ask, bare, copies, overdue


@pytest.mark.parametrize("name", LIVES)
def test_a_rebuilt_document_equals_the_old_one_whatever_order_the_topics_are_read_in(name: str) -> None:
    LIVES[name]().compare()


@pytest.mark.parametrize("name", LIVES)
def test_what_was_said_is_known_to_a_store_that_lost_nothing(name: str) -> None:
    life = LIVES[name]()

    for event in life.own:
        assert recall(life.document, event) is life.document


@pytest.mark.parametrize("name", LIVES)
def test_a_copy_from_any_moment_comes_up_to_what_was_said_since(name: str) -> None:
    life = LIVES[name]()

    for document, dossiers, notices in copies(name):
        rest = [*life.dossiers[dossiers:], *life.notices[notices:]]
        decision = life.rebuilt(rest, start=document, own=life.own)
        assert bare(on_calendar(decision.document, life.context).document) == bare(life.document)
        assert not decision.outputs


def test_an_ask_that_was_never_answered_is_answered_once_all_facts_are_known() -> None:
    life = overdue()
    asked = ask(at(11), at(9, "11:00"))

    decision = life.rebuilt([asked, *life.dossiers])

    assert decision.document["asks"] == {asked.id: "granted"}
    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.deadline.moved.v1"]


def test_a_fact_that_nobody_had_handled_is_stated_after_recovery() -> None:
    life = overdue()

    decision = life.rebuilt([*life.dossiers, fact("completed", at(9, "11:00"))])

    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.deadline.settled.v1"]
    assert "open_due" not in decision.document


def test_a_promise_stands_as_it_was_said_although_the_settings_read_otherwise_by_now() -> None:
    life = overdue().hear(fact("completed", at(10)))
    other = SlaSettings(reference_dir=PROVINCE, due_time="closing", early_by="time")
    life.context = Context.of(life.context.reference, other, life.clock)

    decision = life.rebuilt(life.dossiers)

    assert not decision.outputs
    assert decision.document["deadline"]["due"] == life.document["deadline"]["due"]


def test_statements_of_an_older_release_are_taken_by_the_end_they_name() -> None:
    life = overdue().hear(ask(at(11), at(9, "11:00")), fact("completed", at(10)))
    for number, event in enumerate(life.own):
        data = event.data.model_copy(update=dict.fromkeys({"counted_from", "calendar"} & type(event.data).model_fields.keys()))
        life.own[number] = Event(
            event.id, event.source, event.type, event.subject, event.time, data, event.sequence, event.correlation
        )

    decision = life.rebuilt([*life.notices, *life.dossiers])

    assert bare(decision.document) == bare(life.document)
    assert not decision.outputs


def test_while_it_recovers_a_document_is_in_no_list_and_has_no_timer() -> None:
    life = overdue()
    document = recall(life.document, life.own[0])
    for event in [*life.own, *life.dossiers]:
        document = recall(absorb({"_id": DOSSIER, "rev": 0}, life.dossiers[0]), event)

    assert not {"next_rung_at", "open_due"} & document.keys()


def test_changes_of_the_calendar_come_back_into_the_journal_without_their_signer() -> None:
    body = {"at": at(3), "number": 7, "days": [{"day": "2026-03-06", "kind": "off"}], "name": "Nghỉ bù", "source": "TB 1/2026"}
    data = EVENT_TYPES["vn.dunghen.calendar.changed.v1"].model_validate(body)
    event = Event("x", "/sla", "vn.dunghen.calendar.changed.v1", "calendar", at(3), data)
    (own,) = [r for r in recovery(Life().context).recalls if r.collection == JOURNAL]

    entry = recall_change({"_id": own.id_of(event), "rev": 0}, event)

    assert (entry["_id"], entry["number"], entry["signer"]) == ("000007", 7, FORGOTTEN_SIGNER)
    assert recall_change(entry, event) is entry
