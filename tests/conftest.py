"""What every test may use, and the rule that a skipped test fails where PATCHPILOT_NO_SKIPS is set.

The rule is for machines that have every prerequisite: there a skip would hide a check that does
not run. Only sample traces, which are not part of the repository, may be absent.
"""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from chromium import find_chromium
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from analytics.store.location import CATALOG, FILES, TMP, Location

ALLOWED_SKIPS = ("sample traces absent", "no service that knows vulnerabilities answers")
"""What a whole run may do without: neither is a matter of this machine alone."""

# A process in the background of a script is started deaf to Ctrl-C, one that outlives its terminal to the
# end of that, and so is every child of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A law holds or it does not; how long an example takes depends on the machine.
settings.register_profile(
    "untimed", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


class OneBrowser(LoadFileScheduling):
    """A file stays on one process, and so do all that drive a browser: they share it, and its dashboard."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/browser" if file.startswith("tests/browser/test_") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBrowser | None:
    """Share files out by ``OneBrowser`` where pytest-xdist was asked to keep a file together."""
    return OneBrowser(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def laid_out_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Lay out one store in this process, and copy it for the others: laying out takes longer than an import.

    Processes that tests start lay out theirs.
    """
    from analytics.store.folder import FolderCatalog

    template = tmp_path_factory.mktemp("laid-out") / "store"
    make = FolderCatalog.make

    def copied(there: FolderCatalog, lay_out: Callable[..., None]) -> None:
        if not (template / CATALOG).exists():
            first = FolderCatalog(Location.of(template))
            with first.locked():
                make(first, lay_out)
        shutil.copytree(template / FILES, there._folder / FILES, dirs_exist_ok=True)
        draft = there._folder / TMP / CATALOG
        shutil.copy(template / CATALOG, draft)
        with closing(sqlite3.connect(draft)) as catalog, catalog:
            # No two stores have a table of one name.
            catalog.create_function("fresh", 0, lambda: str(uuid4()))
            catalog.execute("UPDATE ducklake_table SET table_uuid = fresh()")
        draft.rename(there._file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderCatalog, "make", copied)
        yield


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to hand to Playwright as ``executable_path``."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium or Google Chrome on this machine")
    return found


def fail_if_skipped(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Turn a skip into a failure that still says why the test would have been skipped."""
    is_xfail = hasattr(report, "wasxfail")
    if is_xfail or not report.skipped or not os.environ.get("PATCHPILOT_NO_SKIPS"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped although PATCHPILOT_NO_SKIPS is set: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report
