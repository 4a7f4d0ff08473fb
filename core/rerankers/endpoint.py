"""Rerankers behind an address: those that speak as Cohere's and Jina's `/rerank` do (vLLM,
llama.cpp, Infinity too), and text-embeddings-inference.

Which of both a server speaks is found by asking it once when it is loaded. Knows neither the
model's tokenizer nor its window.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from core.errors import TriptychError
from core.models import calls, endpoints, served
from core.settings import Endpoint, Settings
from core.types import Model

TEXTS_A_CALL = 32  # as few calls as every server takes: some are paid by the call
QUESTION = "When was the lamp of Varn lit?"
PROBES = ("The lamp of Varn was lit in 1874.", "Bread is made of flour, water and salt.")
CLOSE = 0.02  # between two scores of one pair by the same model

Dialect = Literal["cohere", "tei"]
DIALECTS: tuple[Dialect, ...] = ("cohere", "tei")


def models(settings: Settings) -> list[Model]:
    """The endpoints of the settings."""
    return served.models(settings, "reranker")


def load(model: Model, settings: Settings) -> "EndpointReranker":
    """Scores two fixed texts. Errors: BadInput for a key that can be none, TriptychError for a
    server that does not answer, or that is not what it was when scores were kept."""
    return EndpointReranker(endpoints.find(settings, model.name), settings)


class EndpointReranker:
    """See core.types.Reranker.

    Cohere, Jina and text-embeddings-inference give scores of 0 to 1, others logits. A server whose
    scores of the probes lie outside of 0 to 1 gives logits, and all its scores are put through a
    sigmoid, which keeps their order. Where only a later score tells, its scores count as those of
    another model from then on, so that both kinds are never compared.
    """

    tokenizer = None
    window = None

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self._endpoint = endpoint
        self._settings = settings
        line = self._calls()
        try:
            said = line.said()
            self._dialect, self._path, scores = _tried(line)
        finally:
            line.hang_up()
        kept = served.meet(settings, endpoint, said, tuple(scores), _unlike)
        self._logits = kept.logits or _outside(scores)

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """Errors: as `load`."""
        some = (texts[at : at + TEXTS_A_CALL] for at in range(0, len(texts), TEXTS_A_CALL))
        line = self._calls()

        def asked(batch: Sequence[str]) -> list[float]:
            return _asked(line, self._dialect, self._path, question, batch)

        for scores in line.each(asked, some):
            if _outside(scores) and not self._logits:
                served.are_logits(self._settings, self._endpoint)
                raise TriptychError(
                    f"{line.where} gave a score outside of 0 to 1, though not for the texts that it"
                    " was tried with; from now on its scores are taken for logits: ask again."
                )
            yield from map(_squashed, scores) if self._logits else scores

    def _calls(self) -> calls.Calls:
        """A line of its own, with the key as it is now."""
        key = endpoints.key(self._settings, self._endpoint)
        return calls.Calls(self._endpoint, key, self._settings.endpoint_seconds)


def _tried(line: calls.Calls) -> tuple[Dialect, str, list[float]]:
    """The dialect in which the server answers, the address of the call, and its scores of the
    probes. Errors: TriptychError for one that answers in none, or not at all."""
    beside = f"{calls.root(line.endpoint)}/rerank"  # where the address has a version, for some
    declined: calls.Declined | None = None
    for path in dict.fromkeys((f"{line.endpoint.address}/rerank", beside)):
        for dialect in DIALECTS:
            try:
                return dialect, path, _asked(line, dialect, path, QUESTION, PROBES)
            except calls.Declined as error:
                declined = declined or error
    raise TriptychError(
        f"{line.where} reranks neither as Cohere's and Jina's servers do nor as"
        f" text-embeddings-inference does: asked the first way, it {declined and declined.detail}."
    )


def _asked(
    line: calls.Calls, dialect: Dialect, path: str, question: str, texts: Sequence[str]
) -> list[float]:
    """The scores of the texts of one call, as the server gives them. Errors: as `Calls.ask`."""
    body: dict[str, Any] = {"query": question, "texts": list(texts), "truncate": True}
    if dialect == "cohere":
        body = {"model": line.endpoint.model, "query": question, "documents": list(texts)}

    def read(reply: Any) -> list[float]:
        match dialect, reply:
            case "cohere", {"results": found}:
                return calls.numbers(calls.in_order(found, "relevance_score", len(texts)))
            case "tei", found:
                return calls.numbers(calls.in_order(found, "score", len(texts)))
        raise calls.NoAnswer("gave no results; correct its address or its model")

    return line.ask(path, body, read)


def _outside(scores: Sequence[float]) -> bool:
    return not all(0 <= score <= 1 for score in scores)


def _squashed(logit: float) -> float:
    """The sigmoid, also of large numbers."""
    grown = math.exp(-abs(logit))
    return 1 / (1 + grown) if logit >= 0 else grown / (1 + grown)


def _unlike(kept: served.Probe, now: served.Probe) -> str:
    """How two scorings of the probes differ; empty if they are those of one model."""
    pairs = list(zip(kept, now, strict=True))
    if all(abs(before - after) <= CLOSE * max(1, abs(before)) for before, after in pairs):
        return ""
    before, after = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    return f"a pair that scored {before:.3f} scores {after:.3f}"
