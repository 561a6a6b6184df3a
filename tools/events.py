"""Refuse a service that says an event past its contract: `python -m tools.events`.

What mypy checks is an object of a contract class. A type that is spelt, or an output or a record that is built by hand, would
go out unchecked; services/speaking.py builds them for all.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path("services")
BUILDERS = ("Output", "to_wire")
MAY_BUILD = ("services/speaking.py", "services/sla/older.py")
PREFIX = "vn.dunghen"


def faults(text: str, *, may_build: bool) -> Iterator[tuple[int, str]]:
    """Line and fault of each event that a module says past its contract."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PREFIX in node.value:
            yield node.lineno, "spells the type of an event; its class knows it (TYPE)"
        if isinstance(node, ast.ImportFrom | ast.Import) and any(alias.name == "PREFIX" for alias in node.names):
            yield node.lineno, "makes types of events; their classes know them (TYPE)"
        if isinstance(node, ast.Call) and not may_build and _name(node.func) in BUILDERS:
            yield (
                node.lineno,
                f"builds an event by hand ({_name(node.func)}); services/speaking.py does",
            )


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def main() -> int:
    """Print the faults; 1 if there are any."""
    found = 0
    for path in sorted(SERVICES.rglob("*.py")):
        for line, fault in faults(path.read_text("utf-8"), may_build=path.as_posix() in MAY_BUILD):
            found += 1
            print(f"{path.as_posix()}:{line}: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
