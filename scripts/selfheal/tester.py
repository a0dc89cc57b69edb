"""The agent that runs the shop's tests."""

import weave

from selfheal.suite import Report
from selfheal.tools import Tools, counts
from selfheal.traced import without_self


class TesterAgent:
    """Runs the whole suite."""

    def __init__(self, tools: Tools) -> None:
        """Use these tools."""
        self.tools = tools

    @weave.op(postprocess_inputs=without_self, postprocess_output=counts)
    def run_test(self, seed: int) -> Report:
        """The suite in the order that the seed gives, with what each test ran."""
        return self.tools.run_tests(seed=seed, only=None, coverage=True)
