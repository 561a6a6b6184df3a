"""What counts as a citation of a rule."""

from pathlib import Path

from contracts.rules import Rule
from tools.rules import citations, problems

ROOT = Path(__file__).parents[2]
CODE = "R" + "16"


def plant(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")


def test_a_module_and_the_tests_whose_own_lines_name_it_are_the_address_of_a_rule(tmp_path: Path) -> None:
    plant(tmp_path, "services/sla/x.py", f"# {CODE}\n")
    plant(tmp_path, "services/sla/README.md", f"{CODE}\n")
    plant(
        tmp_path,
        "tests/sla/test_x.py",
        f'"""{CODE}"""\n\n\ndef test_a() -> None: ...\n\n\ndef test_b() -> None:\n    """{CODE}"""\n',
    )

    own = citations(tmp_path)[CODE]

    assert (own.modules, own.tests) == (["services/sla/x.py"], ["tests/sla/test_x.py::test_b"])
    assert f"{CODE}: no test cites it" not in problems(tmp_path)


def test_every_rule_says_what_it_is_and_where_it_comes_from() -> None:
    assert all(rule.sentence.endswith(".") and rule.source for rule in Rule)
    assert problems(ROOT) == []
