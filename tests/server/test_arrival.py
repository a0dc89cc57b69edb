"""What a page says before its session is there waits for it."""

from asyncio import create_task, gather, run, sleep
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from dashboard.arrival import Arrival


async def _answer(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def said_after(looks: int, session: str | None, within_s: float = 5.0) -> int:
    """Send something, let its session be there after so many looks; return how often it was looked for."""
    asked: list[str] = []

    def is_known(session: str) -> bool:
        asked.append(session)
        return len(asked) > looks

    headers = {} if session is None else {"Marimo-Session-Id": session}
    client = TestClient(Arrival(_answer, is_known, within_s))
    assert client.post("/api/kernel/instantiate", headers=headers).status_code == 200
    assert set(asked) <= {"s_new"}
    return len(asked)


@pytest.mark.parametrize("looks", [0, 3])
def test_what_is_said_waits_for_the_session(looks: int):
    assert said_after(looks, "s_new") == looks + 1


def test_a_session_that_never_comes_is_not_waited_for_on_and_on():
    assert 1 <= said_after(10_000, "s_new", 0.1) < 50


def test_who_names_no_session_waits_for_none():
    assert said_after(10_000, None) == 0


def test_others_are_answered_meanwhile():
    """A wait holds nobody else up."""
    order: list[str] = []
    there: list[str] = []

    async def app(scope, receive, send) -> None:
        order.append(scope["path"])

    arrival = Arrival(app, lambda session: session in there)

    def post(path: str, session: str) -> dict[str, object]:
        headers = [(b"marimo-session-id", session.encode())]
        return {"type": "http", "method": "POST", "path": path, "headers": headers}

    async def both() -> None:
        there.append("s_old")
        late = create_task(arrival(post("/late", "s_new"), None, None))  # type: ignore[arg-type]
        await sleep(0.05)
        await arrival(post("/soon", "s_old"), None, None)  # type: ignore[arg-type]
        there.append("s_new")
        await gather(late)

    # The thread of the tests may have a browser's loop in it.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(run, both()).result()
    assert order == ["/soon", "/late"]
