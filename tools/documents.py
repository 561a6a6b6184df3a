"""Refuse a rule, handler, job or page that works on an untyped document: `python -m tools.documents`.

mypy refuses `Any` that is spelt in those rooms (`disallow_any_explicit` in pyproject.toml), and sees no alias of it. Here every
name that stands for something untyped elsewhere (`Document = dict[str, Any]`) is found, and whoever takes it into such a room.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

DEFINE = ("contracts", "reference", "runtime", "services")
ROOMS = ("domain", "handlers", "jobs", "http")
# Names that a room may take all the same, each with its reason.
EXCEPTIONS = {"runtime.web.problems.Answers": "what OpenAPI says of an answer, as FastAPI takes it"}


def main() -> int:
    """Print the faults; 1 if there are any."""
    files = {path.as_posix(): ast.parse(path.read_text("utf-8")) for folder in DEFINE for path in Path(folder).rglob("*.py")}
    untyped = {f"{module_of(path)}.{name}" for path, tree in files.items() for name in _aliases(tree)}
    faults = [
        f"{path}:{line}: takes {name}, an untyped document; only store.py knows how one is written"
        for path, tree in sorted(files.items())
        if is_room(path)
        for line, name in _taken(tree, untyped - EXCEPTIONS.keys())
    ]
    faults += [f"{name}: is no untyped name any more, and needs no exception" for name in EXCEPTIONS.keys() - untyped]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def module_of(path: str) -> str:
    """The dotted name of a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_room(path: str) -> bool:
    """Whether objects alone may pass here: services/<service>/<room>, a file or a folder."""
    parts = path.removesuffix(".py").split("/")
    return parts[0] == "services" and any(room in parts[2:3] for room in ROOMS)


def _aliases(tree: ast.Module) -> Iterator[str]:
    """Names of a module that stand for something with `Any` in it."""
    for node in tree.body:
        target, value = None, None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            target, value = node.target, node.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Subscript) and "Any" in ast.unparse(value):
            yield target.id


def _taken(tree: ast.Module, untyped: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each import of such a name, from where it is defined or from a package that passes it on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            passed_on = {name.rpartition(".")[2] for name in untyped if name.startswith(f"{node.module}.")}
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in passed_on)


if __name__ == "__main__":
    sys.exit(main())
