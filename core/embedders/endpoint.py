"""Embedders behind an address that speaks as OpenAI's `/v1/embeddings` does: vLLM, llama.cpp,
Ollama, text-embeddings-inference.

Knows neither the model's tokenizer nor its window: how far it reads a text is the server's to know,
which drops the rest or refuses it. Puts nothing before a question or a text.
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING, Any

from core.errors import TriptychError
from core.models import calls, endpoints, served
from core.settings import Endpoint, Settings
from core.types import Model

if TYPE_CHECKING:
    import numpy as np

TEXTS_A_CALL = 32  # at most: text-embeddings-inference takes no more, unless it is told to
FEWEST = 4  # a question and the probe go together
PROBE = "The lamp of Varn was lit in 1874 and burns whale oil to this day."
CLOSE = 0.999  # cosine; the same model in other batches stays above it, another one far below


def models(settings: Settings) -> list[Model]:
    """The endpoints of the settings."""
    return served.models(settings, "embedder")


def load(model: Model, settings: Settings) -> "EndpointEmbedder":
    """Embeds a fixed text. Errors: BadInput for a key that can be none, TriptychError for a server
    that does not answer, or that is not what it was when vectors were kept."""
    return EndpointEmbedder(endpoints.find(settings, model.name), settings)


def reading(_model: Model) -> None:
    return None


class EndpointEmbedder:
    """See core.types.Embedder."""

    tokenizer = None
    window = None

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self._endpoint = endpoint
        self._settings = settings
        line = self._calls()
        try:
            self._said = line.said()
        finally:
            line.hang_up()
        (probe,) = self._vectors([PROBE])
        self.dimensions = len(probe)
        self._probe = self._meet(probe)

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":  # noqa: ARG002
        """With each call goes the probe: another model is noticed before anything of it is kept.
        Errors: as `load`."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        *vectors, probe = self._vectors([*texts, PROBE])
        if _unlike(self._probe, tuple(probe)):
            self._meet(probe)  # says so
        return np.array(vectors, np.float32)

    def _meet(self, probe: "np.ndarray") -> served.Probe:
        numbers = tuple(float(each) for each in probe)
        return served.meet(self._settings, self._endpoint, self._said, numbers, _unlike).probe

    def _vectors(self, texts: Sequence[str]) -> "np.ndarray":
        """Unit vectors, float64, shape (len(texts), dimensions)."""
        import numpy as np

        share = math.ceil(len(texts) / self._endpoint.requests)
        size = min(max(FEWEST, share), TEXTS_A_CALL)
        some = [texts[at : at + size] for at in range(0, len(texts), size)]
        line = self._calls()
        found = [
            vector
            for vectors in line.each(lambda each: _asked(line, each), some)
            for vector in vectors
        ]
        if len(lengths := {len(vector) for vector in found}) > 1:
            raise TriptychError(
                f"{line.where} gave vectors of {' and '.join(map(str, sorted(lengths)))} numbers"
                " for one model; look into its log."
            )
        vectors = np.array(found, np.float64)
        vectors /= np.abs(vectors).max(axis=1, keepdims=True)  # no square is too large then
        unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _calls(self) -> calls.Calls:
        """A line of its own, with the key as it is now."""
        key = endpoints.key(self._settings, self._endpoint)
        return calls.Calls(self._endpoint, key, self._settings.endpoint_seconds)


def _asked(line: calls.Calls, texts: Sequence[str]) -> list[list[float]]:
    """The vectors of the texts of one call. Errors: TriptychError."""

    def read(reply: Any) -> list[list[float]]:
        data = reply.get("data") if isinstance(reply, dict) else None
        vectors = [calls.numbers(each) for each in calls.in_order(data, "embedding", len(texts))]
        if not all(map(any, vectors)):
            raise calls.NoAnswer("gave a vector of zeros, which is like nothing; look into its log")
        return vectors

    body = {"model": line.endpoint.model, "input": list(texts), "encoding_format": "float"}
    return line.ask("/embeddings", body, read)


def _unlike(kept: served.Probe, now: served.Probe) -> str:
    """How two unit vectors of the probe differ; empty if they are those of one model."""
    if len(kept) != len(now):
        return f"its vectors have {len(now)} numbers instead of {len(kept)}"
    cosine = math.fsum(map(mul, kept, now))
    return (
        "" if cosine > CLOSE else f"a text's vector and the one kept of it are {cosine:.3f} alike"
    )
