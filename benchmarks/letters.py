"""Apology letters by the thousand: how long they take, what they hold, signed and unsigned, and the same letter by
WeasyPrint, if there is one."""

import html
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from services.notifier.domain.contact import Person
from services.notifier.domain.letter_text import Decided, LetterText, Subject, compose
from services.notifier.domain.unsigned import names_of
from services.notifier.pdf import render
from services.notifier.signatures import Keys, Signatures
from tests.support.pki import Authority

CORES = 2
BODY = "H37.14"
ALONE = 200  # letters that one process signs
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
    signed = _signed(count)
    slow = max(first, second, signed) * 1_000 / count > MOST_SECONDS
    return int(slow or max(held_then, _megabytes()) > MOST_MEGABYTES or held_then > held * MOST_GROWTH)


def _signed(count: int) -> float:
    """Letters signed and verified, by one process and by two, as two notifiers share them. Returns the seconds of two."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(_at(6))
        authority.give(Path(folder), BODY, authority.body(_REFERENCE.units[BODY].name))
        (Path(folder) / "roots.pem").write_bytes(authority.root.pem)
        spent, seconds = _sign(folder, range(min(count, ALONE)))
        with ProcessPoolExecutor(CORES, get_context("spawn")) as processes:
            list(processes.map(_sign, [folder] * CORES, [range(1)] * CORES))  # they have started
            begin = time.perf_counter()
            parts = list(processes.map(_sign, [folder] * CORES, [range(part, count, CORES) for part in range(CORES)]))
            together = time.perf_counter() - begin
            held = max(processes.map(_megabytes, range(CORES)))
    each, theirs = spent / min(count, ALONE), sum(one for one, _ in parts) / count
    print(
        f"letters: signed and verified, {each * 1_000:.0f} ms of one core each ({seconds / min(count, ALONE) * 1_000:.0f} ms);"
        f" {count:,} by two processes in {together:.1f} s ({theirs * 1_000:.0f} ms of one core each), {held} MB at most of each"
    )
    return together


def _sign(folder: str, numbers: Sequence[int]) -> tuple[float, float]:
    """Letters as issuing sets and signs them, one after another. Returns seconds of a core, and by the clock."""
    place, names = Path(folder), {BODY: names_of(_REFERENCE.units[BODY])}
    signatures = Signatures(Keys(names, place, place / "roots.pem"), monotonic=time.monotonic)
    texts = [_text(number + 1) for number in numbers]
    begin, spent = time.perf_counter(), time.process_time()
    for text in texts:
        if signatures.obstacle(BODY, _at(6), text.signer) is not None:
            raise ValueError("a letter cannot be signed")
        signatures.sign(BODY, partial(render, text), _at(6), text.signer)
    return time.process_time() - spent, time.perf_counter() - begin


def _timed(texts: list[LetterText]) -> float:
    begin = time.perf_counter()
    with ThreadPoolExecutor(CORES) as threads:
        sizes = list(threads.map(lambda text: len(render(text)), texts))
    if min(sizes) < 5_000:
        raise ValueError("a letter has nothing on it")
    return time.perf_counter() - begin


def _megabytes(_: int = 0) -> int:
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

    head = _REFERENCE.units[BODY].letterhead
    if head is None:
        raise ValueError("the unit has no letterhead")
    subject = Subject(f"H37.14-260302-{number:04}", "Cấp đổi Giấy chứng nhận quyền sử dụng đất", _at(2), _at(9))
    person = Person(f"Nông Thị Mẫu {number}", address=f"thôn Tưởng Tượng, số nhà {number}")
    return compose(
        head, _REFERENCE.province, subject, person, Decided("other", f"mưa lũ kéo dài {number} giờ", _at(11), number, _at(6))
    )


def _at(day: int) -> datetime:
    return datetime(2026, 3, day, 9, tzinfo=OFFICE_TIME)
