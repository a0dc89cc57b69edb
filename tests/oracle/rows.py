"""Runs, bugs and agents' parts as the definitions have them, one object per row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.oracle import meaning
from tests.oracle.records import Call, Raw, calls_of

STALE = timedelta(minutes=30)


@dataclass(kw_only=True, eq=False)
class Run:
    """One agent system on one task, once."""

    id: str
    own: Call | None
    """The run's own call; None where it never arrived."""
    preset: str
    steps: list[Call]
    """Every call of the run, its own included, nested runs' excluded."""
    last_seen: datetime
    now: datetime
    bugs: "list[Bug]" = field(default_factory=list)

    def told(self, name: str):
        """Return what the run's own call says of itself."""
        return meaning.fact(self.own, self.preset, "run", name) if self.own else None

    def told_or_tested(self, name: str):
        """Return the count that the run reported, else none where tests ran, else unknown."""
        told = self.told(name)
        return 0 if told is None and self.steps_of("test") else told

    def steps_of(self, *roles: str) -> list[Call]:
        """Return its steps with one of these roles, in the order in which they began."""
        found = [call for call in self.steps if meaning.recognised(call)[1] in roles]
        return sorted(found, key=lambda call: (call.start, call.id))

    @property
    def start(self) -> datetime:
        """When it began: its own call, else the first sign of life."""
        return self.own.start if self.own else min(call.start for call in self.steps)

    @property
    def state(self) -> str:
        """finished | running | abandoned."""
        if self.own is not None and self.own.status != "running":
            return "finished"
        return "abandoned" if self.last_seen < self.now - STALE else "running"

    @property
    def claimed(self) -> str | None:
        """pass | fail as the agent said; one that raised has failed."""
        claimed = self.told("claimed")
        return "fail" if not claimed and self.own and self.own.status == "error" else claimed

    @property
    def verified(self) -> str | None:
        """pass | fail: an acceptance, else scorers, else every bug fixed and the last check passed."""
        said = self._verdict()
        return None if said is None else "pass" if said else "fail"

    def _verdict(self) -> bool | None:
        accepted = _last(_passed(call) for call in self.steps_of("accept"))
        if accepted is not None:
            return accepted
        if (scored := self.told("passed")) is not None:
            return scored
        checked = _last(_passed(call) for call in self.steps_of("test", "verify"))
        return None if checked is None else checked and all(bug.fixed_at for bug in self.bugs)

    @property
    def outcome(self) -> str:
        """pass | fail | unknown."""
        if self.state == "running":
            return "unknown"
        if self.state == "abandoned":
            return "fail"
        return self.verified or self.claimed or "unknown"

    @property
    def task(self) -> str | None:
        """What was asked."""
        return self.told("task")

    @property
    def unit(self) -> str:
        """What counts as one independent observation: the task, else the run alone."""
        return self.id if self.task is None else self.task

    @property
    def error_kind(self) -> str | None:
        """infra | timeout | agent: as the run says, else by what it raised."""
        said = self.told("error_kind")
        return said or self._raised

    @property
    def _raised(self) -> str | None:
        return meaning.error_kind(self.own.error_type, self.preset) if self.own else None


@dataclass(kw_only=True, eq=False)
class Bug:
    """One bug of one run."""

    run: Run
    id: str
    found_at: datetime | None
    fixed_at: datetime | None
    attempts: int | None
    """Patches that were made for it; None where nobody tried."""
    type: str | None
    patch: Call | None
    """The last of them."""


def runs_of(raws: Iterable[Raw], now: datetime) -> tuple[list[Call], list[Run]]:
    """Work out the calls, and the runs with their bugs."""
    calls = calls_of(raws)
    runs = _runs(calls, now)
    for run in runs:
        run.bugs = _bugs(run)
    return calls, runs


def _runs(calls: list[Call], now: datetime) -> list[Run]:
    runs = []
    for trace in sorted({call.trace for call in calls}):
        members = [call for call in calls if call.trace == trace]
        by_id = {call.id: call for call in members}
        known = any(meaning.recognised(call)[0] for call in members)
        heads = [call for call in members if _is_run(call, known)]
        groups: dict[str | None, list[Call]] = {head.id: [] for head in heads}
        below: dict[str, list[Call]] = {head.id: [] for head in heads}
        for call in members:
            line = _line(call, by_id)
            above = [each.id for each in line if each.id in groups]
            groups.setdefault(above[0] if above else None, []).append(call)
            for head in above:
                below[head].append(call)
        lost = [c for c in groups.get(None, []) if _line(c, by_id)[-1].parent is not None]
        names = [name for call in lost if (name := meaning.recognised(call)[0])]
        if len(heads) == 1:
            for call in lost:
                groups[heads[0].id].append(call)
                below[heads[0].id].append(call)
        for head in heads:
            name = meaning.recognised(head)[0] or "generic"
            runs.append(
                Run(
                    id=head.id,
                    own=head,
                    preset=name,
                    steps=groups[head.id],
                    last_seen=_last_seen(below[head.id]),
                    now=now,
                )
            )
        if not heads and lost and (not known or any(meaning.recognised(call)[1] for call in lost)):
            runs.append(
                Run(
                    id=f"trace:{trace}",
                    own=None,
                    preset=names[0] if names else "generic",
                    steps=lost,
                    last_seen=_last_seen(lost),
                    now=now,
                )
            )
    return runs


def _is_run(call: Call, known: bool) -> bool:
    return meaning.recognised(call)[1] == "run" or (not known and call.parent is None)


def _line(call: Call, by_id: dict[str, Call]) -> list[Call]:
    """Return the call and its ancestors, as far as they are there; a circle ends where it closes."""
    line = [call]
    while (above := by_id.get(line[-1].parent or "")) and above not in line:
        line.append(above)
    return line


def _last_seen(calls: list[Call]) -> datetime:
    return max(moment for call in calls for moment in (call.start, call.end) if moment)


def _passed(call: Call) -> bool | None:
    return told(call, "passed")


def told(call: Call, what: str):
    """Return what a step says, in the words of the system that it belongs to."""
    name, role = meaning.recognised(call)
    return meaning.fact(call, name, role, what) if name and role else None


def _bugs(run: Run) -> list[Bug]:
    steps = run.steps_of("test", "diagnose", "patch", "verify")
    about = _about(steps)
    names = sorted({name for bugs in about.values() for name in bugs})
    bugs = [_bug(run, name, [call for call in steps if name in about[call.id]]) for name in names]
    return [bug for bug in bugs if bug is not None]


def _about(steps: list[Call]) -> dict[str, list[str]]:
    """Return the bugs that each step is about.

    A step that names none is about the one named last before it, else first after it. Not so a test:
    it is about the whole. Where nobody names any, there is one bug, without a name.
    """
    named = {call.id: _named(call) for call in steps}
    anyhow = [name for call in steps for name in named[call.id]]
    last, about = None, {}
    for call in steps:
        if named[call.id]:
            last = named[call.id][-1]
            about[call.id] = named[call.id]
        elif anyhow:
            about[call.id] = [] if _role(call) == "test" else [last or anyhow[0]]
        else:
            about[call.id] = [""]
    return about


def _named(call: Call) -> list[str]:
    if several := told(call, "bug_ids"):
        return sorted(set(several))
    one = told(call, "bug_id")
    return [] if one is None else [one]


def _role(call: Call) -> str | None:
    return meaning.recognised(call)[1]


def _bug(run: Run, name: str, steps: list[Call]) -> Bug | None:
    """Return the bug that these steps are about; None where nothing failed, was diagnosed or patched."""
    checks = [c for c in steps if _role(c) in ("test", "verify") and _passed(c) is not None]
    failed = [call for call in checks if not _passed(call)]
    worked = [call for call in steps if _role(call) in ("diagnose", "patch")]
    if not failed and not worked:
        return None
    failing_tests = [_end(call) for call in failed if _role(call) == "test"]
    found_at = min(failing_tests or [call.start for call in failed + worked])
    last_failed = max(map(_end, failed), default=None)
    held = [
        _end(call)
        for call in checks
        if _passed(call) and _end(call) > (last_failed or datetime.min) and _end(call) >= found_at
    ]
    types = [kind for call in worked if (kind := told(call, "bug_type"))]
    patched = [call for call in worked if _role(call) == "patch"]
    made = [call for call in patched if call.status != "error"]
    return Bug(
        run=run,
        id=name,
        found_at=found_at,
        fixed_at=min(held, default=None),
        attempts=len(made) if patched else None,
        type=types[-1] if types else None,
        patch=made[-1] if made else None,
    )


def _end(call: Call) -> datetime:
    return call.end or call.start


def _last(values: Iterable[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return known[-1] if known else None


def seconds(call: Call) -> float | None:
    """Return how long a call took; unknown where its end precedes its start."""
    if call.end is None or call.end < call.start:
        return None
    return (call.end - call.start) / timedelta(microseconds=1) / 1e6
