"""Events are built from the classes of their contracts: mypy refuses a field that is misspelt, missing or of a wrong type."""

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache

import pytest

from tools.check import BIN, ROOT

SLA, NOTIFIER, FEEDBACK = "services/sla", "services/notifier", "services/feedback"
REPORTING, INTAKE = "services/reporting", "services/intake"


@dataclass(frozen=True, slots=True)
class Plant:
    """A slip in a service: words that stand in its file once, and what is typed instead of them."""

    file: str
    right: str
    typed: str


PLANTS = (
    Plant(f"{SLA}/domain/promise.py", "provisional=self.promise", "provisonal=self.promise"),
    Plant(f"{SLA}/domain/statements.py", 'outcome="open")', 'outcome="opened")'),
    Plant(f"{SLA}/domain/outcome.py", "against_first=", "against_frist="),
    Plant(f"{SLA}/domain/statements.py", 'rule="D8", text', 'rules="D8", text'),
    Plant(f"{SLA}/domain/rungs.py", "tier=rung.tier", "tiers=rung.tier"),
    Plant(f"{SLA}/domain/rungs.py", "DeadlineWarned(at=at, rung=rung.name, step", "DeadlineWarned(at=at, step"),
    Plant(f"{SLA}/domain/promise.py", "days=step.days", "day=step.days"),
    Plant(f"{SLA}/domain/repromise.py", "code=self.code.value", "code_=self.code.value"),
    Plant(f"{SLA}/domain/spent.py", "citizen=citizen", "citizens=citizen"),
    Plant(f"{SLA}/domain/journal.py", "confirmed_through=change", "confirmed_trough=change"),
    Plant(f"{NOTIFIER}/domain/signing.py", "reason=approval.reason, new_due_at=", "reason=approval.reason, new_due="),
    Plant(f"{NOTIFIER}/domain/letter_said.py", "sign_by=moment_or_none", "signed_by=moment_or_none"),
    Plant(f"{NOTIFIER}/domain/letter_said.py", "number=number, year=year, new", "number=str(number), year=year, new"),
    Plant(f"{NOTIFIER}/domain/receipts.py", "saying.delivered(name, ground.now, way)", "saying.delivered(name, way)"),
    Plant(
        f"{NOTIFIER}/domain/saying.py", "NoticeFailed(at=at, notice=_FIRST[name]", "NoticeFailed(at=at, notices=_FIRST[name]"
    ),
    Plant(f"{NOTIFIER}/domain/saying.py", "NoticeQueuedV2(at=at, notice=kind_of", "NoticeQueuedV2(at=name, notice=kind_of"),
    Plant(f"{NOTIFIER}/domain/saying.py", "_FIRST[name], channel=SMS, parts=parts", "_FIRST[name], channel=SMS, part=parts"),
    Plant(f"{NOTIFIER}/domain/sending.py", 'name, message, "contact-missing"', 'name, message, "contact-mising"'),
    Plant(f"{FEEDBACK}/domain/invitations.py", "form=ground.form, key_epoch=", "form=ground.form, epoch="),
    Plant(f"{FEEDBACK}/domain/responses.py", "scores=dict(response.scores)", "score=dict(response.scores)"),
    Plant(f"{FEEDBACK}/domain/responses.py", "unit=response.unit,", "units=response.unit,"),
    Plant(f"{REPORTING}/domain/books.py", "revision=entry", "revison=entry"),
    Plant(f"{REPORTING}/domain/periods.py", "adjustments=adjustments", "adjustment=adjustments"),
    Plant(f"{REPORTING}/domain/periods.py", "before=old", "befor=old"),
    Plant(f"{INTAKE}/domain/facts.py", "contact_sequence=sequence", "contact_sequense=sequence"),
    Plant(f"{INTAKE}/domain/facts.py", '"observed_at": item', '"observed": item'),
    Plant(f"{INTAKE}/domain/saying.py", "linked=reception", "link=reception"),
    Plant(f"{INTAKE}/domain/saying.py", "step_due_at=item", "step_due=item"),
    Plant(f"{INTAKE}/domain/saying.py", "limit=dossiers.Limit(", "limits=dossiers.Limit("),
)
SERVICES = (SLA, NOTIFIER, FEEDBACK, REPORTING, INTAKE)


@cache
def slipped(file: str) -> str:
    """A file with all its slips, each of which can be found in it again."""
    text, plants = (ROOT / file).read_text("utf-8"), [plant for plant in PLANTS if plant.file == file]
    for plant in plants:
        assert text.count(plant.right) == 1, f"{file} holds {text.count(plant.right)} times: {plant.right}"
        text = text.replace(plant.right, plant.typed)
    assert all(text.count(plant.typed) == 1 for plant in plants), file
    return text


def place_of(plant: Plant) -> range:
    """The lines of what is built where the slip is: the smallest call or table that holds it."""
    text = slipped(plant.file)
    before = text[: text.index(plant.typed)]
    slip = before.count("\n") + 1, len(before.rpartition("\n")[2].encode())
    built = [node for node in nodes_of(text) if (node.lineno, node.col_offset) <= slip <= _end(node)]
    innermost = max(built, key=lambda node: (node.lineno, node.col_offset))
    return range(innermost.lineno, _end(innermost)[0] + 1)


@cache
def nodes_of(text: str) -> list[ast.Call | ast.Dict]:
    """Every call and every table of a file."""
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call | ast.Dict)]


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """The lines of each file that mypy refuses, in one run over all services with all slips in them."""
    folder = tmp_path_factory.mktemp("misspelt")
    shadows: list[str] = []
    for number, file in enumerate(sorted({plant.file for plant in PLANTS})):
        shadow = folder / f"{number}.py"
        shadow.write_text(slipped(file), "utf-8")
        shadows += ["--shadow-file", file, str(shadow)]
    command = [str(BIN / "mypy"), "--cache-dir", str(folder / "cache"), *shadows, "services"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found: dict[str, list[int]] = {}
    for file, line in re.findall(r"^(services/\S+\.py):(\d+): error:", done.stdout, re.MULTILINE):
        found.setdefault(file, []).append(int(line))
    return found


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{plant.file}: {plant.typed}" for plant in PLANTS])
def test_mypy_refuses_an_event_with_a_slip_in_it(plant: Plant, refused: dict[str, list[int]]) -> None:
    lines = place_of(plant)

    assert [line for line in refused.get(plant.file, ()) if line in lines]


def test_there_are_slips_in_every_service_and_mypy_refuses_nothing_else(refused: dict[str, list[int]]) -> None:
    places = [(plant.file, place_of(plant)) for plant in PLANTS]
    stray = {(file, line) for file, lines in refused.items() for line in lines} - {
        (file, line) for file, lines in places for line in lines
    }

    assert len(PLANTS) >= 20
    assert {plant.file.split("/")[1] for plant in PLANTS} == {"intake", "sla", "notifier", "feedback", "reporting"}
    assert not stray
