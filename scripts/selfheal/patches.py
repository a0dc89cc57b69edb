"""Patches as unified diffs, and putting them onto files that may have changed since."""

import difflib
import hashlib
import re
from dataclasses import dataclass

from selfheal.source import Edit

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


class StalePatch(RuntimeError):
    """The file is no longer the one that the patch was made for."""


class PatchDoesNotFit(RuntimeError):
    """The lines that the patch changes are not in the file."""


@dataclass(frozen=True)
class Patch:
    """A change of one file; ``base`` names the text that it was made for."""

    patch_id: str
    operator: str
    file: str
    line: int
    before: str
    after: str
    base: str
    diff: str

    @property
    def lines_added(self) -> int:
        """Lines that begin with a plus."""
        return sum(line.startswith("+") for line in self.diff.splitlines()[2:])

    @property
    def lines_removed(self) -> int:
        """Lines that begin with a minus."""
        return sum(line.startswith("-") for line in self.diff.splitlines()[2:])


def fingerprint(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def changed(text: str, edit: Edit) -> str:
    """The text after an edit."""
    return text[: edit.start] + edit.text + text[edit.end :]


def make_patch(text: str, edit: Edit) -> Patch:
    """An edit of this text as a patch."""
    new = changed(text, edit)
    lines = difflib.unified_diff(
        text.splitlines(), new.splitlines(), f"a/{edit.file}", f"b/{edit.file}", lineterm="", n=2
    )
    diff = "\n".join(lines) + "\n"
    return Patch(
        f"patch-{fingerprint(diff)[:8]}",
        edit.operator,
        edit.file,
        edit.line,
        text[edit.start : edit.end],
        edit.text,
        fingerprint(text),
        diff,
    )


def hunks(diff: str) -> list[tuple[int, list[str], list[str]]]:
    """The hunks of a diff: first line, lines before, lines after."""
    found: list[tuple[int, list[str], list[str]]] = []
    for line in diff.splitlines()[2:]:
        head = HUNK.match(line)
        if head:
            found.append((int(head[1]) - 1, [], []))
            continue
        if line[:1] in {" ", "-"}:
            found[-1][1].append(line[1:])
        if line[:1] in {" ", "+"}:
            found[-1][2].append(line[1:])
    return found


def apply(text: str, patch: Patch, anywhere: bool = False) -> str:
    """The text with the patch.

    Raises:
        StalePatch: The text is not the patch's base, and ``anywhere`` is not set.
        PatchDoesNotFit: ``anywhere`` is set, and the changed lines are not there exactly once.
    """
    if not anywhere and fingerprint(text) != patch.base:
        raise StalePatch(f"{patch.file} changed since {patch.patch_id} was made")
    lines = text.splitlines()
    for first, before, after in reversed(hunks(patch.diff)):
        spots = range(len(lines) - len(before) + 1) if anywhere else [first]
        places = [place for place in spots if lines[place : place + len(before)] == before]
        if len(places) != 1:
            raise PatchDoesNotFit(f"{patch.file} holds the lines {len(places)} times")
        lines[places[0] : places[0] + len(before)] = after
    return "\n".join(lines) + "\n"
