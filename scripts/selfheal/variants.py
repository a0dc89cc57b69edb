"""The three versions of the agents that the runs compare."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """How a version behaves."""

    name: str
    ranked: bool
    """Orders candidates by symptom and place instead of by a fixed list of operators."""
    learns: bool
    """Looks into the knowledge base, and adds to it."""
    verifies_all: bool
    """Reruns every test of a bug instead of the first."""


VARIANTS = {
    each.name: each
    for each in (
        Variant("v1-blind", ranked=False, learns=False, verifies_all=False),
        Variant("v2-ranked", ranked=True, learns=False, verifies_all=True),
        Variant("v3-learned", ranked=True, learns=True, verifies_all=True),
    )
}
