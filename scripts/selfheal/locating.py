"""Where a failure comes from: its traceback, and which lines failing tests run and others do not."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from selfheal.suite import Failure, Report

RARE = 4
"""A word in more lines than this says nothing about any of them."""
OF_TIME = re.compile(r"\b(?:now|today|time|random|choice)\(\)")


def clue_of(failure: Failure) -> str:
    """The kind of symptom, which is what operators are ranked by."""
    said = failure.message
    if failure.origin:
        if "NoneType" in said:
            return "none"
        kind = failure.error_type
        if kind in {"KeyError", "AttributeError", "NameError", "TypeError"}:
            return kind
        return "refused"
    symptoms = {
        "dead button": "does nothing when pressed",
        "lost function": "the script has no function",
        "lost field": "has no field|missing field",
        "lost element": "no element with id",
        "lost address": "answered 40[45](?! this)",
        "status": "answered [0-9]+, not",
        "text": r"€|^Lists differ|^'",
    }
    return next((name for name, pattern in symptoms.items() if re.search(pattern, said)), "value")


@dataclass(frozen=True)
class Suspicion:
    """How suspicious each line is, 0..2; line 0 stands for a template or script as a whole."""

    scores: dict[tuple[str, int], float]

    def of_lines(self, file: str, first: int, last: int) -> float:
        """The score of the most suspicious of some lines."""
        return max(
            (self.scores.get((file, line), 0.0) for line in range(first, last + 1)), default=0.0
        )

    def worst(self) -> tuple[str, int]:
        """The most suspicious line; the first one where several are."""
        return min(self.scores, key=lambda place: (-self.scores[place], place))


def spoken_of(message: str) -> set[str]:
    """What a failure names: quoted words, and addresses with what they begin with."""
    addresses = re.findall(r"(/[\w/-]+)", message)
    parents = {address.rpartition("/")[0] + "/" for address in addresses}
    return {*re.findall(r"'([^']{3,40})'", message), *addresses, *parents} - {"/"}


def suspicion(
    report: Report, failed: Collection[str], texts: Mapping[str, str], with_tests: bool
) -> Suspicion:
    """Ochiai's measure over the lines that the failed tests ran, plus what the failures say.

    Lines of a traceback count, and so do the few lines that hold a word of the failure. Tests
    themselves are suspected only on demand: a test that fails is rarely wrong.
    """
    ran_failed = Counter[tuple[str, int]]()
    ran_passed = Counter[tuple[str, int]]()
    for test_id, places in report.covered.items():
        if test_id in failed:
            ran_failed.update(places)
        elif test_id in report.passed:
            ran_passed.update(places)
    total = max(1, sum(test_id in failed for test_id in report.covered))
    scores = {
        place: count / math.sqrt(total * (count + ran_passed[place]))
        for place, count in ran_failed.items()
        if with_tests or not place[0].startswith("shop/tests/")
    }
    for failure in report.failures:
        if failure.test_id not in failed:
            continue
        for word in spoken_of(failure.message):
            holders = [place for place in lines_with(word, texts) if place in scores]
            for place in holders if len(holders) <= RARE else []:
                scores[place] = max(scores[place], 1.0 + scores[place] / 2)
        if failure.origin:
            inner = [each for each in failure.frames if not each.file.startswith("shop/tests/")]
            for depth, frame in enumerate(reversed(inner)):
                place = (frame.file, frame.line)
                scores[place] = scores.get(place, 0.0) + 1.0 / (1 + depth)
    return Suspicion(scores)


def lines_with(word: str, texts: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Where a word stands in the files; line 0 for a template or script."""
    for file, text in texts.items():
        if word in text:
            if not file.endswith(".py"):
                yield file, 0
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if word in line:
                    yield file, number


def bug_type_of(failure: Failure, clue: str, file: str, line_text: str, passes_alone: bool) -> str:
    """The kind of bug, judged from what was seen."""
    if passes_alone or OF_TIME.search(line_text):
        return "TEST_FLAKY"
    if clue in {"dead button", "lost function", "lost field", "lost element"}:
        return "UI_BUG"
    if clue in {"none", "KeyError", "AttributeError", "NameError", "TypeError"}:
        return "DATA_ERROR"
    return "UI_BUG" if file.endswith((".html", ".js")) else "BACKEND_ERROR"
