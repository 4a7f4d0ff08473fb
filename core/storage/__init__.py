"""The data folder as a whole: backups, resets, the doctor, and what a crash leaves."""

from core.storage import crash_recovery
from core.storage.backups import BACKING_UP, KIND, REBUILDING, RESETTING, RESTORING, Backup, Storage
from core.storage.doctor import Check, examine

__all__ = [
    "BACKING_UP",
    "KIND",
    "REBUILDING",
    "RESETTING",
    "RESTORING",
    "Backup",
    "Check",
    "Storage",
    "crash_recovery",
    "examine",
]
