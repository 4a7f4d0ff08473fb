"""Texts found by their words: BM25 in files that open at once, the only file that imports bm25s.

Knows no chunk, no model and no similarity: texts go in, and their places among them come out. A
word matches itself alone, in any case, but not its plural and no synonym. How rare a word is, is
counted over the texts that are searched.

Source of the formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), with Lucene's inverse document frequency, k1 = 1.5 and b = 0.75.
"""

import hashlib
import json
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from core.errors import BadInput, Damaged
from core.files import at_work, disk_full_as, unfinished_folder
from core.text import words
from core.types import Chunking

if TYPE_CHECKING:
    import numpy as np
    from bm25s import BM25

VERSION = "2"  # of what a word is and how it counts
LAYOUT = "1"  # of the files
FOLDED = (
    "upper and lower case, compatible forms of a letter, quotes, hyphens; a compound counts whole"
    " and in parts; common English words are left out; no stemming"
)
SUMS = "sums.json"  # size and checksum of each file
LARGE = {
    "data.csc.index.npy",
    "indices.csc.index.npy",
}  # checked word by word, when it is asked for
HEAD = 128  # bytes of these that say what is in them


def name(
    chunking: Chunking,
    cut: "Iterable[tuple[str, Sequence[tuple[int, int]] | np.ndarray]]",
    prefix: str = "",
) -> str:
    """Of an index of these chunks in this order: by paper, start and end of each. It changes with
    all that a score depends on; `prefix` names what is read before each chunk, empty for nothing.
    """
    import numpy as np

    rules = [VERSION, LAYOUT, version("bm25s"), repr(chunking), *([prefix] if prefix else [])]
    found = hashlib.sha256("\n".join(rules).encode())
    for paper_id, spans in cut:
        found.update(f"\n{paper_id} {len(spans)}\n".encode())
        found.update(np.asarray(spans, "<i8").tobytes())
    return found.hexdigest()[:32]


class WordIndex:
    """Texts that are searched by their words. They are counted once, into files of their own; what
    is missing there, or is not as it was written, is counted anew."""

    def __init__(
        self,
        data: Path,
        name: str,
        texts: Callable[[], Iterable[str]],
        papers: Collection[str] = (),
        check: Callable[[], object] = lambda: None,
    ) -> None:
        """`name` says all that the scores depend on; `texts` gives what is to be counted, and
        `papers` whose it is. `check` raises BadInput where one of these has been removed: then what
        was counted goes as well. `data`: the data folder."""
        from core.indexes import word_files

        self._data = data
        self._folder = word_files.place(data / "vectors", name)
        self._texts = texts
        self._papers = papers
        self._check = check
        self._counted = _opened(self._folder)

    @property
    def ready(self) -> bool:
        """Whether all is counted already; else the first search does it."""
        return self._counted is not None

    def search(self, question: str, count: int) -> list[tuple[int, float]]:
        """The places of the `count` texts with the highest BM25 scores (above 0, without an upper
        bound), best first; equal ones stand in their order. Only texts that hold a word of the
        question are found, so there may be fewer, or none. Errors: as `count`."""
        try:
            return (self._counted or self.count()).search(question, count)
        except Damaged:
            return self.count().search(question, count)

    def count(self) -> "_Counted":
        """Count the words of all texts, and keep that. Errors: OutOfSpace, BadInput as `check`."""
        from core.indexes import word_files

        word_files.drop(self._folder)
        full = "The disk is full: the words were not counted; free some space and try again."
        with disk_full_as(full), at_work(self._data):
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            with unfinished_folder(self._folder) as part:
                (part / word_files.PAPERS).write_text(json.dumps(list(self._papers)))
                _write(part, self._texts())
            try:
                self._check()
            except BadInput:
                word_files.drop(self._folder)
                raise
        self._counted = _opened(self._folder)
        if self._counted is None:
            raise Damaged("The words that were counted just now cannot be read; check the disk.")
        return self._counted


class _Counted:
    """What lies in the files, mapped into memory. `bm25`: None where no text has a word. `words`
    are all in one, ascending: number i is `words[starts[i] : starts[i + 1]]`, and `sums[i]` is the
    checksum of its scores."""

    def __init__(
        self, bm25: "BM25 | None", words: "np.ndarray", starts: "np.ndarray", sums: "np.ndarray"
    ) -> None:
        self._bm25 = bm25
        self._words = words
        self._starts = starts
        self._sums = sums

    def search(self, question: str, count: int) -> list[tuple[int, float]]:
        """As `WordIndex.search`. Errors: Damaged if scores are not as they were written."""
        import numpy as np

        asked = [number for number in map(self._number, words(question)) if number is not None]
        if self._bm25 is None or not asked:
            return []
        for number in set(asked):
            if _sum(self._bm25, number) != self._sums[number]:
                raise Damaged("The words that were counted are damaged.")
        scores = self._bm25.get_scores_from_ids(asked)
        found = scores.nonzero()[0]
        if len(found) > count:  # sort no more than the best, and those that equal the last of them
            least = np.partition(scores[found], -count)[-count]
            found = found[scores[found] >= least]
        best = found[(-scores[found]).argsort(kind="stable")][:count]
        return [(int(place), float(scores[place])) for place in best]

    def _number(self, word: str) -> int | None:
        sought, many = word.encode(), len(self._sums)
        at = bisect_left(range(many), sought, key=self._word)
        return at if at < many and self._word(at) == sought else None

    def _word(self, number: int) -> bytes:
        return self._words[self._starts[number] : self._starts[number + 1]].tobytes()


def _write(folder: Path, texts: Iterable[str]) -> None:
    """Count the words of the texts into files."""
    import numpy as np
    from bm25s import BM25

    counted, known = _numbered(texts)
    if known:  # bm25s takes no texts without words
        bm25 = BM25(method="lucene", k1=1.5, b=0.75, dtype="float64")
        vocabulary = {word: number for number, word in enumerate(known)}
        bm25.index((counted, vocabulary), create_empty_token=False, show_progress=False)
        bm25.vocab_dict = {}  # it would be read whole to find a few
        bm25.save(folder, show_progress=False)
        np.save(folder / "words.npy", np.frombuffer(b"".join(known), np.uint8))
        np.save(folder / "starts.npy", np.cumsum([0, *map(len, known)]))
        np.save(folder / "sums.npy", [_sum(bm25, number) for number in range(len(known))])
    (folder / SUMS).write_text(json.dumps(_sums(folder)))


def _numbered(texts: Iterable[str]) -> tuple[list["array[int]"], list[bytes]]:
    """The words of each text as numbers, and all words, ascending, that they are the numbers of."""
    import numpy as np

    first: defaultdict[str, int] = defaultdict()
    first.default_factory = first.__len__  # a new word gets the next number
    counted = [array("i", map(first.__getitem__, words(text))) for text in texts]
    known = {word.encode(): number for word, number in first.items()}
    ascending = sorted(known)
    numbers = np.empty(len(known), np.intc)
    numbers[[known[word] for word in ascending]] = np.arange(len(known))
    return [array("i", numbers[each].tobytes()) for each in counted], ascending


def _opened(folder: Path) -> _Counted | None:
    """None where nothing is there, or something else than was written."""
    import numpy as np
    from bm25s import BM25

    from core.indexes import word_files

    try:
        written = json.loads((folder / SUMS).read_bytes())
        if written != _sums(folder):
            return None
        word_files.used(folder)
        if not (folder / "words.npy").exists():
            return _Counted(None, np.empty(0, np.uint8), np.zeros(1, int), np.empty(0, int))
        words, starts, sums = (
            np.asarray(np.load(folder / f"{file}.npy", mmap_mode="r"))  # a memmap is slow to slice
            for file in ("words", "starts", "sums")
        )
        return _Counted(BM25.load(folder, mmap=True, load_vocab=False), words, starts, sums)
    except (OSError, ValueError):  # another process may be taking it away
        return None


def _sums(folder: Path) -> dict[str, list[int]]:
    return {
        file.name: [
            file.stat().st_size,
            crc32(_start(file) if file.name in LARGE else file.read_bytes()),
        ]
        for file in folder.iterdir()
        if file.name != SUMS
    }


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(HEAD)


def _sum(bm25: "BM25", number: int) -> int:
    """The checksum of a word's scores and of the places they belong to."""
    scores = bm25.scores
    start, end = scores["indptr"][number : number + 2]
    return crc32(scores["indices"][start:end], crc32(scores["data"][start:end]))
