"""The look-up code: derived, the same each time, opened by any key that holds."""

import random

import pytest

from contracts.lookup import LENGTH, LETTERS, LookupKeys, typed

OLD, NEW = "k" * 32, "n" * 40
DOSSIER = "H37.12-260302-0001"


def test_a_code_is_the_same_each_time_another_for_another_dossier_and_has_at_least_40_bits() -> None:
    keys = LookupKeys.of(f"1:{OLD}")
    codes = {keys.code(f"H37.12-260302-{n:04}") for n in range(2000)}

    assert keys.code(DOSSIER) == LookupKeys.of(f"1:{OLD}").code(DOSSIER)
    assert len(codes) == 2000
    assert all(len(code) == LENGTH and set(code) <= set(LETTERS) for code in codes)
    assert (len(LETTERS), LENGTH * 5 >= 40) == (32, True)
    assert all(len({code[place] for code in codes}) == 32 for place in range(LENGTH))  # every letter counts


def test_the_highest_epoch_makes_codes_and_all_open_them_in_whatever_order_they_stand() -> None:
    old, both, new = LookupKeys.of(f"1:{OLD}"), LookupKeys.of(f"1:{OLD}  2:{NEW}"), LookupKeys.of(f"2:{NEW}")

    assert both == LookupKeys.of(f"2:{NEW} 1:{OLD}")
    assert both.code(DOSSIER) == new.code(DOSSIER) != old.code(DOSSIER)
    assert [keys.opens(DOSSIER, old.code(DOSSIER)) for keys in (old, both, new)] == [True, True, False]
    assert [keys.opens(DOSSIER, new.code(DOSSIER)) for keys in (old, both, new)] == [False, True, True]


@pytest.mark.parametrize("code", ["", "A", "A" * LENGTH, "ế" * LENGTH, "A" * 10_000])
def test_what_is_no_code_of_the_dossier_opens_nothing(code: str) -> None:
    keys = LookupKeys.of(f"1:{OLD}")

    assert not keys.opens(DOSSIER, code)
    assert not keys.opens("H37.12-260302-0002", keys.code(DOSSIER))
    assert not keys.opens(DOSSIER, keys.code(DOSSIER).lower())


def test_ten_thousand_guesses_open_nothing() -> None:
    keys, chance = LookupKeys.of(f"1:{OLD} 2:{NEW}"), random.Random(7)

    assert not any(keys.opens(DOSSIER, "".join(chance.choices(LETTERS, k=LENGTH))) for _ in range(10_000))


@pytest.mark.parametrize(
    "text", ["", " ", OLD, f":{OLD}", f"0:{OLD}", f"x:{OLD}", "1:short", f"1:{OLD} 1:{NEW}", f"1:{OLD},2:{NEW}x 3"]
)
def test_what_is_no_list_of_keys_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="LOOKUP_KEY") as refused:
        LookupKeys.of(text)

    assert OLD not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("K7QMXABCDE", "K7QMXABCDE"),
        (" k7qmx-abcde ", "K7QMXABCDE"),
        ("k7 qm xa bc de", "K7QMXABCDE"),
        ("O1O1O.AAAAA", "OIOIOAAAAA"),
        ("01010-aaaaa", "OIOIOAAAAA"),
        ("K7QMXABCD", None),
        ("K7QMXABCDEF", None),
        ("K7QMXABCD8", None),
        ("K7QMXABCDĐ", None),
        ("", None),
        ("<script>", None),
    ],
)
def test_a_code_is_read_as_people_type_it(text: str, code: str | None) -> None:
    assert typed(text) == code
