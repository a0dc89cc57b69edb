"""Makes Weave calls by hand, as the server would export them. Knows no meaning, only the shape."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

BEGAN = datetime(2026, 3, 2, 10)
"""Second 0 of every trace here."""

LLM = "openai.chat.completions.create"

Raw = dict[str, Any]


def moment(second: float) -> str:
    """Return a second of these traces as the export writes it."""
    return f"{BEGAN + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S.%f}Z"


@dataclass
class Trace:
    """One tree of calls in the making."""

    name: str
    project: str = "acme/shop"
    calls: list[Raw] = field(default_factory=list)

    def call(
        self,
        op: str,
        start: float,
        end: float | None,
        *,
        parent: str | None = None,
        inputs: Raw | None = None,
        output: Any = None,
        error: str | None = None,
        attributes: Raw | None = None,
        tokens: tuple[int, int] | None = None,
        usd: float | None = None,
        model: str = "gpt-4o",
        used: Raw | None = None,
        provider: str | None = None,
        agent: str | None = None,
        tool: str | None = None,
    ) -> str:
        """Add a call and return its id.

        Args:
            op: name of the op.
            start: second at which it began.
            end: second at which it ended; None while it runs.
            parent: id of the call above it.
            inputs: what it was called with.
            output: what it returned.
            error: class of the exception that it raised.
            attributes: what the caller attached.
            tokens: sent and received, for a call that asked a model.
            usd: what that cost, as the server says.
            model: which model.
            used: all that the server counted, instead of ``tokens``.
            provider: who served the model.
            agent: whose step it is, where the op does not say.
            tool: which tool was called, where the op does not say.
        """
        number = f"{self.name}-{len(self.calls):02}"
        if tokens:
            used = dict(zip(("prompt_tokens", "completion_tokens"), tokens, strict=True))
        names = {"provider": provider, "agent": agent, "tool": tool}
        otel = {key: {"name": name} for key, name in names.items() if name}
        told = {"otel_span": {"attributes": {"gen_ai": otel}}} if otel else {}
        self.calls.append({
            "id": number,
            "project_id": self.project,
            "op_name": f"weave:///{self.project}/op/{op}:v1",
            "display_name": None,
            "trace_id": self.name,
            "parent_id": parent,
            "started_at": moment(start),
            "ended_at": None if end is None else moment(end),
            "exception": error and f'{{"type": "{error}", "message": "synthetic", "traceback": []}}',
            "attributes": {"synthetic": True, **told, **(attributes or {})},
            "inputs": inputs or {},
            "output": output,
            "summary": {"usage": {model: used} if used else {}, "weave": {"costs": _priced(model, usd)}},
        })  # fmt: skip
        return number

    def lines(self) -> list[Raw]:
        """Return the calls, what the children used repeated in every finished call above them."""
        for call in reversed(self.calls):
            below = [each for each in self.calls if each["parent_id"] == call["id"]]
            used = [each["summary"] for each in below if each["summary"]["usage"]]
            if used and call["ended_at"]:
                call["summary"] = _rolled_up(used)
        return self.calls


def _priced(model: str, usd: float | None) -> Raw:
    if usd is None:
        return {}
    return {model: {"prompt_tokens_total_cost": usd, "completion_tokens_total_cost": 0.0}}


def _rolled_up(summaries: list[Raw]) -> Raw:
    usage: Raw = {}
    costs: Raw = {}
    for summary in summaries:
        _add(usage, summary["usage"])
        _add(costs, summary["weave"]["costs"])
    return {"usage": usage, "weave": {"costs": costs}}


def _add(total: Raw, more: Raw) -> None:
    for model, counts in more.items():
        sums = total.setdefault(model, {})
        for key, count in counts.items():
            if isinstance(count, dict):
                _add(sums, {key: count})
            elif isinstance(count, int | float):
                sums[key] = sums.get(key, 0) + count
