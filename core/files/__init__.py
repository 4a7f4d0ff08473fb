"""Files that appear whole or not at all, and locks that end with their process."""

from core.files.atomic import PART, write_atomically
from core.files.locks import AT_WORK, adding, at_work, lock_file, replacing

__all__ = ["AT_WORK", "PART", "adding", "at_work", "lock_file", "replacing", "write_atomically"]
