"""Values of AgenticSys' records, the same whether they stand in JSON or, as text, in CSV."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.sources.values import count, mapping, number

Record = Mapping[str, Any]

RUNNING = ("running", "in_progress", "pending", "created")
TOKENS = {name: (name,) for name in ("input_tokens", "output_tokens", "total_tokens")}

_PASSED = ("completed", "success", "passed", "merged", "closed")
_FAILED = ("failed", "error", "stopped")
_UNSAID = ("", "unknown", "none", "null", "nan")


def first(record: Record, *names: str) -> Any:  # noqa: ANN401 - whatever the record holds
    """Return what stands under the first of some names that is there."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def word(value: object) -> str | None:
    """Return a text, an id given as a number included; None for what only says that it is unknown.

    >>> word(7), word("7.0"), word(" unknown "), word("main")
    ('7', '7', None, 'main')
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and value.endswith(".0")):
        whole = amount(value)
        return str(whole) if whole is not None else str(value)
    if not isinstance(value, str) or value.strip().lower() in _UNSAID:
        return None
    return value.strip()


def decimal(value: object) -> float | None:
    """Return a number that is not negative, also where it is written as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    found = number(value)
    return found if found is not None and found >= 0 else None


def amount(value: object) -> int | None:
    """Return a whole number that is not negative, also where it is written as text."""
    return count(decimal(value)) if isinstance(value, str) else count(value)


def seconds(value: object) -> float | None:
    """Return a length of time; zero is what stands where nobody measured one."""
    return decimal(value) or None


def yes(value: object) -> bool | None:
    """Return a yes or no, also where Python wrote it as text."""
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def share(value: object) -> float | None:
    """Return a percentage as a number from 0 to 1; None where it cannot be one."""
    found = decimal(value)
    return found / 100 if found is not None and found <= 100 else None


def verdict(status: str | None) -> str | None:
    """Return what a status claims: pass, fail, or nothing."""
    said = (status or "").lower()
    return "pass" if said in _PASSED else "fail" if said in _FAILED else None


def ending(status: str | None, ended_at: datetime | None) -> str:
    """Return ok, error or running."""
    said = (status or "").lower()
    if said in RUNNING or (not said and ended_at is None):
        return "running"
    return "error" if said in _FAILED else "ok"


def measured(record: Record, names: Mapping[str, tuple[str, ...]]) -> dict[str, int | None]:
    """Return some counts that are recorded together: where all of them are zero, none was recorded."""
    found = {name: amount(first(record, *aliases)) for name, aliases in names.items()}
    return found if any(found.values()) else dict.fromkeys(found)


def plain(record: Record) -> dict[str, Any]:
    """Return what a record says itself, without the lists of what became spans of their own."""
    return {
        name: value
        for name, value in record.items()
        if not isinstance(value, list | dict) or name in ("llm_configuration", "config")
    }


def configured(record: Record) -> dict[str, Any]:
    """Return the model that a run was given: nested in JSON, side by side in CSV."""
    config = mapping(record.get("config"))
    llm = mapping(record.get("llm_configuration")) or mapping(config.get("llm"))
    said = {
        "provider": word(llm.get("provider") or record.get("llm_provider")),
        "model": word(llm.get("model") or record.get("llm_model")),
        "temperature": decimal(llm.get("temperature", record.get("llm_temperature"))),
        "mode": word(config.get("execution_mode") or record.get("execution_mode")),
    }
    if not (said["provider"] or said["model"] or said["temperature"]):
        # Zero is what it writes where it knows nothing of the model.
        said["temperature"] = None
    return said
