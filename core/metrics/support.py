"""How much of each sentence of an answer stands in the chunks it was given.

Counts words, so it knows no meaning: a sentence said in other words scores low, and one that says
the opposite in the same words scores high. It shows where to look, and proves nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.metrics.words import Vocabulary, telling
from core.text import sentences as spans

CITATION = re.compile(r"\[\d+(?:\s*[,;–-]\s*\d+)*\]")

# Below this share nothing supports a sentence: fewer than half of its telling words stand in any
# one chunk. Measured on the sample corpus (docs/findings.md): 95 % of the sentences written with
# their chunks reach it, and 82 % of them fall below it against another question's chunks. Higher
# would call too many sentences unsupported that only use other words.
SUPPORTED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an answer, `answer[start:end]`, and the text that supports it best.

    `support` is the share (0..1) of its telling words that stand in that text; None for a
    sentence without any ("Yes."), which there is nothing to say about. `best` is the text's index,
    None where no text holds a single word of it.
    """

    start: int
    end: int
    support: float | None
    best: int | None

    @property
    def unsupported(self) -> bool:
        """Whether nothing supports it."""
        return self.support is not None and self.support < SUPPORTED


def sentences(answer: str, texts: Sequence[str]) -> list[Sentence]:
    """Every sentence of the answer, a list's lines each by itself, held against whole texts.

    Marks such as [1] count as no word. Without texts every sentence has support 0.
    """
    vocabularies = [Vocabulary(text) for text in texts]
    found = []
    line_start = 0
    for line in answer.splitlines(keepends=True):
        for start, end in spans(line):
            wanted = set(telling(CITATION.sub(" ", line[start:end])))
            shares = [_share(wanted, vocabulary) for vocabulary in vocabularies]
            support = max(shares, default=0.0)
            found.append(
                Sentence(
                    start=line_start + start,
                    end=line_start + end,
                    support=support if wanted else None,
                    best=shares.index(support) if support > 0 else None,
                )
            )
        line_start += len(line)
    return found


def supported_share(answer: str, texts: Sequence[str]) -> float | None:
    """The share (0..1) of the answer's sentences that some text supports; None where no sentence
    holds a telling word."""
    judged = [sentence for sentence in sentences(answer, texts) if sentence.support is not None]
    if not judged:
        return None
    return sum(not sentence.unsupported for sentence in judged) / len(judged)


def _share(wanted: set[str], vocabulary: Vocabulary) -> float:
    return sum(word in vocabulary for word in wanted) / len(wanted) if wanted else 0.0
