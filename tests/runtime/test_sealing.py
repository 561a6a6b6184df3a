"""Sealed boxes by epoch, and a service's own boxes under several secrets."""

import base64

import pytest
from nacl.public import PrivateKey

from runtime.sealing import Locker, Opener, Sealer

FIRST, SECOND = PrivateKey(b"1" * 32), PrivateKey(b"2" * 32)  # the same in every process that collects tests


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


RING = f"1:{written(bytes(FIRST))}, 2:{written(bytes(SECOND))},3:retired"


def test_each_epoch_is_opened_by_its_own_key() -> None:
    opener = Opener.parse(RING)
    for epoch, key in ((1, FIRST), (2, SECOND)):
        sealer = Sealer.parse(f"{epoch}:{written(bytes(key.public_key))}")

        assert sealer.epoch == epoch
        assert opener.open(epoch, sealer.seal({"name": "Nông Thị Mẫu"})) == {"name": "Nông Thị Mẫu"}


@pytest.mark.parametrize(
    ("epoch", "key", "why"), [(3, FIRST, "retired"), (4, FIRST, "no-key"), (2, FIRST, "wrong-key"), (1, SECOND, "wrong-key")]
)
def test_what_is_not_opened_says_why(epoch: int, key: PrivateKey, why: str) -> None:
    assert Opener.parse(RING).open(epoch, Sealer(key.public_key, epoch).seal({})) == why


@pytest.mark.parametrize("sealed", ["", "AAAA", "A", "no base64!", "ĐÂY", written(b"x" * 48)])
def test_what_no_key_opens_is_never_taken_for_something_empty(sealed: str) -> None:
    assert Opener.parse(RING).open(1, sealed) == "wrong-key"


def test_what_opens_and_is_no_object_of_ours_is_empty() -> None:
    from nacl.public import SealedBox  # noqa: PLC0415 - only a stranger would seal anything else

    for plaintext in (b"\xff", b"no JSON", b"[1]", b'"text"'):
        assert Opener.parse(RING).open(1, written(SealedBox(FIRST.public_key).encrypt(plaintext))) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "EPOCH:KEY"),
        (written(bytes(FIRST)), "EPOCH:KEY"),
        (f"0:{written(bytes(FIRST))}", "EPOCH:KEY"),
        (f"x:{written(bytes(FIRST))}", "EPOCH:KEY"),
        (f"1:{written(bytes(FIRST))},", "EPOCH:KEY"),
        (f"1:{written(bytes(FIRST))},1:{written(bytes(SECOND))}", "twice"),
        (f"1:{written(bytes(FIRST))},1:retired", "twice"),
        ("1:abc", "32 bytes in base64"),
        ("1:secret words", "32 bytes in base64"),
        (f"1:{written(b'short')}", "32 bytes in base64"),
        ("1:Retired", "32 bytes in base64"),
        ("1:retired,2:retired", "no key"),
    ],
)
def test_a_ring_that_cannot_be_read_is_refused_by_name_and_not_repeated(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        Opener.parse(text)
    assert "CONTACTS_PRIVATE_KEYS" in str(refused.value)
    assert all(part not in str(refused.value) for part in (written(bytes(FIRST)), "secret words"))


@pytest.mark.parametrize("text", ["", "abc", "1:abc", "1:retired", RING, f"2:{written(b'short')}"])
def test_one_public_key_is_sealed_to_and_no_other_form_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="CONTACTS_PUBLIC_KEY"):
        Sealer.parse(text)


def test_a_locker_locks_with_the_first_secret_and_unlocks_with_any() -> None:
    old, new = Locker.from_secrets([b"old secret"], b"x"), Locker.from_secrets([b"new secret"], b"x")
    both = Locker.from_secrets([b"new secret", b"old secret"], b"x")

    assert both.unlock(old.lock({"a": 1})) == both.unlock(new.lock({"a": 1})) == new.unlock(both.lock({"a": 1})) == {"a": 1}
    for locked in (both.lock({}), Locker.from_secrets([b"old secret"], b"y").lock({})):
        with pytest.raises(ValueError, match="another secret"):
            old.unlock(locked)
