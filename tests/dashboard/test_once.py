"""What many ask at the same moment is worked out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep

import pytest

from dashboard.once import once


def test_who_asks_at_the_same_moment_gets_the_same_answer():
    worked: list[int] = []
    together = Barrier(8)

    @once(4)
    def answer(question: int) -> object:
        worked.append(question)
        sleep(0.05)
        return object()

    def ask(_: int) -> object:
        together.wait()
        return answer(1)

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(8)))
    assert worked == [1]
    assert len(answers) == 1


def test_a_failure_is_not_kept():
    asked: list[int] = []

    @once(4)
    def answer(question: int) -> int:
        asked.append(question)
        if len(asked) == 1:
            raise OSError("not there")
        return question

    with pytest.raises(OSError, match="not there"):
        answer(1)
    assert answer(1) == 1
