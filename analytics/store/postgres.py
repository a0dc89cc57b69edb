"""The catalog of a team's store: a PostgreSQL database, with the files in a shared folder or a bucket."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analytics.errors import UNFINISHED, StoreError, first_line
from analytics.store.attaching import attach_lake, connect, load_extensions, quoted
from analytics.store.holding import Hold
from analytics.store.location import FILES, Location

if TYPE_CHECKING:
    import duckdb
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

_LOOK_EVERY_S = 0.2
_CONNECT_WITHIN_S = 10


class PostgresCatalog:
    """Catalog of a store in a PostgreSQL database: one store a database."""

    def __init__(self, location: Location) -> None:
        """Take a store whose catalog is in PostgreSQL."""
        assert location.server is not None
        self._location = location
        # A folder of their own, so that sweeping up can never meet the files of a store further down.
        self._files = f"{location.data}/{FILES}"
        self._server = location.server
        if "connect_timeout=" not in self._server and not os.environ.get("PGCONNECT_TIMEOUT"):
            self._server += f" connect_timeout={_CONNECT_WITHIN_S}"

    @property
    def extensions(self) -> tuple[str, ...]:
        """What DuckDB needs to open it."""
        return ("ducklake", "postgres_scanner", *(["httpfs"] if self._location.is_bucket else []))

    def exists(self) -> bool:
        """Say whether the store has been made.

        Raises:
            StoreError: the database does not answer.
        """
        con = self._connected("catalog", self._server)
        try:
            return _says(con, "database_has_lake") and _says(con, "lake_has_settings")
        finally:
            con.close()

    def identity(self, con: "DuckDBPyConnection | None" = None) -> object:
        """Return which database it is, and which lake in it; None where there is none."""
        import duckdb

        if con is not None:
            # What cannot be asked there may have been replaced, which a new connection tells.
            with suppress(duckdb.Error):
                return _identity(con, "__ducklake_metadata_lake")
        con = self._connected("catalog", self._server)
        try:
            is_made = _says(con, "database_has_lake") and _says(con, "lake_has_settings")
            return _identity(con, "catalog") if is_made else None
        finally:
            con.close()

    @contextmanager
    def locked(self) -> Iterator[Hold]:
        """Hold the writer's lock; whether a writer was cut off cannot be told from here.

        The lock is the database's own, held by a connection that does nothing else: it is gone with the
        connection, however the process ends, and where the server ends the connection.
        """
        who = f"patchpilot process {os.getpid()} on {socket.gethostname()}"
        con = self._connected("lock", f"{self._server} application_name='{who}'")
        try:
            # Only inside a transaction does DuckDB keep to one and the same connection.
            con.execute("BEGIN")
            told = False
            while not _says(con, "take_writer_lock"):
                if not told:
                    _log.warning(
                        "waiting for %s, which is at work on this store ...", _who_writes(con)
                    )
                    told = True
                time.sleep(_LOOK_EVERY_S)
            self._make_data_folder()
            yield Hold(check=partial(self._check, con))
        finally:
            _let_go(con)

    def _check(self, con: "DuckDBPyConnection") -> None:
        """Refuse to go on where the connection with the lock is gone, and the lock with it."""
        import duckdb

        with suppress(duckdb.Error):
            if _says(con, "writer_lock_held"):
                return
        raise StoreError(
            f"the connection that kept other writers from the store in {self._location} is lost; "
            f"{UNFINISHED}. Do the same again."
        )

    @contextmanager
    def still(self, within_s: float | None = None) -> Iterator[None]:
        """Do nothing: PostgreSQL keeps the state of a transaction."""
        yield

    @contextmanager
    def frozen(self, con: "DuckDBPyConnection") -> Iterator[None]:
        """Do nothing: PostgreSQL keeps the state of a transaction."""
        yield

    def make(self, lay_out: "Callable[[DuckDBPyConnection], None]") -> None:
        """Make the store; a crash on the way leaves a database in which it can be made again.

        Raises:
            StoreError: something stands where the files are to be: sweeping up would remove it.
        """
        con = connect(*self.extensions)
        try:
            self.attach(con, read_only=False)
            found = con.execute(_query("first_file"), [f"{self._files}/**"]).fetchone()
            if found is not None:
                raise StoreError(
                    f"{self._files} is not empty ({found[0]}). Nothing was written; "
                    "give the files of the store a place of their own."
                )
            lay_out(con)
        finally:
            con.close()

    def attach(
        self,
        con: "DuckDBPyConnection",
        *,
        name: str = "lake",
        read_only: bool,
        snapshot: int | None = None,
    ) -> None:
        """Attach the store to a connection that has none of this name."""
        load_extensions(con, *self.extensions)
        secret = self._keep_password(con, name)
        if self._location.is_bucket:
            _keep_keys(con, name, self._location.data)
        attach_lake(
            con,
            f"postgres:{self._server}",
            self._files,
            name=name,
            read_only=read_only,
            snapshot=snapshot,
            # A shared folder may be mounted elsewhere on each machine; a bucket has one name.
            moved=not self._location.is_bucket,
            secret=secret,
        )
        if not read_only:
            # A commit that came in between is another writer's, which the lock is to keep out.
            con.execute("SET ducklake_max_retry_count = 0")

    def _connected(self, name: str, server: str) -> "DuckDBPyConnection":
        """Return a DuckDB with the database itself attached."""
        import duckdb

        con = connect("postgres_scanner")
        try:
            secret = self._keep_password(con, name)
            con.execute(
                f"ATTACH {quoted(server)} AS {name} (TYPE postgres, READ_ONLY, SECRET {secret})"
            )
        except duckdb.Error as fault:
            con.close()
            raise StoreError(
                f"cannot reach the store in {self._location}: {_why(fault)}."
            ) from fault
        except BaseException:
            con.close()
            raise
        return con

    def _keep_password(self, con: "DuckDBPyConnection", name: str) -> str:
        """Hand the password over apart from the address, which DuckDB repeats in its errors.

        Returns:
            The name of the DuckDB secret that holds it.
        """
        password = (
            f", PASSWORD {quoted(self._location.password)}" if self._location.password else ""
        )
        con.execute(f"CREATE TEMPORARY SECRET {name}_password (TYPE postgres{password})")
        return f"{name}_password"

    def _make_data_folder(self) -> None:
        if self._location.is_bucket:
            return
        try:
            Path(self._files).mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise StoreError(
                f"cannot write to the store in {self._location}: {fault.strerror}."
            ) from fault


def _keep_keys(con: "DuckDBPyConnection", name: str, bucket: str) -> None:
    """Hand the keys of the environment to DuckDB, for this bucket alone."""
    told = os.environ.get
    key, secret = told("AWS_ACCESS_KEY_ID"), told("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise StoreError(
            f"the files in {bucket} need AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment."
        )
    options = {
        "KEY_ID": key,
        "SECRET": secret,
        "REGION": told("AWS_REGION") or told("AWS_DEFAULT_REGION") or "us-east-1",
        "SCOPE": bucket,
    }
    if token := told("AWS_SESSION_TOKEN"):
        options["SESSION_TOKEN"] = token
    if endpoint := told("AWS_ENDPOINT_URL_S3") or told("AWS_ENDPOINT_URL"):
        found = urlsplit(endpoint)
        options["ENDPOINT"] = found.netloc
        options["USE_SSL"] = "false" if found.scheme == "http" else "true"
        options["URL_STYLE"] = "path"
    settings = ", ".join(f"{name} {quoted(value)}" for name, value in options.items())
    con.execute(f"CREATE TEMPORARY SECRET {name}_keys (TYPE s3, {settings})")


def _let_go(con: "DuckDBPyConnection") -> None:
    """Close a connection whose server may be gone.

    DuckDB rolls an open transaction back as it closes, and aborts the process where the server does not
    answer.
    """
    import duckdb

    with suppress(duckdb.Error):
        con.execute("ROLLBACK")
    con.close()


def _why(fault: "duckdb.Error") -> str:
    """Return what the server says, or who looked for it, without the address that DuckDB repeats."""
    return first_line(fault).rpartition(" failed: ")[2].removeprefix("FATAL:").strip()


def _identity(con: "DuckDBPyConnection", database: str) -> object:
    return con.execute(_query("database_identity"), [database]).fetchone()


def _says(con: "DuckDBPyConnection", query: str) -> bool:
    row = con.execute(_query(query)).fetchone()
    return bool(row and row[0])


def _who_writes(con: "DuckDBPyConnection") -> str:
    row = con.execute(_query("who_writes")).fetchone()
    if row is None:
        return "another process"
    pid, name, host = row
    return f"{name or 'another program'} (connection {pid} from {host})"


def _query(name: str) -> str:
    return (files("analytics.store") / "queries" / f"{name}.sql").read_text("utf-8")
