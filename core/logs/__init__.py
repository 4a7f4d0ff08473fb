"""The two text formats of old logs: experiment logs (answers of many settings) and retrieval logs
(one search, reranked). Read and written, line by line; knows no file, no store and no model.

What a log does not say stays a gap. Times are empty, names "unknown", and so is how an answer
ended; a size, an overlap or a token limit that no log holds is 0; a hit has no pages, and its chunk
lies in no paper: `paper_id` names source and chunk as the log does, and the span covers the text
alone.
"""

from core.logs import experiments, retrievals
from core.logs._lines import UNKNOWN, DroppedLine, numbered
from core.logs.log import Log

__all__ = ["UNKNOWN", "DroppedLine", "Log", "experiments", "read", "retrievals"]


def read(text: str, *, origin: str) -> Log:
    """The runs of a log of either kind: the first line that only one of them has tells which.
    `origin` says where it came from. Never fails: see `Log.dropped`."""
    for _, line in numbered(text):
        if retrievals.MARKER.match(line):
            return retrievals.read(text, origin=origin)
        if experiments.MARKER.match(line):
            return experiments.read(text, origin=origin)
    return Log(kind="log", runs=())
