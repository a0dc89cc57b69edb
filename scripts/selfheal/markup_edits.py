"""Repair operators for HTML templates: each yields edits of one kind for one template."""

import re
from collections import Counter
from collections.abc import Iterator

from selfheal.source import Edit, Vocabulary, likeness

BUTTON = re.compile(r'<button type="button"(?![^>]*onclick)([^>]*?)()>')
HANDLER = re.compile(r'onclick="(\w+)\(')
ADDRESS = re.compile(r'(?:action|href)="([^"]*)"')
METHOD = re.compile(r'method="(\w+)"')
FIELD = re.compile(r'<input[^>]*? name="([^"]*)"')
NAMED = re.compile(r'(?:id|class)="([\w-]+)"')
VALUE = re.compile(r"\{\{\s*([\w.]+)|\{% (?:if|for \w+ in) ([\w.]+)")
FILTER = re.compile(r"\{\{\s*[\w.]+( \| \w+)?()\s*\}\}")
UNLIKE = 0.2
"""How well a word fits that is right here for no other reason than that the code knows it."""
HOLE = re.compile(r"\{\{.*?\}\}")


def at(text: str, offset: int) -> int:
    """The number of the line that an offset is in."""
    return text.count("\n", 0, offset) + 1


def edit(operator: str, file: str, text: str, span: tuple[int, int], new: str, fit: float) -> Edit:
    """An edit of a span of a template."""
    return Edit(operator, file, at(text, span[0]), *span, new, fit)


def handler_from_script(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A handler for a button that has none: any function of the script, unused ones first."""
    used = set(HANDLER.findall(words.markup))
    for button in BUTTON.finditer(text):
        for name in words.script_functions:
            fit = 0.5 if name in used else 0.9
            new = f' onclick="{name}(this)"'
            yield edit("handler_from_script", file, text, button.span(2), new, fit)


def handler_name(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A handler that the script does not have, renamed to one that it has."""
    for handler in HANDLER.finditer(text):
        if handler[1] in words.script_functions:
            continue
        for name in words.script_functions:
            fit = max(likeness(name, handler[1]), UNLIKE)
            yield edit("handler_name", file, text, handler.span(1), name, fit)


def address_from_routes(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A link or a form's address replaced by one that the code answers."""
    for found in ADDRESS.finditer(text):
        holes = HOLE.findall(found[1])
        for address in words.addresses:
            if address.count("<") != len(holes):
                continue
            new = address
            for hole in holes:
                new = re.sub(r"<\w+>", hole.replace("\\", ""), new, count=1)
            if new != found[1]:
                fit = max(likeness(HOLE.sub("", found[1]), HOLE.sub("", new)), UNLIKE)
                yield edit("address_from_routes", file, text, found.span(1), new, fit)


def form_method(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """GET and POST exchanged."""
    for found in METHOD.finditer(text):
        new = "get" if found[1] == "post" else "post"
        yield edit("form_method", file, text, found.span(1), new, 0.7)


def field_from_code(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A field renamed to a word that the code asks for."""
    here = set(FIELD.findall(text))
    for found in FIELD.finditer(text):
        for word in sorted(words.strings):
            if re.fullmatch(r"[a-z_]+", word) and word not in here:
                fit = max(likeness(word, found[1]), UNLIKE)
                yield edit("field_from_code", file, text, found.span(1), word, fit)


def value_from_siblings(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A value of a template replaced by one that looks alike in a sibling or in the code."""
    for found in VALUE.finditer(text):
        group = 1 if found[1] else 2
        name = found[group]
        head, dot, _ = name.rpartition(".")
        alike = Counter({f"{head}{dot}{each}": 1 for each in words.names}) + words.placeholders
        for other, fit in words.alike(name, alike, 0.7):
            rare = 1.0 if words.placeholders[name] == 1 else 0.6
            yield edit("value_from_siblings", file, text, found.span(group), other, fit * rare)


def filter_from_siblings(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """A filter added to a value, or dropped."""
    for found in FILTER.finditer(text):
        if found[1]:
            yield edit("filter_from_siblings", file, text, found.span(1), "", 0.2)
        else:
            for name in ("money", "raw"):
                with_filter = f"{found[0].strip('{} ')} | {name}"
                known = with_filter in words.markup
                fit = 0.9 if known else 0.4 if name == "money" else 0.2
                new = f" | {name}"
                yield edit("filter_from_siblings", file, text, found.span(2), new, fit)


def name_of_element(file: str, text: str, words: Vocabulary) -> Iterator[Edit]:
    """An id or class renamed to a word that looks alike anywhere in the templates or the tests."""
    tests = "\n".join(each for name, each in words.texts.items() if "/tests/" in name)
    wanted = Counter(re.findall(r'(?:find|text|with_class)\("([\w-]+)"\)', tests))
    for found in NAMED.finditer(text):
        for other, fit in words.alike(found[1], wanted, 0.6):
            if f'"{other}"' not in text:
                yield edit("name_of_element", file, text, found.span(1), other, fit)
