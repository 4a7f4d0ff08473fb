"""Files that appear whole or not at all, locks that end with their process, and full disks."""

from core.files.atomic import PART, put_in_place, unfinished, unfinished_folder, write_atomically
from core.files.locks import (
    AT_WORK,
    adding,
    alone,
    at_work,
    lock,
    lock_file,
    locked,
    replacing,
    try_lock,
)
from core.files.space import disk_full_as, require_space, write_failure_as

__all__ = [
    "AT_WORK",
    "PART",
    "adding",
    "alone",
    "at_work",
    "disk_full_as",
    "lock",
    "lock_file",
    "locked",
    "put_in_place",
    "replacing",
    "require_space",
    "try_lock",
    "unfinished",
    "unfinished_folder",
    "write_atomically",
    "write_failure_as",
]
