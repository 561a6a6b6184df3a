"""The register of outgoing letters: read by pages, with what is missing by name."""

from pathlib import Path

from runtime.store import open_documents
from services.notifier import store
from services.notifier.outgoing import BOUND, missing_in, read_all, read_lines
from services.notifier.register import bind
from services.notifier.store import Try, enter_number
from services.notifier.xlsx import render


async def test_a_register_is_read_in_order_of_its_numbers_however_long_it_is(tmp_path: Path) -> None:
    documents = open_documents(f"sqlite:///{tmp_path}/register.db")
    await store.declare(documents)
    for number in range(1, 13):
        await bind(documents, "H37.12", 2026, f"H37.12-260302-{number:04}")
    await bind(documents, "H37.12", 2025, "H37.12-250302-0001")

    lines = await read_all(documents, "H37.12", 2026)
    page = await read_lines(documents, "H37.12", 2026, after=9, size=2)
    await documents.close()

    assert [line.number for line in lines] == list(range(1, 13))
    assert [line.number for line in page] == [10, 11]
    assert (lines[0].symbol, lines[0].state, lines[0].at) == ("01/PXL", BOUND, None)  # no letter says yet that it was sent
    assert missing_in(lines) == missing_in(page) == []


async def test_numbers_that_nobody_has_are_named(tmp_path: Path) -> None:
    documents = open_documents(f"sqlite:///{tmp_path}/register.db")
    await store.declare(documents)
    for number in (2, 3, 7):
        await enter_number(documents, Try(f"H37.12-260302-{number:04}", "H37.12/2026", 2026, number))

    lines = await read_all(documents, "H37.12", 2026)
    await documents.close()

    assert missing_in(lines) == ["01", "04 đến 06"]
    assert render(lines, "=UBND xã", 2026)[:2] == b"PK"
