r"""Records runs of agents so that none is lost: on this machine, and in Weave where that is active.

One call tells one fact; where it happened follows from the code that tells it:

>>> import tempfile
>>> from pathlib import Path
>>> folder = tempfile.mkdtemp()
>>> with run("checkout-bug-12", agent="Orchestrator", variant="v2", folder=folder) as heal:
...     with heal.agent("Tester") as step:
...         step.set(passed=False, tests_total=12)
...     with heal.llm("some-model", "some-provider") as call:
...         call.set(input_tokens=1200, output_tokens=80)
...     heal.pipeline("77", passed=True, execution_s=31.5)
...     heal.outcome("pass")
...     heal.verified(True)
>>> flush()
True
>>> for file in Path(folder).iterdir():
...     print(file.read_text().count('"status":"ok"'))
4

Functions are recorded by decorators, which find the run by themselves (``contextvars``: a task of
asyncio does too; a new thread does not, unless it runs in a copy of the context):

>>> @tool
... def grep(pattern: str) -> int:
...     return 3
>>> grep("total")
3

The caller only stamps the time and puts what it has to tell into a bounded queue. A thread takes
secrets out, writes, and has the disk confirm. A run ends in the records when its block does, when it
raises, when the process ends, and when it is told to (SIGTERM, SIGINT); a run that was killed stays
without an end. What had to be dropped is counted in the file.
"""

from analytics.record import recorder
from analytics.record.spans import CURRENT
from analytics.record.steps import Run, Step, Steps, run

__all__ = [
    "Run",
    "Step",
    "add",
    "agent",
    "current",
    "debugging_cycle",
    "flush",
    "llm",
    "llm_call",
    "pipeline",
    "run",
    "step",
    "tool",
]

_here = Steps()
agent, tool, llm, step = _here.agent, _here.tool, _here.llm, _here.step
add, llm_call = _here.add, _here.llm_call
pipeline, debugging_cycle = _here.pipeline, _here.debugging_cycle


def current() -> Step | None:
    """Return the innermost step that this code runs in; None outside a run."""
    found = CURRENT.get()
    return found if isinstance(found, Step) else None


def flush(timeout_s: float = recorder.CLOSE_S) -> bool:
    """Wait until all that was told is on disk, and told to Weave; say whether it was in time.

    Only a process that ends by ``os._exit`` needs it; in an event loop, call it in a thread.
    """
    return recorder.current().flush(timeout_s)
