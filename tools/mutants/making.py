"""The mutants of a module: mutmut's operators, and four of our own for what tests of asynchronous code tend to miss.

Not mutated: annotations and the names of types (`Kind = Literal[...]`), decorators, docstrings, imports, type variables and
`__all__`; lines of logs and counters of metrics; the words of an error, descriptions of fields. Of a string only its content is
changed, not its case.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import deep_replace
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string

# A description of a field; the strictness of a zip, which only says that nobody expects another length.
_FOR_READERS = m.Arg(keyword=m.Name("description") | m.Name("strict"))
_TYPES = m.OneOf(*(m.Name(name) for name in ("Callable", "Literal", "Mapping", "Sequence", "tuple")))
_NEVER_CHANGED = m.OneOf(
    m.Annotation(),
    m.Decorator(),
    _FOR_READERS,
    m.Import(),
    m.ImportFrom(),
    m.Call(func=m.Name("TypeVar") | m.Name("isinstance") | m.Name("len")),
    m.Assign(targets=[m.AssignTarget(m.Name("__all__"))]),
    m.Assign(value=m.Call(func=m.Name("TypeVar"))),
    m.Assign(value=m.Subscript(value=_TYPES)),  # the name of an annotation: mypy's, as annotations are
    m.Call(func=m.Attribute(value=m.Name("log") | m.Name("_log") | m.Attribute(attr=m.Name("log")))),
    m.Call(func=m.Attribute(value=m.Attribute(attr=m.Name("telemetry")))),
    m.Raise(exc=m.Call(args=[m.AtLeastN(m.Arg(keyword=None), n=1)])),  # its words
)
# What is left of it without its words is None, as it is with them.
_ONLY_WORDS = m.AnnAssign(
    value=m.Call(
        func=m.Name("Field"),
        args=[m.Arg(keyword=m.Name("default"), value=m.Name("None")), m.Arg(keyword=m.Name("description"))],
    )
)
_CALLED = m.Call() | m.Await()
_ONE_OF_TWO = m.Call(func=m.Name("min") | m.Name("max"), args=[m.Arg(keyword=None, star=""), m.Arg(keyword=None, star="")])
Operator = Callable[[Any], Iterable[cst.CSTNode]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `line`, `last`: its first and last line, from 1; `of`: the module it is a change of."""

    file: str
    line: int
    last: int
    of: cst.Module
    node: cst.CSTNode
    instead: cst.CSTNode

    def source(self) -> str:
        """The whole file with the change."""
        changed = deep_replace(self.of, self.node, self.instead)
        assert isinstance(changed, cst.Module)  # noqa: S101 - a module stays one
        return changed.code

    def touches(self, line: str) -> bool:
        """Whether a line with this text is among those it may change."""
        return any(text.strip() == line for text in _lines_of(self.of)[self.line - 1 : self.last])

    def diff(self) -> list[str]:
        """The lines that are gone (-) and new (+)."""
        lines = difflib.unified_diff(self.of.code.splitlines(), self.source().splitlines(), lineterm="", n=0)
        return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@cache
def _lines_of(module: cst.Module) -> list[str]:
    return module.code.splitlines()


def _content_of_string(node: cst.BaseString) -> Iterable[cst.CSTNode]:
    """mutmut's first change of a string; the others change its case alone."""
    return [*operator_string(node)][:1]


def _other_arguments(node: cst.Call) -> Iterator[cst.CSTNode]:
    """mutmut's changes of arguments; what is for readers of the code stays."""
    told = [arg for arg in node.args if m.matches(arg, _FOR_READERS)]
    for new in operator_arg_removal(node):
        if isinstance(new, cst.Call) and all(any(arg is one for arg in new.args) for one in told):
            yield new


def _left_out(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    """A statement that is there for what it does: without it."""
    if m.matches(node, m.SimpleStatementLine(body=[m.Expr(value=_CALLED)])):
        yield node.with_changes(body=[cst.Pass()])


def _one_of_two(node: cst.Call) -> Iterator[cst.CSTNode]:
    """min and max of two: either."""
    if m.matches(node, _ONE_OF_TWO):
        for arg in node.args:
            yield arg.value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _turned_round(node: cst.If) -> Iterator[cst.CSTNode]:
    """A condition that is no comparison, which mutmut leaves alone: its opposite."""
    if m.matches(node.test, m.Name() | m.Attribute() | m.Call()):
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), node.test))


def _returned_nothing(node: cst.Return) -> Iterator[cst.CSTNode]:
    """What is returned: None."""
    if node.value is not None and not m.matches(node.value, m.Name("None") | m.Name("True") | m.Name("False")):
        yield node.with_changes(value=cst.Name("None"))


OPERATORS: list[tuple[type, Operator]] = [
    *((kind, operator) for kind, operator in mutation_operators if operator not in (operator_string, operator_arg_removal)),
    (cst.SimpleString, _content_of_string),
    (cst.SimpleStatementLine, _left_out),
    (cst.Call, _other_arguments),
    (cst.Call, _one_of_two),
    (cst.If, _turned_round),
    (cst.Return, _returned_nothing),
]


class _Maker(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: str, module: cst.Module) -> None:
        super().__init__()
        self.file, self.module, self.found = file, module, list[Mutant]()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, _NEVER_CHANGED) or _is_silent(node):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                line = self.get_metadata(PositionProvider, node, None)
                if line is not None:
                    news = [new for new in operator(node) if not _says_the_same(node, new)]
                    self.found += [Mutant(self.file, line.start.line, line.end.line, self.module, node, new) for new in news]
        return True


def _says_the_same(node: cst.CSTNode, new: cst.CSTNode) -> bool:
    """A field without a default that loses its words alone."""
    return m.matches(node, _ONLY_WORDS) and m.matches(new, m.AnnAssign(value=m.Name("None")))


def _is_silent(node: cst.CSTNode) -> bool:
    """A statement that only logs or counts: to leave it out is no change of behaviour either."""
    alone = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
    return isinstance(alone, cst.Expr) and m.matches(alone.value, _NEVER_CHANGED)


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file, in a fixed order."""
    wrapper = MetadataWrapper(cst.parse_module((root / file).read_text("utf-8")))
    maker = _Maker(file, wrapper.module)
    wrapper.visit(maker)
    return maker.found
