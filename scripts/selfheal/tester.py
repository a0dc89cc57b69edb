"""The agent that runs the shop's tests."""

from analytics import record
from selfheal.suite import Report
from selfheal.tools import Tools, counts


class TesterAgent:
    """Runs the whole suite."""

    def __init__(self, tools: Tools) -> None:
        """Use these tools."""
        self.tools = tools

    @record.step(op="TesterAgent.run_test", shown_output=counts)
    def run_test(self, seed: int) -> Report:
        """The suite in the order that the seed gives, with what each test ran."""
        return self.tools.run_tests(seed=seed, only=None, coverage=True)
