"""What can be broken in the shop: the bugs that ``injected/*.toml`` declares, and tasks of them.

Each mutation replaces ``before``, which stands exactly once in its file, by ``after``. The agents
never read this: it is the recorder's knowledge of what was injected.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfheal.workspace import Workspace


@dataclass(frozen=True)
class Mutation:
    """One replacement; ``before`` occurs exactly once in the file."""

    file: str
    before: str
    after: str

    def apply(self, workspace: Workspace) -> None:
        """Break the copy."""
        text = workspace.read(f"shop/{self.file}")
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file} does not hold exactly once: {self.before}")
        workspace.write(f"shop/{self.file}", text.replace(self.before, self.after))


@dataclass(frozen=True)
class Bug:
    """One defect; ``repairable`` is False where no repair operator can reach it."""

    bug_id: str
    kind: str
    title: str
    mutations: tuple[Mutation, ...]
    repairable: bool = True


INJECTED = Path(__file__).parent / "injected"
KINDS = ("ui", "backend", "data", "flaky")


def declared(name: str) -> dict[str, Any]:
    """One of the files that declare bugs."""
    return tomllib.loads((INJECTED / f"{name}.toml").read_text(encoding="utf-8"))


BUGS: dict[str, Bug] = {
    each["id"]: Bug(
        each["id"],
        each["kind"],
        each["title"],
        tuple(Mutation(**one) for one in each["mutation"]),
        each.get("repairable", True),
    )
    for each in sorted(
        (one for kind in KINDS for one in declared(kind)["bug"]), key=lambda one: one["id"]
    )
}

PAIRS: dict[str, tuple[str, ...]] = {
    each["id"]: tuple(each["bugs"]) for each in declared("pairs")["pair"]
}
"""Tasks that break two things at once."""

TASKS: tuple[str, ...] = (*BUGS, *PAIRS)


def bugs_of(task: str) -> tuple[Bug, ...]:
    """The bugs that a task injects.

    Raises:
        KeyError: No task has this id.
    """
    return tuple(BUGS[each] for each in PAIRS.get(task, (task,)))


def inject(task: str, workspace: Workspace) -> None:
    """Break the copy as the task says."""
    for each in bugs_of(task):
        for mutation in each.mutations:
            mutation.apply(workspace)
