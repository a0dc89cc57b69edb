"""Pages draw after all of them have told their numbers, and none waits for one that is not there."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest

from analytics.store.reader import Version
from dashboard import turns
from dashboard.turns import Turn


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 5.0)
    turns._pages.clear()
    turns._began.clear()


def version(number: int) -> Version:
    return Version(snapshot=number, running=0)


def seconds(turn: Turn, number: int) -> float:
    began = monotonic()
    turn.take(version(number))
    return monotonic() - began


def test_a_page_alone_draws_at_once():
    turn = Turn()
    turn.look()
    assert seconds(turn, 1) < 1


def test_drawings_wait_until_the_last_page_has_told_its_numbers():
    first, second = Turn(), Turn()
    told = Event()
    with ThreadPoolExecutor(2) as sessions:
        second.look()
        drawn = sessions.submit(lambda: (first.take(version(1)), told.is_set()))
        sleep(0.3)
        assert not drawn.done()
        told.set()
        second.take(version(1))
        assert drawn.result(timeout=3) == (None, True)


def test_nobody_waits_again_for_what_was_told():
    first, second = Turn(), Turn()
    first.take(version(1))
    second.look()
    assert seconds(first, 1) < 1


def test_a_page_that_does_not_look_is_not_waited_for():
    first, gone = Turn(), Turn()
    gone._looked = monotonic() - turns.PRESENT_FOR_S - 1
    assert seconds(first, 1) < 1


def test_a_page_that_never_tells_holds_up_the_others_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 0.3)
    first, second, stuck = Turn(), Turn(), Turn()
    stuck.look()
    assert 0.2 < seconds(first, 1) < 2
    assert seconds(second, 1) < 0.2
