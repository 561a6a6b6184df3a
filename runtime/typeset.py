"""Documents as PDF/A-2b, by typst, in the first of the fonts of NĐ 30/2020 that has every Vietnamese letter."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import typst

# Times New Roman, or what has its metrics; the last is bundled with typst and always there.
FONTS = ("Times New Roman", "Liberation Serif", "Tinos")
BUNDLED = "Libertinus Serif"
_PROBE = """
#set text(font: (sys.inputs.font, "Libertinus Serif"))
#for t in ("ĂÂĐÊÔƠƯÁÀẢÃẠẮẰẲẴẶẤẦẨẪẬÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ",) {
  for word in (t, lower(t)) [#word *#word* _#word _]
}
"""


@cache
def serif() -> str:
    """The font documents are set in: installed, and with a glyph of its own for every Vietnamese letter, upright, bold, italic.

    An older Liberation has no Vietnamese; typst would borrow single letters from another font, and a letter would look torn.
    """
    for name in FONTS:
        with_name = typst.compile(_PROBE.encode(), sys_inputs={"font": name})
        if isinstance(with_name, bytes) and b"Libertinus" not in with_name:
            return name
    return BUNDLED


def typeset(layout: bytes, **given: Mapping[str, Any]) -> bytes:
    """A layout filled in with what is given, each under its name as JSON; equal documents give equal bytes."""
    inputs = {name: json.dumps(content, ensure_ascii=False) for name, content in given.items()}
    made = typst.compile(layout, sys_inputs={**inputs, "font": serif()}, pdf_standards=["a-2b"])
    if not isinstance(made, bytes):
        raise TypeError("typst gives one document as bytes")
    return made
