"""Refusals by field and rule. The wording never repeats the input: it may hold personal data."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

# Vietnamese sentences for the rules that senders meet most; others keep the library's wording. Of parameters runtime/web.py
# says the same: neither may import the other, so a test holds them together.
SENTENCES = {
    "missing": "bắt buộc phải có",
    "datetime_from_date_parsing": "không phải là ngày giờ hợp lệ",
    "string_pattern_mismatch": "không đúng mẫu quy định",
    "string_type": "phải là chuỗi ký tự",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "literal_error": "không thuộc các giá trị được phép",
    "union_tag_invalid": "không phải loại sự kiện được biết",
    "union_tag_not_found": "bắt buộc phải có loại sự kiện",
    "model_type": "phải là một đối tượng",
    "model_attributes_type": "phải là một đối tượng",
    "dict_type": "phải là một đối tượng",
    "string_too_short": "không được để trống",
    "string_too_long": "dài quá {max_length} ký tự",
    "too_long": "dài quá {max_length}",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: which field, which rule (stable name), and the sentence."""

    field: str
    rule: str
    detail: str


class FaultError(ValueError):
    """An item that is refused, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.field}: {f.detail}" for f in self.faults))


def faults_of(error: ValidationError) -> list[Fault]:
    """A validation error as faults, the type tag of the union left out of the field names."""
    faults = []
    for item in error.errors(include_input=False, include_url=False):
        rule = item["type"]
        if rule in ("union_tag_invalid", "union_tag_not_found"):
            field = "type"
        else:
            field = ".".join(str(part) for part in item["loc"][1:]) or "item"
        sentence = SENTENCES.get(rule, "").format(**item.get("ctx", {}))
        detail = sentence or item["msg"].removeprefix("Value error, ")
        faults.append(Fault(field, "invalid" if rule == "value_error" else rule, detail))
    return faults
