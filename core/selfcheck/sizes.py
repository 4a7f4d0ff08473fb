"""How large the models of a self-check are, and how much they are asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Of a language model, in the words of its config."""

    layers: int
    width: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int

    @property
    def parameters(self) -> int:
        """Embeddings and output layer each of their own, without norms and biases."""
        of_a_head = self.width // self.heads
        attention = 2 * self.width * of_a_head * (self.heads + self.key_value_heads)
        layer = attention + 3 * self.width * self.intermediate
        return self.layers * layer + 2 * self.vocabulary * self.width

    @property
    def read_a_step(self) -> int:
        """Parameters that every step of decoding reads: all but the table of embeddings."""
        return self.parameters - self.vocabulary * self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """`speed` is the model that is timed, `aims` whether the aims hold for it; `shortage` the one
    that is switched, and asked when the memory runs out."""

    speed: Shape
    rows: tuple[int, ...] = (1, 3, 8, 32)
    prompt: int  # characters, a token each
    answer: int  # tokens
    repeats: int  # of each timing; the best counts
    shortage: Shape
    shortage_prompt: int
    questions: int = 20  # that nothing may be left of
    copied: int  # bytes, to measure the bandwidth of the memory
    aims: bool


THREE_BILLION = Shape(  # of Qwen2.5-3B-Instruct, its output layer apart: 3.4 billion parameters
    layers=36, width=2048, heads=16, key_value_heads=2, intermediate=11008, vocabulary=151_936
)
HALF_A_BILLION = Shape(  # of Qwen2.5-0.5B-Instruct
    layers=24, width=896, heads=14, key_value_heads=2, intermediate=4864, vocabulary=151_936
)
TWENTY_FIVE_MILLION = Shape(
    layers=8, width=384, heads=6, key_value_heads=2, intermediate=1024, vocabulary=16_000
)
WIDE_MEMORY = Shape(  # 131 kB of keys and values a token, in float32; 670 MB of weights
    layers=16, width=1024, heads=16, key_value_heads=16, intermediate=2048, vocabulary=1_000
)
ROOM_FOR_THREE_BILLION = 18_000_000_000  # its weights for us and for the plain library, and more


def sizes_for(place: str, free: int | None) -> Sizes:
    """What suits a device with so many bytes free; None where nobody says."""
    if place == "cpu":
        return Sizes(
            speed=TWENTY_FIVE_MILLION,
            prompt=48,
            answer=16,
            repeats=3,
            shortage=TWENTY_FIVE_MILLION,
            shortage_prompt=100,
            copied=128_000_000,
            aims=False,
        )
    large = free is not None and free >= ROOM_FOR_THREE_BILLION
    return Sizes(
        speed=THREE_BILLION if large else HALF_A_BILLION,
        prompt=512,
        answer=128,
        repeats=2,
        shortage=WIDE_MEMORY,
        shortage_prompt=1_500,
        copied=1_000_000_000,
        aims=large,
    )
