"""Memory is given back after a page was closed, and at no other time."""

from threading import Event, Thread

from dashboard.closing import Sweep


def test_memory_is_given_back_when_a_kernel_has_ended():
    given, closed = Event(), Event()

    def launch_kernel_with_cleanup() -> None:
        closed.wait()

    kernel = Thread(target=launch_kernel_with_cleanup)
    kernel.start()
    sweep = Sweep(given.set, every_s=0.05)
    sweep.start()
    assert not given.wait(0.5)
    closed.set()
    kernel.join()
    assert given.wait(5)
    sweep.stop()
