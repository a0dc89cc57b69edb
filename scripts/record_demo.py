"""Record the bundled demo: real runs of the self-healing agents through the real Weave SDK.

Usage: python scripts/record_demo.py [--first N] [--check] [--project ENTITY/PROJECT]

Starts Weave's trace server on loopback (scripts/weave_server), lets three versions of the agents
heal a web shop, some of them killed in the middle, reads all calls back over HTTP and writes
data/demo/selfheal.jsonl.gz and data/demo/README.md. Times are moved so that the runs spread over
four weeks; the time inside a run stays as it was. --check records anew and only compares outcomes.

With --project and WANDB_API_KEY the runs go to that project of a W&B account instead, and stay
there. That way needs an account and has not been tried; the loopback way has.
"""

import argparse
import base64
import contextlib
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from selfheal.plan import Planned, plan, times
from weave_server.launch import client_env, running_server

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data" / "demo"
TRACES = DEMO / "selfheal.jsonl.gz"
RUN = ROOT / "scripts" / "selfheal" / "run.py"
LOOPBACK_PROJECT = "demo/selfheal"
CALLS_BEFORE_KILL = 6
KILL_WITHIN_S = 60.0

Call = dict[str, Any]
Outcome = tuple[str, str, int, bool | None, bool | None]
"""Task, variant, attempt, what the run claimed, what the acceptance found."""

ROOT_OP = "Orchestrator.run"


@dataclass(frozen=True)
class Server:
    """Where calls are logged to and read from."""

    url: str
    project: str
    api_key: str

    def post(self, address: str, body: dict[str, object]) -> bytes:
        """One request."""
        token = base64.b64encode(f"api:{self.api_key}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
        data = json.dumps({"project_id": self.project, **body}).encode()
        request = urllib.request.Request(self.url + address, data, headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.read()

    def count(self, op: str | None = None) -> int:
        """How many calls the project holds, or how many of one op."""
        wanted = [f"weave:///{self.project}/op/{op}:*"] if op else None
        body: dict[str, object] = {"filter": {"op_names": wanted}} if wanted else {}
        return json.loads(self.post("/calls/query_stats", body))["count"]

    def calls(self) -> list[Call]:
        """All calls of the project, raw."""
        order = [{"field": "started_at", "direction": "asc"}]
        lines = self.post("/calls/stream_query", {"sort_by": order}).decode().splitlines()
        return [json.loads(line) for line in lines]


@contextlib.contextmanager
def destination(project: str | None) -> Iterator[Server]:
    """The server to record through, with this process's environment set for it."""
    if project is not None:
        from weave.trace import env

        yield Server(env.weave_trace_server_url(), project, os.environ["WANDB_API_KEY"])
        return
    with running_server() as url, tempfile.TemporaryDirectory() as home:
        os.environ |= client_env(url, Path(home))
        yield Server(url, LOOPBACK_PROJECT, os.environ["WANDB_API_KEY"])


def run_killed(planned: Planned, server: Server) -> None:
    """Start a run in a process of its own and kill it once some of its calls have arrived."""
    command = [sys.executable, RUN, "--project", server.project, "--task", planned.task]
    command += ["--variant", planned.variant, "--first-attempt", str(planned.attempt)]
    command += ["--lazy-root"] if planned.end == "orphaned" else []
    # A root that is reported at its start may still arrive behind the calls below it.
    roots = server.count(ROOT_OP) + (planned.end == "killed")
    enough = server.count() + CALLS_BEFORE_KILL
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + KILL_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up:
        if server.count() >= enough and server.count(ROOT_OP) >= roots:
            break
        time.sleep(0.02)
    if process.poll() is not None:
        raise RuntimeError(f"the run of {planned.task} ended before it could be killed")
    process.kill()
    process.wait()


def record(runs: list[Planned], server: Server) -> list[Call]:
    """Do all runs, in order, and read back what was logged."""
    from selfheal.run import connect, run_once

    client = connect(server.project)
    with tempfile.TemporaryDirectory() as folder:
        knowledge = Path(folder) / "knowledge.json"
        for number, planned in enumerate(runs, 1):
            if planned.end == "normal":
                run_once(planned.task, planned.variant, planned.attempt, knowledge)
                client.flush()
            else:
                run_killed(planned, server)
            print(f"\r{number}/{len(runs)} runs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    client.finish()
    return server.calls()


def run_of(call: Call) -> tuple[str, str, int]:
    """The run that a call belongs to."""
    attributes = call["attributes"]
    return attributes["task"], attributes["variant"], attributes["attempt"]


def op_of(call: Call) -> str:
    """A call's op without project and version."""
    return call["op_name"].rpartition("/")[2].partition(":")[0]


def outcomes(calls: list[Call]) -> list[Outcome]:
    """One row per run, ordered by task, variant and attempt; None where it did not get so far."""
    claimed: dict[tuple[str, str, int], bool | None] = {run_of(call): None for call in calls}
    accepted = dict(claimed)
    for call in calls:
        output = call["output"] or {}
        if op_of(call) == "Orchestrator.run":
            claimed[run_of(call)] = output.get("success")
        elif op_of(call) == "VerifierAgent.accept":
            accepted[run_of(call)] = output.get("passed")
    return sorted((*run, claimed[run], accepted[run]) for run in claimed)


def moved(text: str | None, by: timedelta) -> str | None:
    """A time, later or earlier."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) + by).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shifted(calls: list[Call], runs: list[Planned]) -> list[Call]:
    """The calls with each run moved to its time of the simulated month."""
    planned = zip(runs, times(len(runs)), strict=True)
    start_of = {(each.task, each.variant, each.attempt): start for each, start in planned}
    first: dict[tuple[str, str, int], datetime] = {}
    for call in calls:
        started = datetime.fromisoformat(call["started_at"])
        first[run_of(call)] = min(started, first.get(run_of(call), started))
    for call in calls:
        by = start_of[run_of(call)] - first[run_of(call)]
        call["started_at"] = moved(call["started_at"], by)
        call["ended_at"] = moved(call["ended_at"], by)
    return sorted(calls, key=lambda call: (call["started_at"], call["id"]))


def sanitised(calls: list[Call]) -> list[str]:
    """The calls as lines of JSON without details of the machine that recorded them."""
    places = {str(ROOT) + "/": "", sys.prefix + "/": "python/", sys.base_prefix + "/": "python/"}
    lines: list[str] = []
    for call in calls:
        for name in ("sys_version", "os_name", "os_version", "os_release"):
            call["attributes"]["weave"].pop(name, None)
        call["wb_user_id"] = "demo"
        line = json.dumps(call, ensure_ascii=False, separators=(",", ":"))
        for place, name in places.items():
            line = line.replace(place, name)
        lines.append(line)
    return lines


def table(calls: list[Call], runs: list[Planned]) -> str:
    """The outcomes per variant as a Markdown table."""
    columns = ("runs", "claimed and accepted", "claimed, refuted", "gave up", "did not end")
    rows: dict[str, Counter[str]] = {each.variant: Counter() for each in runs}
    for _, variant, _, claimed, accepted in outcomes(calls):
        name = "did not end" if claimed is None else "gave up"
        if claimed:
            name = "claimed and accepted" if accepted else "claimed, refuted"
        rows[variant].update([name, "runs"])
    lines = [f"| variant | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for variant, row in rows.items():
        lines.append(f"| {variant} | {' | '.join(str(row[each]) for each in columns)} |")
    return "\n".join(lines)


README = """# Demo traces

`selfheal.jsonl.gz` holds {calls} calls of {runs} runs, one JSON object per line, as Weave exports
them. The runs are real: the agents of `scripts/selfheal` tested, diagnosed, patched and deployed a
small web shop with injected bugs, and logged that through the Weave SDK to Weave's trace server on
loopback. No language model took part, so there are no tokens and no prices in these traces.

Two things were changed after recording, by `scripts/record_demo.py`, which makes this folder:
times were moved so that the runs spread over four weeks up to {last} (the time between the calls
of one run is as measured), and details of the recording machine were removed. Identifiers are as
the SDK made them, so the time inside them is that of the recording.

{table}

Among the runs are some that claim a success which the independent acceptance refutes, patches that
failed to apply and were applied again, runs whose process was killed (their root call never ends),
one killed run whose root was never reported at all (its calls are orphans), and flaky tests.

`python scripts/record_demo.py --check` records anew and compares task, variant, attempt, claim and
acceptance of every run.
"""


def write(calls: list[Call], runs: list[Planned]) -> None:
    """Write the traces and their README."""
    DEMO.mkdir(parents=True, exist_ok=True)
    lines = sanitised(shifted(calls, runs))
    raw = ("\n".join(lines) + "\n").encode()
    TRACES.write_bytes(gzip.compress(raw, compresslevel=9, mtime=0))
    last = calls[-1]["started_at"] if not calls else max(each["started_at"] for each in calls)
    text = README.format(calls=len(calls), runs=len(runs), last=last[:10], table=table(calls, runs))
    (DEMO / "README.md").write_text(text, encoding="utf-8")


def read() -> list[Call]:
    """The recorded calls."""
    with gzip.open(TRACES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def differences(recorded: list[Call], anew: list[Call]) -> list[str]:
    """Runs of the new recording whose outcome is not that of the bundled one."""
    known = set(outcomes(recorded))
    return [str(each) for each in outcomes(anew) if each not in known]


def main() -> int:
    """Record, or record anew and compare."""
    text = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text[0],
        epilog=text[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--first", type=int, metavar="N", help="only the first N runs of the plan")
    parser.add_argument("--check", action="store_true", help="write nothing, compare outcomes")
    parser.add_argument(
        "--project",
        metavar="ENTITY/PROJECT",
        help="log to this project of the account of WANDB_API_KEY (not tried: needs an account)",
    )
    given = parser.parse_args()
    if given.project and not os.environ.get("WANDB_API_KEY"):
        parser.error("--project needs WANDB_API_KEY")
    runs = plan()[: given.first]
    with destination(given.project) as server:
        calls = record(runs, server)
    if given.check:
        found = differences(read(), calls)
        print("\n".join(found) or f"{len(runs)} runs, same outcomes")
        return bool(found)
    write(calls, runs)
    print(table(calls, runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
