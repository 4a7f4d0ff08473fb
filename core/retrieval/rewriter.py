"""Writing what is searched for instead of a question, once for each question, way and model.

To be used in the worker's thread only, which an endpoint that writes holds up meanwhile.
"""

import time
from collections.abc import Generator
from dataclasses import replace
from threading import Event

from core import rewritings
from core.models import Models
from core.store import Store
from core.tasks import Progress
from core.text import parted
from core.types import Generation, Request, Retrieval, Rewritten, digest

MAX_TOKENS = 128
UNUSABLE = "What {} wrote could not be searched for, so the question itself was."
CUT_SHORT = "What {} wrote to be searched for was cut off at {} tokens."


class Rewriter:
    """What was written is kept in the store."""

    def __init__(self, store: Store, models: Models) -> None:
        self._kept = store.rewritings
        self._models = models

    def key(self, question: str, wanted: Retrieval) -> str:
        """By what a rewriting is known. Errors: as `Models.find`."""
        way, _ = rewritings.named(wanted.rewrite)
        revision = self._models.find("generator", wanted.rewriter).revision
        return digest([wanted.rewrite, way.VERSION, wanted.rewriter, revision, question])

    def known(self, question: str, wanted: Retrieval) -> bool:
        """Whether it was written before."""
        return self._kept.known(self.key(question, wanted)) is not None

    def rewritten(
        self, question: str, wanted: Retrieval
    ) -> Generator[Progress, None, Rewritten | None]:
        """What is searched for; None for the question itself. Seconds and tokens are 0 where it was
        written before."""
        if wanted.rewrite == rewritings.NONE:
            return None
        key = self.key(question, wanted)
        if known := self._kept.known(key):
            return replace(known, seconds=0.0, prompt_tokens=0, answer_tokens=0)
        written = yield from self._written(question, wanted)
        self._kept.keep(key, written)
        return written

    def _written(self, question: str, wanted: Retrieval) -> Generator[Progress, None, Rewritten]:
        name = wanted.rewriter
        if self._models.is_served(name):
            generator = self._models.served(name)
        else:
            generator = yield from self._models.generator(name)
        request = Request(
            messages=rewritings.messages(wanted.rewrite, question),
            generation=Generation(generator=name, max_tokens=MAX_TOKENS),
        )
        said, stop, started = "", Event(), time.perf_counter()
        prompt_tokens = answer_tokens = None
        note = ""
        try:
            for delta in generator.generate([request], stop):
                said += delta.text
                yield Progress(sentence=f"{name} rewrites the question …")
                if delta.finish:
                    prompt_tokens, answer_tokens = delta.prompt_tokens, delta.answer_tokens
                    note = CUT_SHORT.format(name, MAX_TOKENS) if delta.finish == "length" else ""
                    note = delta.note if delta.finish == "error" else note
        finally:
            stop.set()
        _, text = parted(said)
        found = rewritings.queries(wanted.rewrite, question, text)
        return Rewritten(
            queries=found or (question,),
            seconds=time.perf_counter() - started,
            prompt_tokens=prompt_tokens,
            answer_tokens=answer_tokens,
            note=note if found else UNUSABLE.format(name),
        )
