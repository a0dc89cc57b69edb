"""Which run or task a saying is about: clues out of branches and texts, and which of them counts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.sources.rows import UnusableError
from analytics.verdicts import KINDS, Clue, Saying
from analytics.verdicts.account import named

COMMIT, LABELLED, BRANCH, TITLE, BODY = 1, 2, 3, 4, 5
"""Ranks of clues that have to be looked for, the surest first."""

_SHA = re.compile(r"[0-9a-fA-F]{7,64}")
_LABEL = re.compile(
    r"\b(run|task|instance)(?:[ _-]?id)?\s*[:=]\s*[`'\"]?([^\s`'\"<>()\[\],;]+)", re.IGNORECASE
)
_EDGES = "()[]{}<>\"'`.,;:!?*"
_MOST_CHARACTERS = 20_000
_SHORTEST = 4

By = Literal["run", "task"]


def commit(sha: object) -> tuple[Clue, ...]:
    """Return a commit as a clue, nothing where it is none."""
    is_sha = isinstance(sha, str) and _SHA.fullmatch(sha)
    return (Clue(text=str(sha).lower(), names="commit", rank=COMMIT),) if is_sha else ()


def in_branch(branch: str | None) -> tuple[Clue, ...]:
    """Return what a branch may be named after: all of it, and each part between slashes.

    >>> [clue.text for clue in in_branch("refs/heads/agent/run-17")]
    ['agent/run-17', 'agent', 'run-17']
    """
    if not branch:
        return ()
    name = branch[:_MOST_CHARACTERS].removeprefix("refs/heads/")
    parts = [name, *(name.split("/") if "/" in name else ())]
    return _clues((part for part in parts if len(part) >= _SHORTEST), BRANCH)


def in_text(title: str | None, body: str | None) -> tuple[Clue, ...]:
    """Return what a title and a body may name: ids with a label before them, then words like ids.

    >>> [(clue.text, clue.rank) for clue in in_text("Fix cart-total", "Run: run-17, see above")]
    [('run-17', 2), ('Fix cart-total', 4), ('cart-total', 4), ('run-17', 5)]
    """
    title, body = (title or "")[:_MOST_CHARACTERS], (body or "")[:_MOST_CHARACTERS]
    labelled = [found.rstrip(_EDGES) for _, found in _LABEL.findall(f"{title}\n{body}")]
    return (
        *_clues(labelled, LABELLED),
        *_clues([title.strip(), *filter(_is_like_id, _words(title))], TITLE),
        # In prose, what has no digit and no underscore is a word.
        *_clues((word for word in _words(body) if re.search(r"[\d_]", word)), BODY),
    )


def _words(text: str) -> list[str]:
    words = [word.strip(_EDGES) for word in text.split()]
    parts = [part for word in words for part in (word, *re.split(r"[/#=:@]", word))]
    return [part for part in parts if len(part) >= _SHORTEST]


def _is_like_id(word: str) -> bool:
    return re.search(r"[\d_-]", word) is not None


def _clues(texts: Iterable[str], rank: int) -> tuple[Clue, ...]:
    found: dict[str, Clue] = {}
    for text in texts:
        try:
            found.setdefault(text, Clue(text=named(text), rank=rank))
        except UnusableError:
            continue
    return tuple(found.values())


@dataclass(frozen=True, kw_only=True)
class Known:
    """One thing in the store that a clue stands for."""

    by: By
    key: str


@dataclass(frozen=True, kw_only=True)
class Matched:
    """A saying, and what it is about."""

    saying: Saying
    about: Known


def choose(saying: Saying, known: Mapping[Clue, Sequence[Known]]) -> tuple[Known, ...]:
    """Return what a saying is about: what its surest clue stands for.

    Args:
        saying: the saying.
        known: clue -> what it stands for; runs come before tasks.

    Returns:
        One run or task, or the several runs of one commit; nothing where no clue is known.

    Raises:
        UnusableError: clues of the same rank stand for different things.
    """
    for rank in sorted({clue.rank for clue in saying.clues}):
        clues = [clue for clue in saying.clues if clue.rank == rank]
        found = {each: None for clue in clues for each in known.get(clue, ())}
        runs = [each for each in found if each.by == "run"]
        chosen = runs or list(found)
        if len(chosen) > 1 and rank != COMMIT:
            names = ", ".join(sorted(each.key for each in chosen)[:3])
            raise UnusableError(f"names several {chosen[0].by}s: {names}")
        if chosen:
            return tuple(chosen)
    return ()


def combined(matched: Iterable[Matched]) -> list[Matched]:
    """Return what a report says of each run or task, once.

    The kind of evidence that counts most decides; of one kind the newest, else the last. Several checks
    of one commit pass when all of them do, each by its newest result.
    """
    groups: dict[tuple[Known, str | None], list[Matched]] = {}
    for each in matched:
        groups.setdefault((each.about, each.saying.variant), []).append(each)
    return [_one(group) for group in groups.values()]


def contradictory(matched: Iterable[Matched]) -> int:
    """Return of how many runs and tasks the same check says that they passed and that they failed."""
    said: dict[tuple[object, ...], set[bool]] = {}
    for each in matched:
        told = each.saying
        if told.passed is not None:
            check = (each.about, told.variant, told.kind, told.part)
            said.setdefault(check, set()).add(told.passed)
    return len({check[:2] for check, outcomes in said.items() if len(outcomes) > 1})


def _one(group: list[Matched]) -> Matched:
    # What nobody knows yet takes nothing back.
    telling = [each for each in group if each.saying.passed is not None] or group
    best = min(KINDS.index(each.saying.kind) for each in telling)
    of_kind = [each for each in group if KINDS.index(each.saying.kind) == best]
    parts: dict[str, list[Matched]] = {}
    for each in of_kind:
        parts.setdefault(each.saying.part, []).append(each)
    newest = [_newest(part) for part in parts.values()]
    said = [each.saying.passed for each in newest]
    passed = False if False in said else None if None in said else True
    return _newest([each for each in newest if each.saying.passed is passed])


def _newest(group: list[Matched]) -> Matched:
    known = [each for each in group if each.saying.passed is not None] or group
    # Of equals, the last in the file counts; a time comes after no time.
    return sorted(
        known, key=lambda each: (each.saying.found_at is not None, each.saying.found_at or 0)
    )[-1]
