"""A province told twice: as portal requests through intake, sla and reporting, and counted plainly from what happened.

`PROVINCE_DOSSIERS=2000 python -m pytest tests/flow/test_province.py` tells of two thousand dossiers.
"""

import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest

from dunghen import PROVINCE
from tests.intake.alone import intake_alone
from tests.support.province import sheet
from tests.support.province.life import province
from tests.support.province.running import due_of, heard, promised, send, sheets
from tests.support.province.truth import PROCEDURES

DOSSIERS = int(os.environ.get("PROVINCE_DOSSIERS", "150"))
DAYS = [date(2026, month, 15) for month in range(3, 8)]
PERIODS = [(first, following - timedelta(days=1)) for first, following in pairwise(DAYS)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_province_counts_as_its_second_count(seed: int, tmp_path: Path) -> None:
    """D1 to D12, D15, D16, R35."""
    folder = tmp_path / "province"
    copytree(PROVINCE, folder)
    with (folder / "procedures.yaml").open("a", encoding="utf-8") as procedures:
        procedures.write("".join(procedure.entry for procedure in PROCEDURES))
    truths, sent = province(seed, DOSSIERS)
    async with intake_alone(tmp_path, REFERENCE_DIR=str(folder)) as intake:
        assert await send(intake, sent) == []
        log = await heard(intake)
    documents, said = promised(log)

    counted = [truth for truth in truths if truth.counts and (truth.end is None or truth.end[0] != 3)]
    found = {truth.code: due_of(documents[truth.code]) for truth in counted}
    wanted = {truth.code: sheet.due_of(truth) for truth in counted}
    wrong = {code: (found[code], wanted[code]) for code in wanted if found[code] != wanted[code]}
    assert wrong == {}
    assert await sheets([*log, *said], tmp_path, folder, PERIODS) == [sheet.sheet(truths, *period) for period in PERIODS]
