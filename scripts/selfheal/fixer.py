"""The agent that proposes patches."""

from dataclasses import dataclass
from typing import Any

from analytics import record
from selfheal.knowledge import KnowledgeBase
from selfheal.patches import Patch
from selfheal.repair import Candidate, Case, candidates, patches
from selfheal.triage import Diagnosis
from selfheal.variants import Variant
from selfheal.workspace import Workspace


@dataclass(frozen=True)
class Proposal:
    """The next patch to try for a bug, from so many candidates; None when all were tried."""

    bug_id: str
    patch: Patch | None
    knowledge_base_hit: bool
    candidates: int


def shown(proposal: Proposal) -> dict[str, Any]:
    """A proposal as it stands in a trace."""
    patch = proposal.patch
    return {
        "bug_id": proposal.bug_id,
        "patch_id": patch and patch.patch_id,
        "operator": patch and patch.operator,
        "file": patch and patch.file,
        "line": patch and patch.line,
        "diff": patch and patch.diff,
        "lines_added": patch and patch.lines_added,
        "lines_removed": patch and patch.lines_removed,
        "knowledge_base_hit": proposal.knowledge_base_hit,
        "candidates": proposal.candidates,
    }


def case_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a proposal as they stand in a trace."""
    return {"bug_id": inputs["diagnosis"].bug_id, "test_id": inputs["diagnosis"].test_id}


class FixerAgent:
    """Proposes one patch after the other."""

    def __init__(
        self, workspace: Workspace, variant: Variant, knowledge: KnowledgeBase, seed: str
    ) -> None:
        """Order candidates as the variant does; the seed decides between equals."""
        self.workspace = workspace
        self.variant = variant
        self.knowledge = knowledge
        self.seed = seed
        self.tried: dict[str, set[str]] = {}

    @record.step(op="FixerAgent.generate_patch", shown_inputs=case_inputs, shown_output=shown)
    def generate_patch(self, diagnosis: Diagnosis) -> Proposal:
        """The most promising patch for a bug that was not proposed before."""
        known = ()
        if self.variant.learns:
            self.knowledge.lookup(diagnosis.bug_id, diagnosis.clue)
            known = self.knowledge.about(diagnosis.bug_id, diagnosis.clue)
        case = Case(
            diagnosis.bug_id,
            diagnosis.clue,
            diagnosis.title,
            diagnosis.suspicion,
            self.variant.ranked,
            known,
            self.seed,
        )
        return self.first_untried(diagnosis.bug_id, candidates(case, self.workspace))

    def first_untried(self, bug_id: str, found: list[Candidate]) -> Proposal:
        """The best candidate that is new for this bug."""
        tried = self.tried.setdefault(bug_id, set())
        for patch, hit in patches(found, self.workspace):
            if patch.patch_id not in tried:
                tried.add(patch.patch_id)
                return Proposal(bug_id, patch, hit, len(found))
        return Proposal(bug_id, None, False, len(found))
