"""What the words of a text make it look like: a hint for the officer, who alone says what it is (R30)."""

from collections.abc import Mapping

from contracts.petitions import PetitionKind

# The first kind with a word in the text is the hint: what would be wronged most by being missed stands first.
WORDS: Mapping[PetitionKind, tuple[str, ...]] = {
    "denunciation": ("tố cáo", "tham nhũng", "nhận hối lộ", "đưa hối lộ", "chiếm đoạt", "vòi vĩnh", "vi phạm pháp luật"),
    "complaint": ("khiếu nại", "quyết định hành chính", "hành vi hành chính", "trái pháp luật", "xâm phạm quyền"),
    "praise": ("cảm ơn", "khen ngợi", "biểu dương", "tuyên dương", "tận tình", "chu đáo"),
    "suggestion": ("góp ý", "đề xuất", "hiến kế", "sáng kiến", "nên có", "mong muốn"),
    "petition": ("phản ánh", "kiến nghị", "chậm trễ", "thái độ", "đi lại nhiều lần", "gây khó khăn", "bất cập"),
}


def hint(text: str) -> tuple[PetitionKind, str] | None:
    """The kind that a text looks like, and the words that say so; None if none does."""
    small = " ".join(text.lower().split())
    found = ((kind, word) for kind, words in WORDS.items() for word in words if word in small)
    return next(found, None)
