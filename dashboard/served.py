"""The store that the server of this process shows: its pages are threads of the same process.

It is not told by the environment: every child would be told as well, and its address can hold a password.
"""

from analytics.store.location import Store

_shown: list[Store] = []


def show(store: Store) -> None:
    """Have every page of this process show a store."""
    _shown[:] = [store]


def shown() -> Store | None:
    """Return the store that pages show; None where no server has said."""
    return _shown[0] if _shown else None
