"""Two states of the runs, held against each other. Knows no store: frames in, counts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polars import DataFrame, Expr

LABELS = ("model", "variant", "task", "agent")
"""Columns of a run that are names: a changed one is a relabelling."""

_MOST_LISTED = 10
_RUN = ("source", "run_id")
_VERDICT = ("origin", "key_kind", "key", "variant")


@dataclass(frozen=True, kw_only=True)
class Flip:
    """One run whose outcome changed."""

    source: str
    run_id: str
    task: str | None
    variant: str | None
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Flips:
    """How many runs went from one outcome to another."""

    before: str
    after: str
    runs: int


@dataclass(frozen=True, kw_only=True)
class Relabelling:
    """How many runs got another name in one column."""

    column: str
    """One of LABELS."""
    before: str | None
    after: str | None
    runs: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What became of the runs between two states."""

    added: Mapping[str, int]
    """Outcome -> runs that are new."""
    removed: Mapping[str, int]
    """Outcome -> runs that are gone."""
    changed: int
    """Runs that are in both states and differ in anything."""
    flips: tuple[Flips, ...]
    """Every pair of outcomes, the most frequent first."""
    flipped: tuple[Flip, ...]
    """The first few runs whose outcome changed."""
    relabelled: int
    """Runs of which a label changed."""
    relabellings: tuple[Relabelling, ...]
    """Every pair of names, by column, the most frequent first."""

    @property
    def flips_count(self) -> int:
        """Runs whose outcome changed."""
        return sum(each.runs for each in self.flips)

    @property
    def is_nothing(self) -> bool:
        """Whether the runs are as they were."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, kw_only=True)
class VerdictNews:
    """What became of the verdicts of one kind."""

    kind: str
    """tests, list, merge or ci."""
    new: int
    changed: int
    withdrawn: int


def difference(before: "DataFrame", after: "DataFrame") -> Difference:
    """Compare two states of the runs.

    Args:
        before: rows of ``store.past.run_states``.
        after: the same, later.
    """
    import polars as pl

    key = list(_RUN)
    both = before.join(after, on=key, how="inner", suffix="_after", maintain_order="left").sort(key)
    changed = both.filter(pl.col("fingerprint") != pl.col("fingerprint_after"))
    flipped = changed.filter(_differs("outcome"))
    return Difference(
        added=_by_outcome(after.join(before, on=key, how="anti")),
        removed=_by_outcome(before.join(after, on=key, how="anti")),
        changed=len(changed),
        flips=tuple(
            Flips(before=old, after=new, runs=runs) for old, new, runs in _pairs(flipped, "outcome")
        ),
        flipped=tuple(
            Flip(
                source=row["source"],
                run_id=row["run_id"],
                task=row["task_after"],
                variant=row["variant_after"],
                before=row["outcome"],
                after=row["outcome_after"],
            )
            for row in flipped.head(_MOST_LISTED).iter_rows(named=True)
        ),
        relabelled=len(changed.filter(pl.any_horizontal(*map(_differs, LABELS)))),
        relabellings=tuple(
            Relabelling(column=column, before=old, after=new, runs=runs)
            for column in LABELS
            for old, new, runs in _pairs(changed.filter(_differs(column)), column)
        ),
    )


def verdict_news(before: "DataFrame", after: "DataFrame") -> tuple[VerdictNews, ...]:
    """Compare two states of the verdicts.

    Args:
        before: rows of ``schema.VERDICTS``.
        after: the same, later.

    Returns:
        One entry per kind of evidence of which something is new, changed or withdrawn.
    """
    import polars as pl

    key = list(_VERDICT)
    both = before.join(after, on=key, how="inner", suffix="_after", nulls_equal=True)
    differs = pl.any_horizontal(
        *(_differs(column) for column in ("passed", "kind", "found_at", "evidence"))
    )
    counts = {
        "new": after.join(before, on=key, how="anti", nulls_equal=True),
        "changed": both.filter(differs).select(pl.col("kind_after").alias("kind")),
        "withdrawn": before.join(after, on=key, how="anti", nulls_equal=True),
    }
    found = {name: dict(frame.group_by("kind").len().iter_rows()) for name, frame in counts.items()}
    kinds = sorted({kind for each in found.values() for kind in each})
    return tuple(
        VerdictNews(kind=kind, **{name: each.get(kind, 0) for name, each in found.items()})
        for kind in kinds
    )


def _differs(column: str) -> "Expr":
    import polars as pl

    return pl.col(column).ne_missing(pl.col(f"{column}_after"))


def _by_outcome(runs: "DataFrame") -> dict[str, int]:
    return dict(sorted(runs.group_by("outcome").len().iter_rows()))


def _pairs(rows: "DataFrame", column: str) -> "list[tuple[str, str, int]]":
    """Return (old, new, rows), the most frequent first."""
    counted = rows.group_by(column, f"{column}_after").len()
    return sorted(counted.iter_rows(), key=lambda row: (-row[2], str(row[0]), str(row[1])))
