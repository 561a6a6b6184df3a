"""Departments and steps by the lists of their units: every usual way to write one means the same, nothing else means it."""

from pathlib import Path

import pytest

from dunghen import PROVINCE
from reference import ReferenceData, ReferenceDataError, load_reference, word_key
from reference.words import USUAL_WORDS

LISTS = """- code: H37.12
  departments:
    - {code: TP-HT, name: Phòng Tư pháp và Hộ tịch, spellings: [Ban Tư pháp]}
    - {code: DD, name: "Tổ Địa chính, đất đai"}
  steps:
    - {code: B03, name: Thẩm định thực địa}
"""


@pytest.fixture
def reference(tmp_path: Path) -> ReferenceData:
    return load_reference(written(tmp_path, LISTS))


def written(folder: Path, lists: str) -> Path:
    """The province with lists of xã Hoàng Vân."""
    for source in PROVINCE.glob("*.yaml"):
        text = source.read_text("utf-8")
        (folder / source.name).write_text(text.replace("- code: H37.12\n", lists), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("TP-HT", "Phòng Tư pháp và Hộ tịch"),
        ("tp ht", "Phòng Tư pháp và Hộ tịch"),
        ("PHÒNG TƯ PHÁP & HỘ TỊCH", "Phòng Tư pháp và Hộ tịch"),
        ("P.Tư pháp-Hộ tịch", "Phòng Tư pháp và Hộ tịch"),
        ("tu phap, ho tich", "Phòng Tư pháp và Hộ tịch"),
        ("Phòng  Tư pháp và Hộ tịch", "Phòng Tư pháp và Hộ tịch"),
        ("ban tư pháp", "Phòng Tư pháp và Hộ tịch"),
        ("Tổ địa chính - đất đai", "Tổ Địa chính, đất đai"),
        ("P. Kinh tế", "Phòng Kinh tế"),  # of the words that all units share
        ("bp một cửa", "Bộ phận Một cửa"),
        ("Phòng Tư pháp bà Mẫu", None),
        ("B03", None),  # a step is no department
        ("...", None),
        ("", None),
    ],
)
def test_a_department_is_known_by_its_code_its_name_and_every_usual_way_to_write_them(
    reference: ReferenceData, words: str, means: str | None
) -> None:
    assert reference.word("department", words, ("H37.12",)) == means


def test_a_list_is_of_its_unit_alone(reference: ReferenceData) -> None:
    assert reference.word("step", "b03", ("H37.13", "H37.12")) == "Thẩm định thực địa"
    assert reference.word("step", "b03", ("H37.13",)) is None
    assert reference.word("step", "trinh ky", ()) == "Trình ký"


@pytest.mark.parametrize("name", ["Phòng Tư pháp hộ tịch", "tp ht"])
def test_a_spelling_that_could_mean_two_entries_is_a_fault_of_the_folder(tmp_path: Path, name: str) -> None:
    twice = LISTS.replace("{code: DD,", f'{{code: DD, spellings: ["{name}"],')

    with pytest.raises(ReferenceDataError, match=r"H37\.12: departments: two entries could be meant by") as error:
        load_reference(written(tmp_path, twice))
    assert name in str(error.value)


def test_no_two_usual_words_are_one_to_senders() -> None:
    assert len({word_key(word) for word in USUAL_WORDS}) == len(USUAL_WORDS)


def test_words_that_differ_in_their_marks_alone_are_told_apart_by_them() -> None:
    data = load_reference(PROVINCE)
    data.words = ("Tổ bán", "Tổ bản")
    data.replace(data)

    assert [data.word("department", text) for text in ("tổ BÁN", "Tổ bản", "to ban")] == ["Tổ bán", "Tổ bản", None]
