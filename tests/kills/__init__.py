"""Work that is killed at random moments, and what must hold afterwards.

KILLS says how often each kind of work is killed: `make kill` says 20, the usual tests kill less.
The moments are spread over the time that the work takes and shifted at random, by a seed.

work.py       the work, each piece in a process of its own
children.py   starts and kills these processes
"""

import os

KILLS = int(os.environ.get("KILLS", "3"))
THOROUGH = KILLS >= 20  # then other tests that take their time take all of it, too
FILES_AT_ONCE = 3  # added in one batch, so that a kill falls between batches too
