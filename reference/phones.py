"""Phone numbers as people write them, to E.164, if an SMS can reach them (R26)."""

import re

_MOBILE = re.compile(r"(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])\d{7}")
# Eleven-digit prefixes of before 15 September 2018 and what became of them.
_OLD = (
    {f"16{n}": f"3{n}" for n in range(2, 10)}
    | {"120": "70", "121": "79", "122": "77", "126": "76", "128": "78"}
    | {"123": "83", "124": "84", "125": "85", "127": "81", "129": "82"}
    | {"186": "56", "188": "58", "199": "59"}
)


def mobile(text: str) -> str | None:
    """`+84` and nine digits, or None for a landline, a number not in use, or no number at all."""
    digits = re.sub(r"[\s.\-()]", "", text)
    match = re.fullmatch(r"(?:\+?84|0)(\d{9,10})", digits)
    if match is None or not digits.isascii():
        return None
    rest = match.group(1)
    if len(rest) == 10:
        rest = _OLD.get(rest[:3], "") + rest[3:]
    return f"+84{rest}" if _MOBILE.fullmatch(rest) else None
