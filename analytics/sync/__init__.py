"""Brings traces into a store: from files, from growing files, from a Weave server. Effects live here."""

from analytics.sync.choice import StoreChoice, choose_store, default_store, demo_store
from analytics.sync.files import check_watch, choose_presets, import_paths, watch
from analytics.sync.remote import sync_weave
from analytics.sync.reports import VerifyReport, verify
from analytics.sync.work import FileReport, Progress, SyncReport

__all__ = [
    "FileReport",
    "Progress",
    "StoreChoice",
    "SyncReport",
    "VerifyReport",
    "check_watch",
    "choose_presets",
    "choose_store",
    "default_store",
    "demo_store",
    "import_paths",
    "sync_weave",
    "verify",
    "watch",
]
