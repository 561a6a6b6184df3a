"""Documents as PDF/A-2b, by typst, in the first of the fonts of NĐ 30/2020 that has every Vietnamese letter."""

import json
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import typst

# Times New Roman, or what has its metrics; the last is bundled with typst and always there.
FONTS = ("Times New Roman", "Liberation Serif", "Tinos")
BUNDLED = "Libertinus Serif"
_OF_THREAD = threading.local()
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
    """A layout filled in with what is given, each under its name as JSON; equal documents give equal bytes.

    It takes some ten milliseconds, in which other threads go on: a service sets its documents outside of its event loop.
    """
    inputs = {name: json.dumps(content, ensure_ascii=False) for name, content in given.items()}
    made = _compiler().compile(layout, sys_inputs={**inputs, "font": serif()}, pdf_standards=["a-2b"])
    if not isinstance(made, bytes):
        raise TypeError("typst gives one document as bytes")
    return made


def _compiler() -> typst.Compiler:
    """The compiler of this thread: it has looked for its fonts once, which takes longer than setting a page."""
    compiler: typst.Compiler | None = getattr(_OF_THREAD, "compiler", None)
    if compiler is None:
        compiler = _OF_THREAD.compiler = typst.Compiler()
    return compiler
