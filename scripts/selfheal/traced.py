"""How the agents' steps are traced: what of their inputs and outputs is worth keeping."""

from typing import Any


def without_self(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs without the object that the method belongs to."""
    return {name: value for name, value in inputs.items() if name != "self"}
