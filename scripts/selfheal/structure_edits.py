"""Repair operators for statements and functions: guards, keywords, decorators, shared state."""

import ast
import re
from collections.abc import Iterator

from selfheal.source import Code, Edit, Vocabulary


def guard_for_none(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """An early return for an argument that may be None and is not asked about."""
    for function in code.functions:
        first = function.body[1] if len(function.body) > 1 else function.body[0]
        for argument in function.args.args:
            annotation = code.of(argument.annotation) if argument.annotation else ""
            asked = f"{argument.arg} is None" in code.of(function) or (
                f"not {argument.arg}:" in code.of(function)
            )
            if "None" not in annotation or asked:
                continue
            start, _ = code.line_span(first.lineno, first.lineno)
            margin = " " * first.col_offset
            returns = code.of(function.returns) if function.returns else "None"
            value = "None" if "None" in returns else "0"
            text = f"{margin}if {argument.arg} is None:\n{margin}    return {value}\n"
            place = (code.file, first.lineno, start, start)
            yield Edit("guard_for_none", *place, text, 0.9)


def missing_keyword(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A local value handed on under its own name."""
    for function in code.functions:
        local = {
            each.id
            for each in ast.walk(function)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and node.keywords):
                continue
            for name in sorted(local - {each.arg for each in node.keywords}):
                end = code.span(node.keywords[-1].value)[1]
                place = (code.file, node.lineno, end, end)
                yield Edit("missing_keyword", *place, f", {name}={name}", 0.7)


def drop_decorator(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A function without its decorator."""
    for function in code.functions:
        for each in function.decorator_list:
            place = code.line_span(each.lineno, each.end_lineno or each.lineno)
            yield Edit("drop_decorator", code.file, each.lineno, *place, "", 0.3)


def fresh_default(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A default that all calls share, made anew in each call."""
    for function in code.functions:
        arguments = function.args.args[-len(function.args.defaults) :]
        for argument, default in zip(arguments, function.args.defaults, strict=False):
            if not isinstance(default, ast.Dict | ast.List | ast.Set):
                continue
            body = function.body[1:] or function.body
            first, last = code.span(default)[0], code.span(body[0])[0]
            margin = " " * body[0].col_offset
            empty = code.of(default)
            between = code.text[first + len(empty) : last]
            fresh = f"{argument.arg} = {empty} if {argument.arg} is None else {argument.arg}"
            text = f"None{between}{fresh}\n{margin}"
            yield Edit("fresh_default", code.file, function.lineno, first, last, text, 1.0)


def set_up_each_test(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """What a test class prepares once, prepared before each of its tests."""
    pattern = re.compile(r"    @classmethod\n    def setUpClass\(\w+\)")
    for found in pattern.finditer(code.text):
        line = code.text.count("\n", 0, found.start()) + 1
        place = (code.file, line, found.start(), found.end())
        yield Edit("set_up_each_test", *place, "    def setUp(self)", 1.0)


def drop_statement(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """A function without one of its plain statements."""
    for node in code.statements:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Raise) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            start, end = code.span(node)
            yield Edit("drop_statement", code.file, node.lineno, start, end, "pass", 0.2)


def drop_condition(code: Code, words: Vocabulary) -> Iterator[Edit]:
    """An early exit that never happens."""
    for node in code.nodes:
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Return | ast.Raise):
            place = code.span(node.test)
            yield Edit("drop_condition", code.file, node.lineno, *place, "False", 0.3)
