"""`dunghen contact-keys`: what it prints is what services read, and its figures say when a key may go."""

import asyncio
import json
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from typer.testing import CliRunner, Result

from dunghen.__main__ import make_app
from runtime.sealing import Opener, Sealer
from runtime.store import open_documents
from services.intake.sealing import hash_keys_of
from services.notifier.domain.wishes import WishStep
from services.notifier.store import DOSSIERS, declare
from services.notifier.wishes import WishBook
from tests.support.dossiers import at
from tests.support.notifier import KEY, claimed, desk, key_ring
from tests.support.notifier_hears import DONE, PROMISED, contact, play

RUN, app = CliRunner(), make_app()
FIRST = PrivateKey.generate()


def run(*words: str, **environment: str) -> Result:
    return RUN.invoke(app, ["contact-keys", *words], env=environment)


def settings(done: Result) -> dict[str, str]:
    assert done.exit_code == 0, done.output
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_the_next_key_joins_those_that_are_held_and_its_public_half_seals_to_it() -> None:
    done = run("next", CONTACTS_PRIVATE_KEYS=key_ring({1: "retired", 4: FIRST}))
    ring, sealer = Opener.parse(settings(done)["CONTACTS_PRIVATE_KEYS"]), Sealer.parse(settings(done)["CONTACTS_PUBLIC_KEY"])

    assert (sorted(ring.keys), ring.retired, sealer.epoch) == ([4, 5], frozenset({1}), 5)
    assert bytes(ring.keys[4]) == bytes(FIRST)
    assert ring.open(5, sealer.seal({"a": 1})) == {"a": 1}
    assert done.stderr.index("notifier") < done.stderr.index("intake và feedback")
    assert 'dunghen_contact_keys{epoch="5"}' in done.stderr


@pytest.mark.parametrize("ring", ["", "abc", "1:abc", "1:retired"])
def test_without_keys_that_hold_no_next_one_is_made(ring: str) -> None:
    done = run("next", CONTACTS_PRIVATE_KEYS=ring)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "CONTACTS_PRIVATE_KEYS" in done.stderr
    assert "abc" not in done.stderr


def test_a_hash_key_comes_in_last_and_is_put_first_in_a_second_step() -> None:
    old = "the old secret of a run"
    joined = settings(run("next-hash", CONTACTS_HASH_KEYS=old))["CONTACTS_HASH_KEYS"]
    put_first = settings(run("promote-hash", CONTACTS_HASH_KEYS=joined))["CONTACTS_HASH_KEYS"]

    assert hash_keys_of(joined)[0] == old.encode()
    assert hash_keys_of(put_first) == hash_keys_of(joined)[::-1]
    assert run("promote-hash", CONTACTS_HASH_KEYS=old).exit_code == 2
    assert run("next-hash", CONTACTS_HASH_KEYS="short").exit_code == 2


def test_an_epoch_is_needed_as_long_as_somebody_may_have_to_be_told(tmp_path: Path) -> None:
    url, ring = f"sqlite:///{tmp_path / 'notifier.db'}", desk(at(6))
    under_way = play([PROMISED, contact()])[0]
    waiting = play([PROMISED, contact(epoch=2), DONE])[0]
    done = {**claimed(play([PROMISED, contact(), DONE])[0], ring)[0]}
    done["notices"] = {"result-ready": {"s": "accepted", "at": 1}}
    del done["next_send_at"]
    documents = {"1": under_way, "2": waiting, "3": done}

    async def save() -> None:
        store = open_documents(url)
        await declare(store)
        await store.save_many(DOSSIERS, [{**document, "_id": code, "rev": 0} for code, document in documents.items()])
        await store.close()

    asyncio.run(save())
    rows = json.loads(run("ls", "--format", "json", STORE_URL=url).stdout)

    assert rows == [
        {"epoch": 1, "contacts": 2, "needed": 1, "letters": 0},
        {"epoch": 2, "contacts": 1, "needed": 1, "letters": 0},
    ]
    assert "Còn cần" in run("ls", STORE_URL=url).stdout
    assert run("ls", STORE_URL="nowhere://x").exit_code == 2


def test_figures_of_another_services_store_are_not_given(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'intake.db'}"
    assert run("ls", STORE_URL=url).exit_code == 3  # nothing is there: no figure either

    async def save() -> None:
        store = open_documents(url)
        await declare(store)
        await store.save_many(DOSSIERS, [{"_id": "H37.12-260302-0001", "rev": 0, "contact": {"seq": 1, "h": "digest"}}])
        await store.close()

    asyncio.run(save())
    done = run("ls", STORE_URL=url)

    assert done.exit_code == 2
    assert "notifier" in done.stderr


def test_the_secret_of_wishes_rotates_by_the_same_commands_and_wishes_move_to_the_new_one(tmp_path: Path) -> None:
    """R29."""
    old, url = "the old secret of wishes", f"sqlite:///{tmp_path / 'notifier'}.db"
    joined = settings(run("next-hash", "--wishes", NOTIFIER_HASH_KEYS=old))["NOTIFIER_HASH_KEYS"]
    promoted = settings(run("promote-hash", "--wishes", NOTIFIER_HASH_KEYS=joined))["NOTIFIER_HASH_KEYS"]

    async def before() -> None:
        documents = open_documents(url)
        await declare(documents)
        await documents.save_many(DOSSIERS, [{**play([PROMISED, contact(), DONE])[0], "rev": 0}])
        book = WishBook(documents, [old.encode()], {})
        for number in ("+84912000007", "+84912000008"):  # the second one's contact is no longer here
            await book.enter(number, WishStep("a", 1, True, "sms"))
        await documents.close()

    asyncio.run(before())
    ring = key_ring({1: KEY})
    counted = run("wishes", "--store", url, NOTIFIER_HASH_KEYS=promoted)
    moved = run("wishes", "--move", "--store", url, NOTIFIER_HASH_KEYS=promoted, CONTACTS_PRIVATE_KEYS=ring)
    lost = run("wishes", "--store", url, NOTIFIER_HASH_KEYS=promoted.split(",")[0])

    assert promoted.split(",")[1] == old
    assert counted.stdout.splitlines() == ["Khóa thứ 1: 0", "Khóa thứ 2: 2"]
    assert moved.stdout.splitlines() == ["Đã chuyển: 1", "Khóa thứ 1: 1", "Khóa thứ 2: 1"]
    assert "Khóa không còn trong NOTIFIER_HASH_KEYS: 1" in lost.stdout
    assert run("wishes", "--store", url).exit_code == 2
