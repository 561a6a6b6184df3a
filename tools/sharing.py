"""Refuse a test that borrows from another test module or from the demo: `python -m tools.sharing`.

What tests share lies in tests/support and in modules that hold no tests. A helper in a test module runs that module's fixtures
and parametrizations for whoever borrows it, and nobody can move either alone.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path("tests")
DEMO = "dunghen.demo"
# Whose subject is the demo itself, and the one module through which the others borrow what drives running services.
OF_THE_DEMO = ("tests/support/fleet.py", "tests/connected/test_system.py", "tests/browser/test_pages.py")
OLD = ("tests/intake", "tests/reporting")  # until these two services have the shape of decision 21


def faults(text: str, *, of_the_demo: bool) -> Iterator[tuple[int, str]]:
    """Line and fault of each import that a test may not have."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                parts = name.split(".")
                if parts[0] == "tests" and any(part.startswith("test_") for part in parts):
                    yield node.lineno, f"borrows from a test module ({name}); what tests share lies in tests/support"
                    break
                if not of_the_demo and f"{name}.".startswith(f"{DEMO}."):
                    yield node.lineno, f"borrows from the demo ({name}); tests/support/fleet.py does for all"
                    break


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that an import may mean; a relative one is one of the tests."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = f"tests.{node.module or ''}" if node.level else str(node.module)
    return [module, *(f"{module}.{alias.name}" for alias in node.names)]


def main() -> int:
    """Print the faults; 1 if there are any."""
    found = 0
    for path in sorted(TESTS.rglob("*.py")):
        name = path.as_posix()
        if name.startswith(OLD):
            continue
        for line, fault in faults(path.read_text("utf-8"), of_the_demo=name in OF_THE_DEMO):
            found += 1
            print(f"{name}:{line}: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
