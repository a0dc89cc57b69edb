"""What every test may use, and the rule that a skipped test fails where PATCHPILOT_NO_SKIPS is set.

The rule is for machines that have every prerequisite: there a skip would hide a check that does
not run. Only sample traces, which are not part of the repository, may be absent.
"""

import os
import signal
from collections.abc import Generator

import pytest
from chromium import find_chromium
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

ALLOWED_SKIP = "sample traces absent"

# A process in the background of a script is started deaf to Ctrl-C, and so is every child of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
    if not reason.startswith(ALLOWED_SKIP):
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
