"""How papers are cut, kept on disk: a search cuts no paper twice, and loads those alone in which
something is found.

Kept are places and the sha256 of each text with its prefix, for a way of cutting and all that
decides what it does. What was kept for something else is cut anew.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from core import chunkers
from core.errors import TriptychError
from core.models import Models, offsets, vocabularies
from core.papers import Papers
from core.retrieval import prefixes
from core.store import Store
from core.tasks import Progress
from core.types import Chunk, Chunking, Prefix, digest

if TYPE_CHECKING:
    import numpy as np

HEADINGS_KEPT = 1_000  # papers
PROBE = "Title"
TOGETHER = 200  # papers whose cuts are kept in one transaction
CUT = [("start", "<u4"), ("end", "<u4"), ("key", "V32")]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """All different chunks of some papers, in the order of the papers and of their texts: of each
    its paper, as a place in `paper_ids`, its place in the text and the key (`CUT`) of its text with
    its `prefix`, as the embedder reads it."""

    way: str
    prefix: Prefix
    paper_ids: tuple[str, ...]
    papers: "np.ndarray"  # shape (chunks,)
    cuts: "np.ndarray"  # shape (chunks,), of the type CUT

    def spans(self) -> "Iterator[tuple[str, np.ndarray]]":
        """By paper where its chunks start and end, shape (its chunks, 2)."""
        import numpy as np

        places = np.stack([self.cuts["start"], self.cuts["end"]], axis=1)
        ends = np.searchsorted(self.papers, np.arange(1, len(self.paper_ids)))
        return zip(self.paper_ids, np.split(places, ends), strict=True)


class Cuts:
    """Cuts of papers. May be used by several threads."""

    def __init__(self, store: Store, papers: Papers, models: Models) -> None:
        self._store = store
        self._papers = papers
        self._models = models
        self._does = cache(chunkers.does)
        self._tokens: dict[str, chunkers.Tokens] = {}  # by the tokenizer's name
        self._headings = lru_cache(maxsize=HEADINGS_KEPT)(
            lambda paper_id: prefixes.headings_of(papers.get(paper_id))
        )

    def of(
        self, chunking: Chunking, paper_ids: Sequence[str], prefix: Prefix = "none"
    ) -> "Generator[Progress, None, dict[str, np.ndarray]]":
        """By paper its cuts in the order of the text, of the type CUT. Errors: BadInput for a paper
        that is not here."""
        import numpy as np

        known = self._known(chunking, paper_ids, prefix)
        missing = [each for each in dict.fromkeys(paper_ids) if each not in known]
        if missing:
            yield from self._tokenizer(chunking.tokenizer)
        for start in range(0, len(missing), TOGETHER):
            said = f"Papers are cut: {start:,} of {len(missing):,}"
            yield Progress(sentence=said, share=start / len(missing))
            some = missing[start : start + TOGETHER]
            fresh = {each: self._cut(each, chunking, prefix) for each in some}
            self._store.cuts.keep(*self._way(chunking, prefix), fresh)
            known |= fresh
        return {each: np.frombuffer(known[each], CUT) for each in paper_ids}

    def pool(
        self, chunking: Chunking, paper_ids: tuple[str, ...], prefix: Prefix = "none"
    ) -> Generator[Progress, None, Pool]:
        """All of these papers together. Errors: as `of`."""
        import numpy as np

        cuts = yield from self.of(chunking, paper_ids, prefix)
        papers = np.repeat(np.arange(len(cuts)), [len(each) for each in cuts.values()])
        together = np.concatenate([np.empty(0, CUT), *cuts.values()])
        # Chunks that differed in white space alone are the same chunk twice.
        places = np.stack([papers, together["start"], together["end"]])
        new = np.ones(len(papers), bool)
        new[1:] = (places[:, 1:] != places[:, :-1]).any(axis=0)
        return Pool(
            way="".join(self._way(chunking, prefix)),
            prefix=prefix,
            paper_ids=tuple(cuts),
            papers=papers[new],
            cuts=together[new],
        )

    def ready(self, chunking: Chunking, paper_ids: Sequence[str], prefix: Prefix = "none") -> bool:
        """Whether all of these papers can be cut, or are, without loading a model."""
        name = chunking.tokenizer
        counted = not name or name in self._tokens or vocabularies.known(name)
        known = self._known(chunking, paper_ids, prefix)
        return counted or len(known) == len(set(paper_ids))

    def prefixed(self, chunk: Chunk, prefix: Prefix) -> str:
        """The text of a chunk as the embedder and BM25 read it. Errors: BadInput for a paper that
        is not here."""
        if prefix == "none":
            return chunk.text
        found = self._headings(chunk.paper_id) if prefix == "title+heading" else ()
        title = self._papers.get(chunk.paper_id).title
        return prefixes.line(prefix, title, found, chunk.start) + chunk.text

    def chunks(
        self, paper_id: str, cuts: "np.ndarray", prefix: Prefix = "none"
    ) -> tuple[Chunk, ...]:
        """The chunks of a paper at these places. Errors: BadInput for a paper that is not here,
        TriptychError where its text is not the one that was cut."""
        from core.indexes import key_of

        paper = self._papers.get(paper_id)
        chunks = []
        for start, end, key in cuts.tolist():
            chunk = Chunk(paper_id=paper_id, start=start, end=end, text=paper.text[start:end])
            if key_of(self.prefixed(chunk, prefix)) != key:
                self._store.cuts.clear()
                raise TriptychError(f"The text of “{paper.title}” has changed; ask again.")
            chunks.append(chunk)
        return tuple(chunks)

    def _known(
        self, chunking: Chunking, paper_ids: Sequence[str], prefix: Prefix
    ) -> dict[str, bytes]:
        return self._store.cuts.known(*self._way(chunking, prefix), paper_ids)

    def _way(self, chunking: Chunking, prefix: Prefix) -> tuple[str, str]:
        """A name for the chunking with its prefix, and what it does now."""
        tokens = None
        if name := chunking.tokenizer:
            known = vocabularies.known(name)
            tokens = (
                vocabularies.revision(name)
                if known
                else self._models.find("embedder", name).revision
            )
        does = [self._does(chunking.chunker), chunkers.sources(), tokens]
        way: object = asdict(chunking)
        if prefix != "none":
            way = [way, prefix]
            does.append(prefixes.line(prefix, PROBE, [(0, PROBE)], 0))
        return digest(way), digest(does)

    def _cut(self, paper_id: str, chunking: Chunking, prefix: Prefix) -> bytes:
        import numpy as np

        from core.indexes import key_of

        tokens = self._tokens[chunking.tokenizer] if chunking.tokenizer else None
        chunks = chunkers.cut(self._papers.get(paper_id), chunking, tokens)
        rows = [(chunk.start, chunk.end, key_of(self.prefixed(chunk, prefix))) for chunk in chunks]
        return np.array(rows, CUT).tobytes()

    def _tokenizer(self, name: str | None) -> Iterator[Progress]:
        """Make sure that these tokens can be counted."""
        if name and vocabularies.known(name):
            self._tokens[name] = vocabularies.tokens(name)
        elif name and name not in self._tokens:
            self._models.check_tokens(name)
            embedder = yield from self._models.embedder(name)
            assert embedder.tokenizer is not None, "checked before"
            self._tokens[name] = partial(offsets, embedder.tokenizer)
