"""Apology letters by the thousand: how long they take, what they hold, and the same letter by WeasyPrint, if there is one."""

import html
import resource
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from services.notifier.domain.contact import Person
from services.notifier.domain.letter_text import Decided, LetterText, Subject, compose
from services.notifier.pdf import render

CORES = 2
OTHERS = 20  # letters that WeasyPrint sets: it takes long
MOST_SECONDS, MOST_MEGABYTES, MOST_GROWTH = 20.0, 400, 1.1
_BODY = "size: A4; margin: 22mm 17mm 22mm 32mm"
_PAGE = (
    "<html lang='vi'><meta charset='utf-8'><style>@page {{ {body} }} body {{ font: 13.5pt serif; text-align: justify }}"
    "p {{ text-indent: 1.27cm }} .two {{ display: flex; justify-content: space-between; text-align: center }}</style>"
    "<div class='two'><b>{head}</b><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br>Độc lập - Tự do - Hạnh phúc</b></div>"
    "<div class='two'><span>Số: {symbol}</span><i>{place}, {date}</i></div><h3>VĂN BẢN XIN LỖI<br>{subject}</h3>"
    "<div>Kính gửi: {addressee}</div>{paragraphs}<div class='two'><small>{copies}</small><b>{signer}</b></div></html>"
)


_REFERENCE = load_reference(PROVINCE)


def run(count: int = 1_000) -> int:
    """Set as many letters twice on two cores. 1 if they took too long or too much memory, or the second round holds more."""
    texts = [_text(number) for number in range(1, count + 1)]
    render(texts[0])
    spent = time.process_time()
    first, held = _timed(texts), _megabytes()
    spent = time.process_time() - spent
    second, held_then = _timed(texts), _megabytes()
    print(
        f"letters: {count:,} in {first:.1f} s ({spent:.1f} s of one core), {count:,} more in {second:.1f} s on {CORES} cores; "
        f"held at most {held} MB, then {held_then} MB"
    )
    print(f"letters: {_against_weasyprint(texts[:OTHERS])}")
    slow = max(first, second) * 1_000 / count > MOST_SECONDS
    return int(slow or held_then > MOST_MEGABYTES or held_then > held * MOST_GROWTH)


def _timed(texts: list[LetterText]) -> float:
    begin = time.perf_counter()
    with ThreadPoolExecutor(CORES) as threads:
        sizes = list(threads.map(lambda text: len(render(text)), texts))
    if min(sizes) < 5_000:
        raise ValueError("a letter has nothing on it")
    return time.perf_counter() - begin


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _against_weasyprint(texts: list[LetterText]) -> str:
    try:
        maker = import_module("weasyprint").HTML
    except (ImportError, OSError) as error:  # it needs libraries of the system
        return f"no ratio, WeasyPrint is not to be had here ({type(error).__name__})"
    theirs = _seconds_each(lambda text: maker(string=_html(text)).write_pdf(), texts)
    ours = _seconds_each(render, texts)
    return f"one thread, {ours * 1_000:.0f} ms each; WeasyPrint {theirs * 1_000:.0f} ms: ratio {theirs / ours:.1f}"


def _seconds_each(make: Callable[[LetterText], object], texts: list[LetterText]) -> float:
    make(texts[0])
    begin = time.perf_counter()
    for text in texts:
        make(text)
    return (time.perf_counter() - begin) / len(texts)


def _html(text: LetterText) -> str:
    words = {name: html.escape(str(getattr(text, name))) for name in ("symbol", "place", "date", "subject", "addressee")}
    paragraphs = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in text.paragraphs)
    signer = _lines((text.on_behalf, text.signer_title, "", text.signer))
    head = _lines((*text.superior, *text.body))
    return _PAGE.format(body=_BODY, head=head, signer=signer, copies=_lines(text.copies), paragraphs=paragraphs, **words)


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(html.escape(line) for line in lines)


def _text(number: int) -> LetterText:
    """A letter that differs from the others where letters do."""

    head = _REFERENCE.units["H37.14"].letterhead
    if head is None:
        raise ValueError("the unit has no letterhead")
    subject = Subject(f"H37.14-260302-{number:04}", "Cấp đổi Giấy chứng nhận quyền sử dụng đất", _at(2), _at(9))
    person = Person(f"Nông Thị Mẫu {number}", address=f"thôn Tưởng Tượng, số nhà {number}")
    return compose(
        head, _REFERENCE.province, subject, person, Decided("other", f"mưa lũ kéo dài {number} giờ", _at(11), number, _at(6))
    )


def _at(day: int) -> datetime:
    return datetime(2026, 3, day, 9, tzinfo=OFFICE_TIME)
