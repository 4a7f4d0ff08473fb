"""Whether an answer is the one it should be: beside others, at another place, on another device."""

from collections.abc import Iterator
from itertools import zip_longest

from core.selfcheck import made
from core.selfcheck.desk import TINY, Desk, ask, request
from core.selfcheck.finding import DeviceCheck

KINDS = ("Llama", "Qwen2", "Qwen3")
LETTERS = (5, 90, 600)  # of prompts
TOKENS = 16  # fewer than it takes to be ended for repeating oneself
CLOSE = 1e-4  # between two vectors, or two scores


def as_generate(desk: Desk) -> Iterator[DeviceCheck]:
    """Greedy answers in float32, alone and together, as the library's own `generate` gives them,
    and as the processor does."""
    requests = [request(n, length, max_tokens=TOKENS) for n, length in enumerate(LETTERS)]
    wrong: list[str] = []
    elsewhere: list[str] = []
    for kind in KINDS:
        name = desk.tiny(kind)
        ours = desk.exact(name)
        plain = desk.plain(name)
        expected = [plain.text(each) for each in requests]
        for how, said in (
            ("alone", [ask(ours, [each])[0] for each in requests]),
            ("together", ask(ours, requests)),
        ):
            wrong += _differences(f"{kind} {how}", said, expected)
        if desk.place != "cpu":
            elsewhere += _differences(kind, ask(desk.exact(name, "cpu"), requests), expected)
    count = 2 * len(KINDS) * len(LETTERS)
    yield _same("equals generate", wrong, count, "are those of plain `generate`, token by token")
    if desk.place == "cpu":
        why = "Not tried: the processor is what is checked."
        yield DeviceCheck(check="equals the processor", ok=None, sentence=why)
    else:
        yield _same("equals the processor", elsewhere, count // 2, "are those of the processor")


def by_seed(desk: Desk) -> Iterator[DeviceCheck]:
    """Sampled answers say the same at every place of a batch, and alone."""
    ours = desk.exact(desk.tiny())
    requests = [
        request(n, length, max_tokens=TOKENS, temperature=0.8, seed=n + 1)
        for n, length in enumerate((40, 200, 90))
    ]
    alone = [ask(ours, [each])[0] for each in requests]
    wrong = _differences("in order", ask(ours, requests), alone)
    turned = ask(ours, [requests[place] for place in (2, 0, 1)])
    wrong += _differences("at other places", [turned[place] for place in (1, 2, 0)], alone)
    yield _same("sampling", wrong, 6, "with a seed are the same at every place of a batch")


def _differences(how: str, said: list[str], expected: list[str]) -> list[str]:
    """A piece of a sentence for each answer that is not the expected one."""
    return [
        f"{how}, prompt {number}, from letter {_shared(one, other)}"
        for number, (one, other) in enumerate(zip(said, expected, strict=True), start=1)
        if one != other
    ]


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with in common."""
    pairs = enumerate(zip_longest(one, other))
    return next(place for place, (left, right) in pairs if left != right)


def _same(check: str, wrong: list[str], count: int, what: str) -> DeviceCheck:
    said = f"{count - len(wrong)} of {count} answers {what}"
    said += f"; others are: {'; '.join(wrong)}." if wrong else "."
    figures = {"answers": count, "different": len(wrong)}
    return DeviceCheck(check=check, ok=not wrong, sentence=said, figures=figures)


def together(desk: Desk) -> Iterator[DeviceCheck]:
    """Embedder, reranker and generator in memory at once: vectors and scores of a batch, here,
    against those of each text alone on the processor."""
    import numpy as np

    embeds = desk.made("tiny-embedder", lambda to: made.embedder(to, TINY))
    ranks = desk.made("tiny-reranker", lambda to: made.reranker(to, TINY))
    texts = [request(n, 10 + 40 * n).messages[0].content for n in range(5)]
    vectors, scores, said = desk.three(embeds, ranks, desk.tiny(), texts)
    alone, scored = desk.on_the_processor(embeds, ranks, texts)
    far = float(np.abs(vectors - alone).max())
    off = float(np.abs(np.subtract(scores, scored)).max())
    yield DeviceCheck(
        check="three models together",
        ok=far <= CLOSE and off <= CLOSE and bool(said),
        sentence=f"Embedder, reranker and generator work side by side: vectors differ by {far:.0e}"
        f" at most from those of each text alone on the processor, scores by {off:.0e}; allowed is"
        f" {CLOSE:.0e}.",
        figures={"vectors_differ": far, "scores_differ": off},
    )
