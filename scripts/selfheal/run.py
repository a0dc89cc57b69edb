"""Run the self-healing agents on tasks, recorded in Weave, wherever the environment says.

Usage: python scripts/selfheal/run.py --project ENTITY/PROJECT --task BUG-003 --variant v3-learned

WANDB_BASE_URL, WF_TRACE_SERVER_URL and WANDB_API_KEY name the server; a loopback one and its
variables come from scripts/weave_server/launch.py. With --untraced nothing is sent anywhere; with
--records the same is written to files of a folder, with or without Weave. Prints one JSON object per
run: task, variant, attempt, and what the run says of itself.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analytics import record
from analytics.record.mirror import Mirror
from selfheal.bugs import TASKS, inject
from selfheal.knowledge import KnowledgeBase
from selfheal.orchestrator import Orchestrator
from selfheal.variants import VARIANTS
from selfheal.workspace import Workspace

MAX_ITERATIONS = 6
FLUSH_EVERY_S = 0.01


def run_once(
    task: str,
    variant: str,
    attempt: int,
    knowledge: Path | None = None,
    max_iterations: int = MAX_ITERATIONS,
    records: Path | None = None,
) -> dict[str, Any]:
    """Break a copy as the task says and let the agents of a variant heal it.

    Returns:
        What ``Orchestrator.run`` returned.
    """
    with Workspace() as workspace:
        inject(task, workspace)
        memory = KnowledgeBase(knowledge)
        agents = Orchestrator(workspace, VARIANTS[variant], memory, attempt)
        with record.run(
            task,
            op="Orchestrator.run",
            folder=records,
            inputs={"task": task, "max_iterations": max_iterations},
            attributes={"agent_system": "selfheal"},
            repo="shop",
            variant=variant,
            attempt=attempt,
        ) as run:
            said = agents.run(task=task, max_iterations=max_iterations)
            run.output(said)
    record.flush()
    return said


def connect(project: str) -> Any:  # noqa: ANN401 - the SDK's client
    """Log to a project of the server that the environment names, at once instead of every second."""
    import weave
    from weave.trace.weave_client import _get_call_processor

    # The SDK parses the source of ops in threads of its own, where ours parse all the time (see
    # source.parsed).
    os.environ["WEAVE_CAPTURE_CODE"] = "false"
    client = weave.init(project)
    processor = _get_call_processor(client.server)
    if processor is not None:
        processor.min_batch_interval = FLUSH_EVERY_S
    return client


def arguments() -> argparse.Namespace:
    """The command line."""
    text = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text[0],
        epilog=text[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--project", default="demo/selfheal", help="where to log: ENTITY/PROJECT")
    parser.add_argument("--task", action="append", choices=TASKS, metavar="BUG-nnn", required=True)
    parser.add_argument("--variant", default="v3-learned", choices=VARIANTS)
    parser.add_argument("--attempts", type=int, default=1, help="repeat each task so often")
    parser.add_argument("--first-attempt", type=int, default=1, help="number of the first attempt")
    parser.add_argument("--max-iterations", type=int, default=MAX_ITERATIONS)
    parser.add_argument("--knowledge", type=Path, help="the knowledge base's JSON file")
    parser.add_argument("--untraced", action="store_true", help="tell Weave nothing")
    parser.add_argument("--records", type=Path, metavar="FOLDER", help="record the runs here, too")
    parser.add_argument(
        "--lazy-root",
        action="store_true",
        help="report a run only when it ends, so that a killed one leaves orphans",
    )
    return parser.parse_args()


def main() -> int:
    """Run every task so often and print what each run says."""
    given = arguments()
    client = None if given.untraced else connect(given.project)
    if given.lazy_root:
        Mirror.eager = False
    for task in given.task:
        for attempt in range(given.first_attempt, given.first_attempt + given.attempts):
            said = run_once(
                task, given.variant, attempt, given.knowledge, given.max_iterations, given.records
            )
            line = {"task": task, "variant": given.variant, "attempt": attempt, **said}
            print(json.dumps(line), flush=True)
    if client is not None:
        client.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
