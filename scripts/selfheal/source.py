"""What repair operators read: parsed source files and the vocabulary of all of them together."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property

WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
SCRIPT_FUNCTION = re.compile(r"^function (\w+)\(", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)|\{% (?:if|for \w+ in) ([\w.]+)")
PARSED_TRIES = 20


@dataclass(frozen=True)
class Edit:
    """One candidate change: the text from ``start`` to ``end`` of a file becomes ``text``.

    ``fit`` in 0..1 is how well the change agrees with the code around it.
    """

    operator: str
    file: str
    line: int
    start: int
    end: int
    text: str
    fit: float = 0.5


@cache
def likeness(one: str, other: str) -> float:
    """How alike two words are, 0..1; words that share less than half are not alike at all."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() > 0.5 else 0.0


def parsed(text: str) -> ast.Module:
    """Parse Python, beside threads of others that do so, too.

    Python 3.11 counts the depth of all threads' trees as one, and gives up where two meet; Weave's
    SDK parses a line in a thread of its own whenever it meets an op for the first time.
    """
    for _ in range(PARSED_TRIES):
        with suppress(SystemError):
            return ast.parse(text)
    return ast.parse(text)


class Code:
    """A parsed Python file with offsets in characters."""

    def __init__(self, file: str, text: str, focus: Collection[int] | None = None) -> None:
        """Parse the text; with a focus, ``nodes`` are those that begin on these lines."""
        self.file = file
        self.text = text
        self._focus = focus
        self.tree = parsed(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """Where a place of the parser, whose columns count bytes, is in the text."""
        raw = self._lines[line - 1].encode()[:column]
        return self._starts[line - 1] + len(raw.decode())

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt | ast.arg) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_span(self, first: int, last: int) -> tuple[int, int]:
        """Where whole lines begin and end."""
        return self._starts[first - 1], self._starts[last]

    @cached_property
    def nodes(self) -> list[ast.expr | ast.stmt]:
        """All nodes in the order of the text."""
        found = [
            each
            for each in ast.walk(self.tree)
            if isinstance(each, ast.expr | ast.stmt)
            and (self._focus is None or each.lineno in self._focus)
        ]
        return sorted(found, key=lambda each: (each.lineno, each.col_offset))

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """All functions and methods."""
        return [each for each in ast.walk(self.tree) if isinstance(each, ast.FunctionDef)]

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """The statements that hold no others."""
        return [
            each
            for each in ast.walk(self.tree)
            if isinstance(each, ast.stmt) and not hasattr(each, "body")
        ]

    def extent(self, line: int) -> tuple[int, int]:
        """First and last line of the statement around a line."""
        for each in self.statements:
            if each.lineno <= line <= (each.end_lineno or each.lineno):
                return each.lineno, each.end_lineno or each.lineno
        for each in self.functions:
            first = min([each.lineno, *(one.lineno for one in each.decorator_list)])
            if first <= line < each.body[0].lineno:
                return first, each.end_lineno or each.lineno
        return line, line

    def function_around(self, line: int) -> ast.FunctionDef | None:
        """The innermost function that holds a line."""
        found: ast.FunctionDef | None = None
        for each in self.functions:
            first = min([each.lineno, *(one.lineno for one in each.decorator_list)])
            if first <= line <= (each.end_lineno or each.lineno):
                found = each
        return found


def identifiers(codes: list[Code]) -> Iterator[str]:
    """Every name, attribute, argument and keyword."""
    for code in codes:
        for node in ast.walk(code.tree):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                    yield name
                case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                    yield name


def is_word_list(text: str) -> bool:
    """Whether a string is a name or an address rather than prose."""
    return bool(text) and len(text) < 40 and " " not in text and "\n" not in text


class Vocabulary:
    """The words of all files: what a repair may borrow."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Read the files by name."""
        self.texts = dict(texts)
        shop = {name: text for name, text in texts.items() if "/tests/" not in name}
        self.codes = {
            name: Code(name, text) for name, text in texts.items() if name.endswith(".py")
        }
        own = [code for name, code in self.codes.items() if name in shop]
        self.names = Counter(identifiers(own))
        self.strings = Counter(
            node.value
            for code in own
            for node in ast.walk(code.tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and is_word_list(node.value)
        )
        script = "\n".join(text for name, text in shop.items() if name.endswith(".js"))
        self.script_functions: list[str] = SCRIPT_FUNCTION.findall(script)
        self.markup = "\n".join(text for name, text in shop.items() if name.endswith(".html"))
        self.placeholders = Counter(one or two for one, two in PLACEHOLDER.findall(self.markup))
        quoted = re.findall(r'(?:action|href)="([^"{]+)"', self.markup)
        self.addresses = sorted({each for each in (*self.strings, *quoted) if each[0] == "/"})

    @cached_property
    def long_numbers(self) -> list[int]:
        """Whole numbers of three digits, the tests' included, in order."""
        return sorted(
            {
                each.value
                for code in self.codes.values()
                for each in ast.walk(code.tree)
                if isinstance(each, ast.Constant)
                and type(each.value) is int
                and 100 <= each.value < 1000
            }
        )

    def alike(self, word: str, words: Counter[str], least: float = 0.55) -> list[tuple[str, float]]:
        """Other words that look like this one, the most alike first, at most eight."""
        found = [(each, likeness(word, each)) for each in words if each != word]
        near = [(each, share) for each, share in found if share >= least]
        return sorted(near, key=lambda pair: (-pair[1], pair[0]))[:8]
