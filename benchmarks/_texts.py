"""Real chunks for the benchmarks, cut from the sample papers."""

from core import papers
from core.chunkers import cut
from core.settings import SAMPLES, Settings
from core.types import Chunking

SIZES = (800, 1200, 500, 1600, 300)  # several, for enough chunks of different lengths


def chunks(count: int) -> list[str]:
    """At most `count` different texts, the same ones each time."""
    files = sorted((SAMPLES / "papers").iterdir())
    read = [papers.read(file, file.name, Settings()) for file in files]
    texts = [
        chunk.text
        for size in SIZES
        for paper in read
        for chunk in cut(paper, Chunking(size=size, overlap=size // 8))
    ]
    return list(dict.fromkeys(texts))[:count]
