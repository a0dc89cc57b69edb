"""From a located failure to candidate patches, the best first.

Nothing here knows which bugs can be injected: candidates come from the operators, the source and
its sibling code; their order from the symptom, from where the failing tests ran, and from experience.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selfheal import code_edits, markup_edits, structure_edits
from selfheal.knowledge import Experience
from selfheal.locating import Suspicion, spoken_of
from selfheal.patches import Patch, changed, make_patch
from selfheal.source import Code, Edit, Vocabulary
from selfheal.workspace import Workspace

CODE_OPERATORS: tuple[Callable[[Code, Vocabulary], Iterator[Edit]], ...] = (
    code_edits.compare_boundary,
    code_edits.boolean,
    code_edits.compare_opposite,
    code_edits.arithmetic,
    structure_edits.guard_for_none,
    code_edits.default_for_key,
    code_edits.default_for_none,
    structure_edits.missing_keyword,
    structure_edits.fresh_default,
    structure_edits.set_up_each_test,
    code_edits.swap_arguments,
    code_edits.chain_from_siblings,
    code_edits.call_of_own,
    code_edits.name_from_siblings,
    code_edits.text_from_siblings,
    code_edits.number,
    code_edits.wrap_in_call,
    structure_edits.drop_decorator,
    structure_edits.drop_condition,
    structure_edits.drop_statement,
)
MARKUP_OPERATORS: tuple[Callable[[str, str, Vocabulary], Iterator[Edit]], ...] = (
    markup_edits.form_method,
    markup_edits.handler_from_script,
    markup_edits.handler_name,
    markup_edits.filter_from_siblings,
    markup_edits.name_of_element,
    markup_edits.value_from_siblings,
    markup_edits.field_from_code,
    markup_edits.address_from_routes,
)
ORDER = [each.__name__ for each in (*CODE_OPERATORS, *MARKUP_OPERATORS)]

SUITS: dict[str, tuple[str, ...]] = {
    "none": ("guard_for_none", "default_for_none"),
    "KeyError": (
        "default_for_key",
        "missing_keyword",
        "value_from_siblings",
        "text_from_siblings",
        "name_from_siblings",
    ),
    "AttributeError": ("name_from_siblings", "value_from_siblings", "swap_arguments"),
    "NameError": ("name_from_siblings",),
    "TypeError": ("wrap_in_call", "swap_arguments", "default_for_none"),
    "refused": ("compare_boundary", "call_of_own", "boolean", "compare_opposite"),
    "dead button": ("handler_from_script",),
    "lost function": ("handler_name",),
    "lost field": ("field_from_code",),
    "lost element": ("name_of_element", "value_from_siblings", "chain_from_siblings"),
    "lost address": ("address_from_routes", "text_from_siblings", "form_method", "wrap_in_call"),
    "status": ("number", "compare_boundary", "text_from_siblings", "chain_from_siblings"),
    "text": ("filter_from_siblings", "compare_boundary", "arithmetic", "boolean", "wrap_in_call"),
    "value": ("compare_boundary", "arithmetic", "boolean", "compare_opposite"),
    "TEST_FLAKY": (
        "set_up_each_test",
        "fresh_default",
        "call_of_own",
        "wrap_in_call",
        "name_from_siblings",
    ),
}
"""Operators that suit a symptom, the likeliest first."""

FOCUS_LINES = 120


@dataclass(frozen=True)
class Case:
    """A located failure, and how to order its candidates."""

    bug_id: str
    clue: str
    message: str
    suspicion: Suspicion
    ranked: bool
    experience: tuple[Experience, ...]
    seed: str


@dataclass(frozen=True)
class Candidate:
    """An edit and how promising it looks; ``known`` says that it has worked before."""

    edit: Edit
    score: float
    known: bool


def focus(case: Case, words: Vocabulary) -> dict[str, set[int]]:
    """The most suspicious lines per file, as whole statements, and every template that was read."""
    scores = case.suspicion.scores
    worst = sorted(scores, key=lambda place: (-scores[place], place))[:FOCUS_LINES]
    found: dict[str, set[int]] = {}
    for file, line in [*worst, *(place for place in scores if place[1] == 0)]:
        lines = found.setdefault(file, set())
        if file in words.codes:
            first, last = words.codes[file].extent(line)
            lines.update(range(first, last + 1))
    return found


def all_edits(case: Case, words: Vocabulary) -> Iterator[Edit]:
    """Every edit that any operator makes near the suspicious lines."""
    for file, lines in sorted(focus(case, words).items()):
        text = words.texts[file]
        if file.endswith(".py"):
            code = Code(file, text, lines)
            for operator in CODE_OPERATORS:
                yield from operator(code, words)
        elif file.endswith(".html"):
            for mark in MARKUP_OPERATORS:
                yield from mark(file, text, words)


def mentioned(edit: Edit, old: str, said: set[str]) -> float:
    """How much more likely an edit is because the failure speaks of its old or its new text."""
    stem = re.split(r"\{\{|<", old.strip("\"'"))[0]
    last = stem.rpartition(".")[2]
    weight = 1.0
    if said & set(re.findall(r"[\w/.-]+", edit.text)):
        weight *= 3.0
    if stem in said or last in said:
        weight *= 3.0
    return weight


def promise(edit: Edit, old: str, case: Case, said: set[str], words: Vocabulary) -> float:
    """How promising an edit is: place, symptom, likeness to sibling code, words of the failure."""
    suits = SUITS.get(case.clue, ())
    share = 1.0 / (1 + suits.index(edit.operator)) if edit.operator in suits else 0.12
    code = words.codes.get(edit.file)
    extent = code.extent(edit.line) if code else (0, 0)
    # What runs only once, when a class is made, is never among the lines that a test ran.
    place = max(case.suspicion.of_lines(edit.file, *extent), 0.2)
    return place * share * edit.fit * mentioned(edit, old, said)


def blind_order(edit: Edit, case: Case) -> float:
    """The fixed order of the operators, nearest line first, in the one file that was diagnosed."""
    file, line = case.suspicion.worst()
    if edit.file != file:
        return 0.0
    return 1.0 / (1 + ORDER.index(edit.operator) * 1000 + abs(edit.line - line))


def experienced(edit: Edit, old: str, case: Case) -> tuple[float, bool]:
    """A factor from what has worked before, and whether this very edit has."""
    weight, known = 1.0, False
    for entry in case.experience:
        same_change = (entry.before, entry.after) == (old, edit.text)
        if entry.operator == edit.operator:
            weight += 0.5
        if same_change and entry.file == edit.file and entry.bug_id == case.bug_id:
            weight, known = weight * 100.0, True
    return weight, known


def candidates(case: Case, workspace: Workspace) -> list[Candidate]:
    """One candidate per changed text, the most promising first."""
    words = Vocabulary({file: workspace.read(file) for file in workspace.files()})
    said = spoken_of(case.message) | set(re.findall(r"\b[0-9]{3}\b", case.message))
    chance = random.Random(case.seed)
    best: dict[tuple[str, int, int, str], Candidate] = {}
    for edit in all_edits(case, words):
        old = words.texts[edit.file][edit.start : edit.end]
        if case.ranked:
            weight, known = experienced(edit, old, case)
            score = promise(edit, old, case, said, words) * weight
            score *= 1.0 + 0.2 * chance.random()
        else:
            score, known = blind_order(edit, case), False
        change = (edit.file, edit.start, edit.end, edit.text)
        if score > 0 and (change not in best or score > best[change].score):
            best[change] = Candidate(edit, score, known)
    return sorted(best.values(), key=lambda each: (-each.score, each.edit.file, each.edit.start))


def patches(found: list[Candidate], workspace: Workspace) -> Iterator[tuple[Patch, bool]]:
    """The candidates that leave a program that still compiles, and whether each is known."""
    for each in found:
        text = workspace.read(each.edit.file)
        if compiles(each.edit.file, changed(text, each.edit)):
            yield make_patch(text, each.edit), each.known


def compiles(file: str, text: str) -> bool:
    """Whether a changed file is still a program; templates always are."""
    if not file.endswith(".py"):
        return True
    try:
        compile(text, file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
