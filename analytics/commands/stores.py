"""Which store a command reads or writes."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.commands.talk import say
from analytics.errors import InputError, StoreError
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from analytics.sync import StoreChoice


def stored(arguments: argparse.Namespace) -> "StoreChoice":
    """Return the store to read numbers from; a page waits for a store to appear, a number does not."""
    from analytics.store import lake

    choice = chosen_store(arguments)
    if not lake.exists(choice.path):
        raise StoreError(
            f"there is no store in {choice.path}. Import something: patchpilot import PATH."
        )
    return choice


def chosen_store(arguments: argparse.Namespace) -> "StoreChoice":
    """Return the store that the arguments name, else the user's own, else that of the bundled traces."""
    from analytics import sync

    if getattr(arguments, "demo", False):
        if arguments.store is not None:
            raise InputError("--demo and --store exclude each other: show one or the other.")
        return sync.StoreChoice(path=sync.demo_store(), demo=True)
    choice = sync.choose_store(arguments.store)
    if choice.demo:
        say("note: there is no store of your own yet; these are the bundled traces.")
    return choice


def folder_of(store: Store, instead: str) -> Path:
    """Return the folder of a store that is one.

    Raises:
        InputError: it is a team's store.
    """
    folder = Location.of(store).folder
    if folder is None:
        raise InputError(
            f"the store in {store} is no folder: use {instead}, or patchpilot store copy --to FOLDER first."
        )
    return folder


def bring_up(store: Store) -> None:
    """Let pages find a store of today's layout: a reader cannot change one."""
    from analytics.store import lake

    try:
        outdated = lake.exists(store) and lake.is_outdated(store)
    except StoreError:
        return  # The pages say what is wrong with it, and whether it comes back.
    if outdated:
        say(f"note: bringing the store in {store} up to date ...")
        with lake.writer(store):
            pass
