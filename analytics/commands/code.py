"""patchpilot code."""

import argparse

from analytics.commands.arguments import path

SUMMARY = "read what runs did to the code from their git repository"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--repo", type=path, required=True, metavar="DIR", help="git repository")
    parser.add_argument(
        "--coverage", type=path, metavar="FILE",
        help="coverage.json or coverage.xml; looked for in the repository",
    )  # fmt: skip
    parser.add_argument(
        "--run", dest="run_id", metavar="ID",
        help="run that the coverage belongs to; default: the one whose commit is checked out",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import repository, sync
    from analytics.commands.talk import say
    from analytics.errors import StoreError
    from analytics.render import counted
    from analytics.store import catalog_file, compaction, lake

    store = arguments.store or sync.default_store()
    if not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    with lake.writer(store) as con:
        report = repository.read(
            con, arguments.repo, coverage=arguments.coverage, run_id=arguments.run_id
        )
        tidied = compaction.tidy(con, store)
    catalog_file.keep_copy(store, afresh=tidied)
    with_commits = [run for run in report.runs if run.commits]
    print(
        f"{counted(len(with_commits), 'run')} of {report.runs_seen:,} with commits, "
        f"{counted(sum(run.commits for run in with_commits), 'commit')} of {report.commits_seen:,} read"
    )
    if report.coverage is not None:
        of = (
            f"of run {report.coverage_of}" if report.coverage_of else "of no run that is known here"
        )
        print(f"coverage {100 * report.coverage:.1f} %, {of}")
    if not report.runs:
        say(
            "note: no commit names a run. A run names its commit in commit_sha, or a commit names the "
            "run's id in its message."
        )
    return 0
