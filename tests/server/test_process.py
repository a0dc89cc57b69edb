"""The process: what it says, how it ends, and what it does when its surroundings are not as wished."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from dashboard.server import Watch
from tests.dashboard import traces
from tests.server.launch import refused, serving


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_silence_even_with_a_page_open(store: Path, how: signal.Signals):
    with serving(store) as served:
        assert served.line == f"PatchPilot dashboard: {served.origin} (Ctrl-C stops it)\n"
        assert served.get("/").status_code == 200
        assert served.handshake(origin=served.origin) == 101
        assert served.stop(how) == (0, "", "")


def test_a_port_in_use_is_told_with_one_that_is_free(store: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--store", store, "--port", str(port))
        assert f"port {port} is in use" in said
        free = int(said.partition("--port ")[2].split()[0])
        with socket.create_server(("127.0.0.1", free)):
            assert free > port


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", "65536"), ("127.0.0.1", "-1"), ("no.such.host.invalid", "0")]
)
def test_an_address_that_does_not_exist_is_told(store: Path, host: str, port: str):
    token = "long enough to be taken"
    said = refused("--store", store, "--host", host, "--port", port, "--token", token)
    assert (port if port != "0" else host) in said


def test_a_failing_watch_goes_on_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    traces.write(tmp_path / "grows.jsonl", [])
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file stands where the store's folder should be")
    watch = Watch(in_the_way / "store", [str(tmp_path / "grows.jsonl")])
    watch.start()
    for _ in range(200):
        if watch.fault:
            break
        sleep(0.05)
    assert str(in_the_way) in watch.fault
    assert watch.is_alive()
    watch.stop()
    assert capsys.readouterr().err.startswith("patchpilot: cannot write to the store in ")


def test_children_are_not_told_where_the_store_is(tmp_path: Path):
    script = (
        "import os, sys, uvicorn; from pathlib import Path\n"
        "from analytics.sync import StoreChoice; from dashboard import reading, server\n"
        "def run(_self, sockets): print(reading.choice().path, os.environ.get('PATCHPILOT_STORE'))\n"
        "uvicorn.Server.run = run\n"
        "server.main(StoreChoice(path=Path(sys.argv[1]), demo=False), port=0)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PATCHPILOT_STORE"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "store")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"{tmp_path / 'store'} None" in done.stdout, done.stderr
