"""Logs of Inspect evaluations, as JSON or as .eval archives: each sample and epoch is a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import SourceFormat, Staged
from analytics.sources.inspect_log import archive, samples
from analytics.sources.rows import CallWriter, UnusableError, document

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def recognise_json(head: bytes, path: Path) -> str | None:
    """Say why this is a log as one JSON document; None where it is not."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    keys = (b'"status"', b'"eval"', b'"task"', b'"run_id"', b'"created"')
    if start.startswith(b"{") and all(key in start for key in keys):
        return "it is a JSON object with an eval that has a run_id and a task"
    return None


def recognise_archive(head: bytes, path: Path) -> str | None:
    """Say why this is a log as an archive; None where it is not."""
    if head.startswith(b"PK\x03\x04") and archive.holds_log(path):
        return "it is a zip archive with the header of an evaluation"
    return None


def stage_json(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the samples of one JSON log as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "inspect", folder, path.name) as out:
        log = document(path, out)
        if isinstance(log, dict):
            named = log.get("samples")
            listed = list(enumerate(named, 1)) if isinstance(named, list) else []
            found = [(position, sample) for position, sample in listed if isinstance(sample, dict)]
            for position, sample in listed:
                if not isinstance(sample, dict):
                    out.reject(position, "a sample is not an object", sample)
            _write(samples.Log(log, samples.off_scale(s for _, s in found)), found, out)
        elif log is not None:
            out.reject(None, "not an object")
    return out.staged(JSON.name)


def stage_archive(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the samples of one .eval archive as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "inspect", folder, path.name) as out:
        try:
            with archive.Archive(path) as members:
                header = members.header(out)
                log = samples.Log(header, samples.off_scale(members.summaries(out)))
                _write(log, members.samples(out), out)
        except archive.BrokenError as fault:
            out.reject(None, str(fault))
    return out.staged(ARCHIVE.name)


def _write(log: "samples.Log", found: "samples.Numbered", out: CallWriter) -> None:
    held = 0
    for position, sample in found:
        held += 1
        try:
            samples.write(log, sample, out)
        except UnusableError as fault:
            out.reject(position, str(fault), {"id": sample.get("id"), "epoch": sample.get("epoch")})
    log.reconcile(held, out)


JSON = SourceFormat(
    name="inspect-json",
    title="Inspect log, JSON",
    recognise=recognise_json,
    stage=stage_json,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
ARCHIVE = SourceFormat(
    name="inspect-eval",
    title="Inspect log, .eval archive",
    recognise=recognise_archive,
    stage=stage_archive,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)
