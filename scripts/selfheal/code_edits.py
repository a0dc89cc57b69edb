"""Repair operators for expressions: each reads one file and yields edits of one kind."""

import ast
import re
from collections.abc import Iterator

from selfheal.source import Code, Edit, Vocabulary

COMPARE_NEAR = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
COMPARE_OPPOSITE = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
SIGN_OPPOSITE = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//")}
WRAPPERS = ("len", "int", "str", "sorted", "list")
MAPPING_METHODS = {"pop": "get", "setdefault": "get", "get": "pop"}


def between(code: Code, left: ast.expr, right: ast.expr, text: str) -> tuple[int, int, str]:
    """The operator between two expressions, replaced."""
    return code.span(left)[1], code.span(right)[0], f" {text} "


def compare(code: Code, table: dict[type, str], operator: str, fit: float) -> Iterator[Edit]:
    """Comparisons with another operator."""
    for node in code.nodes:
        if isinstance(node, ast.Compare) and type(node.ops[0]) in table and len(node.ops) == 1:
            place = between(code, node.left, node.comparators[0], table[type(node.ops[0])])
            yield Edit(operator, code.file, node.lineno, *place, fit)


def compare_boundary(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """``<`` and ``<=`` exchanged, ``>`` and ``>=`` too."""
    yield from compare(code, COMPARE_NEAR, "compare_boundary", 0.8)


def compare_opposite(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A comparison turned round."""
    yield from compare(code, COMPARE_OPPOSITE, "compare_opposite", 0.6)


def arithmetic(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """Plus and minus exchanged, times and divided-by too."""
    for node in code.nodes:
        if isinstance(node, ast.BinOp) and type(node.op) in SIGN_OPPOSITE:
            sign, other = SIGN_OPPOSITE[type(node.op)]
            start, end = code.span(node.left)[1], code.span(node.right)[0]
            text = code.text[start:end].replace(sign, other)
            yield Edit("arithmetic", code.file, node.lineno, start, end, text, 0.7)


def boolean(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """``and`` and ``or``, ``True`` and ``False`` exchanged, ``not`` dropped."""
    for node in code.nodes:
        match node:
            case ast.BoolOp(op=op, values=[first, second, *_]):
                start, end = code.span(first)[1], code.span(second)[0]
                old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                text = code.text[start:end].replace(old, new)
                yield Edit("boolean", code.file, second.lineno, start, end, text, 0.7)
            case ast.Constant(value=bool(value)):
                text = repr(not value)
                yield Edit("boolean", code.file, node.lineno, *code.span(node), text, 0.7)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                text = code.of(operand)
                yield Edit("boolean", code.file, node.lineno, *code.span(node), text, 0.4)


def number(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A whole number one up or down, or another of the same length from this file or its tests."""
    for node in code.nodes:
        if not (isinstance(node, ast.Constant) and type(node.value) is int):
            continue
        near = [node.value + 1, node.value - 1]
        alike = words.long_numbers if 100 <= node.value < 1000 else []
        for value, fit in [*((each, 0.3) for each in near), *((each, 0.4) for each in alike)]:
            if value not in {node.value, -1}:
                yield Edit("number", code.file, node.lineno, *code.span(node), str(value), fit)


def text_from_siblings(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A name or an address in quotes, replaced by one that sibling code uses."""
    markup = {each: words.strings[each] + 1 for each in words.addresses}
    pool = words.strings + type(words.strings)(markup)
    for node in code.nodes:
        if isinstance(node, ast.Constant) and node.value in words.strings:
            assert isinstance(node.value, str)
            method = {"GET", "POST", "PUT", "DELETE"}
            near = words.alike(node.value, pool)
            if node.value in method:
                near = [(each, 0.8) for each in sorted(method & set(pool)) if each != node.value]
            for text, share in near:
                # A word that stands only here is likelier to be the misspelt one.
                rare = 1.0 if words.strings[node.value] == 1 else 0.6
                yield Edit(
                    "text_from_siblings",
                    *(code.file, node.lineno, *code.span(node)),
                    f'"{text}"',
                    share * rare,
                )


def name_from_siblings(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """An attribute or a name, replaced by one that looks alike or does the same differently."""
    for node in code.nodes:
        match node:
            case ast.Attribute(attr=name):
                end = code.span(node)[1]
                start = end - len(name)
            case ast.Name(id=name, ctx=ast.Load()):
                start, end = code.span(node)
            case _:
                continue
        near = words.alike(name, words.names)
        if name in MAPPING_METHODS:
            near.append((MAPPING_METHODS[name], 0.6))
        for other, share in near:
            rare = 1.0 if words.names[name] == 1 else 0.5
            place = (code.file, node.lineno, start, end)
            yield Edit("name_from_siblings", *place, other, share * rare)


def swap_arguments(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """Two neighbouring arguments of a call exchanged."""
    for node in code.nodes:
        if isinstance(node, ast.Call):
            for one, two in zip(node.args, node.args[1:], strict=False):
                start, end = code.span(one)[0], code.span(two)[1]
                middle = code.text[code.span(one)[1] : code.span(two)[0]]
                text = code.of(two) + middle + code.of(one)
                yield Edit("swap_arguments", code.file, node.lineno, start, end, text, 0.5)


def default_for_key(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """``table[key]`` read with a default."""
    for node in code.nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            table, key = code.of(node.value), code.of(node.slice)
            # The same table read with a default elsewhere says which default is meant.
            used = re.findall(rf"{re.escape(table)}\.get\([^,()]+, ([^()]+)\)", code.text)
            for default, fit in [*((each, 1.0) for each in used[:1]), ("", 0.6), ("0", 0.4)]:
                text = f"{table}.get({key}{', ' if default else ''}{default})"
                yield Edit("default_for_key", code.file, node.lineno, *code.span(node), text, fit)


def default_for_none(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """An empty text where a value that a method is called on may be missing."""
    for node in code.nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Attribute | ast.Name)
        ):
            value = node.func.value
            text = f'({code.of(value)} or "")'
            fit = 0.8 if isinstance(value, ast.Attribute) else 0.4
            yield Edit("default_for_none", code.file, node.lineno, *code.span(value), text, fit)


def wrap_in_call(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A value turned by a built-in that sibling code uses: its length, its number, its order."""
    for node in code.nodes:
        match node:
            case ast.Return(value=ast.expr() as value):
                parts = [value]
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.Call(args=[only]):
                parts = [only]
            case _:
                continue
        for part in parts:
            if isinstance(part, ast.Constant | ast.GeneratorExp):
                continue
            for wrapper in WRAPPERS:
                yield Edit(
                    "wrap_in_call",
                    *(code.file, part.lineno, *code.span(part)),
                    f"{wrapper}({code.of(part)})",
                    0.7 if words.names[wrapper] else 0.2,
                )


def chain_from_siblings(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A call without arguments continued as sibling code continues it."""
    pairs = re.findall(r"\.(\w+)\(\)\.(\w+)\(\)", "\n".join(words.texts.values()))
    for node in code.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[], keywords=[]):
                end = code.span(node)[1]
                for first, then in sorted(set(pairs)):
                    if first == name and not code.text.startswith(f".{then}(", end):
                        place = (code.file, node.lineno, end, end)
                        yield Edit("chain_from_siblings", *place, f".{then}()", 0.8)
            case _:
                continue


def call_of_own(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A call without arguments replaced by one of the object's own."""
    own = sorted(set(re.findall(r"self\.\w+\(\)", "\n".join(words.texts.values()))))
    fields = re.findall(r"self\.(\w+) = ", code.text)
    for node in code.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner)), args=[], keywords=[]):
                if owner == "self":
                    continue
                for text in [*own, *(f"self.{each}()" for each in fields)]:
                    name = text.removeprefix("self.").removesuffix("()")
                    fit = 0.9 if name in fields else 0.3
                    yield Edit("call_of_own", code.file, node.lineno, *code.span(node), text, fit)
            case _:
                continue
