"""What has worked before: a JSON file that outlives the runs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from analytics import record


@dataclass(frozen=True)
class Experience:
    """A change that made the failing tests of a bug pass."""

    bug_id: str
    clue: str
    operator: str
    file: str
    before: str
    after: str


class KnowledgeBase:
    """Remembers which change healed which failure; without a file it stays empty."""

    def __init__(self, path: Path | None) -> None:
        """Read the file where there is one."""
        self.path = path
        self.entries: list[Experience] = []
        if path is not None and path.is_file():
            self.entries = [Experience(**each) for each in json.loads(path.read_text("utf-8"))]

    def about(self, bug_id: str, clue: str) -> tuple[Experience, ...]:
        """What is known about this failure or this kind of symptom."""
        return tuple(each for each in self.entries if each.bug_id == bug_id or each.clue == clue)

    @record.step(op="KnowledgeBase.lookup")
    def lookup(self, bug_id: str, clue: str) -> dict[str, object]:
        """Whether this very failure was healed before, and how many entries may help."""
        found = self.about(bug_id, clue)
        return {
            "bug_id": bug_id,
            "hit": any(each.bug_id == bug_id for each in found),
            "entries": len(found),
        }

    def learn(self, entry: Experience) -> None:
        """Keep a change that worked."""
        if self.path is None or entry in self.entries:
            return
        self.entries.append(entry)
        rows = [asdict(each) for each in self.entries]
        self.path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
