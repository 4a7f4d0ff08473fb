"""Settings, numbers and outcomes as people read them. Pure; knows no page."""

import re
from collections.abc import Sequence

from core import choices, chunkers
from core.logs import UNKNOWN
from core.settings import Endpoint
from core.types import (
    Answer,
    Arm,
    Chunking,
    Generation,
    Hit,
    Offer,
    Paper,
    Recipe,
    Retrieval,
    Rewritten,
    Run,
)

ARM_NAMES: dict[Arm, str] = {  # beside others, in a chart or a table
    "no_context": "no context",
    "retrieved": "retrieved",
    "reranked": "reranked",
    "whole": "whole paper",
    "given": "passages given",
}
FINISH_REASONS = {"stop": "complete", "length": "cut off at the limit"}
FULL_ARM_NAMES = ARM_NAMES | {"reranked": "retrieved and reranked"}  # as a heading

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SHORT_CODE = re.compile(  # in text that is escaped already
    r"\\:(?=(?:\w|\\[+_-])*(?:[^\W\d]|\\[+_-])(?:\w|\\[+_-])*\\(?:[:/]))"
)
NOTHING = "\N{WORD JOINER}"
LONGEST_QUERY = 240  # characters of what was searched for, where it is told
LONGEST_NAME = 80  # characters of a file's name

ALWAYS_NAMED = {  # in `settings`, each in its own way
    "retriever", "embedder", "index", "candidates", "top_k", "reranker",
    "generator", "max_tokens", "temperature", "seed", "style", "passages",
}  # fmt: skip
BY_OCR = "read by OCR"
UNMARKED = (
    "The place could not be found on the page's image, so nothing is marked there; the text is the"
    " one that was searched."
)


def panel_name(recipe: Recipe, candidates: Sequence[Hit] = ()) -> str:
    """What a panel is called; with its candidates also which of them are switched off."""
    name = FULL_ARM_NAMES[recipe.arm].capitalize()
    if isinstance(recipe.evidence, Retrieval) and recipe.evidence.switched_off:
        off = set(recipe.evidence.switched_off)
        ranks = [f"[{hit.rank}]" for hit in candidates if hit.chunk.span in off]
        name += f", without {', '.join(ranks) or counted(len(off), 'chunk')}"
    return name


def settings(recipe: Recipe, *, usual: bool = False) -> dict[str, str]:
    """The settings that decide an answer, by name; those it does not use are absent, and so are
    those that an imported log does not hold (core.logs). What is rarely chosen is named where it is
    not as usual, or with `usual` always, to be held against other recipes."""
    found = {}
    if isinstance(recipe.evidence, Retrieval):
        wanted = recipe.evidence
        if recipe.chunking.chunker != UNKNOWN:
            found["chunks"] = chunking(recipe.chunking)
        elif recipe.chunking.size:
            found["chunks"] = f"size {recipe.chunking.size:,}"
        if wanted.retriever != UNKNOWN:
            found["retriever"] = wanted.retriever
        if wanted.uses_embedder and wanted.embedder != UNKNOWN:
            found["embedder"] = wanted.embedder
            found["index"] = f"{wanted.index} index"
        found["candidates"] = counted(wanted.candidates, "candidate")
        found["top-k"] = f"top {wanted.top_k}"
        if wanted.reranker and wanted.reranker != UNKNOWN:
            found["reranker"] = wanted.reranker
        if wanted.retriever != UNKNOWN:
            found |= rare(wanted, usual=usual)
    if recipe.generation:
        found["generator"] = recipe.generation.generator
    if recipe.generation and recipe.generation.max_tokens:
        found["tokens"] = f"at most {counted(recipe.generation.max_tokens, 'token')}"
        found["temperature"] = f"temperature {recipe.generation.temperature:g}"
        found["seed"] = f"seed {recipe.generation.seed}"
        found["style"] = f"style {recipe.generation.style}"
        if recipe.evidence:
            found["passages"] = f"passages {recipe.generation.passages}"
        found |= rare(recipe.generation, usual=usual)
    return found


def rare(holder: Retrieval | Generation, *, usual: bool = False) -> dict[str, str]:
    """What is rarely chosen, by name: where it is not as usual, or all of it."""
    chosen = choices.chosen_of(holder) if usual else choices.unusual(holder)
    return {
        axis.subject: axis.words(getattr(holder, axis.name))
        for axis in chosen
        if axis.name not in ALWAYS_NAMED
    }


def unusual(recipe: Recipe) -> str:
    """What is rarely chosen of it and was, in words; empty where all is as usual."""
    parts = (recipe.evidence, recipe.generation)
    holders = [part for part in parts if isinstance(part, Retrieval | Generation)]
    return " · ".join(words for holder in holders for words in rare(holder).values())


def chunking(chunking: Chunking) -> str:
    """How papers are cut: "800 characters, overlap 100", "headings: 800 characters", "150 words",
    "whole pages". The chunker is named unless its unit alone tells it, or it is the usual one."""
    counts = chunkers.unit(chunking.chunker)
    if counts == "page":
        return "whole pages"
    size = counted(chunking.size, counts)
    if chunking.overlap:
        size += f", overlap {chunking.overlap:,}"
    named = chunking.chunker in (Chunking().chunker, f"{counts}s")
    return size if named else f"{chunking.chunker}: {size}"


def apart(recipes: Sequence[Recipe]) -> list[list[str]]:
    """For each recipe those of its settings in which the recipes that have them differ."""
    all_settings = [settings(recipe, usual=True) for recipe in recipes]
    values: dict[str, set[str]] = {}
    for each in all_settings:
        for name, value in each.items():
            values.setdefault(name, set()).add(value)
    return [
        [value for name, value in each.items() if len(values[name]) > 1] for each in all_settings
    ]


def plain(text: str) -> str:
    """The text on one line, as a name or a question stands among our own words: without controls,
    also those that would turn the reading direction of what stands beside it, and with a sign for
    half a character."""
    line = CONTROL.sub("", " ".join(text.split()))
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", line)


def escaped(text: str) -> str:
    """As `plain`, for a Markdown label: nothing in it could be taken for markup, nor for an emoji
    or an icon (`:smile:`), which are looked for behind the escapes."""
    return SHORT_CODE.sub(f"\\:{NOTHING}", re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", plain(text)))


def file_name(text: str, otherwise: str) -> str:
    """The text as the name of a file to download, `otherwise` where nothing of it is left."""
    name = re.sub(r'[\\/:*?"<>|%]+', "-", plain(text)).strip(" .-")
    return name[:LONGEST_NAME].rstrip() or otherwise


def dollars(amount: float) -> str:
    """$1,234.50, $0.42, $0.0031, under $0.0001"""
    if 0 < amount < 0.0001:
        return "under $0.0001"
    return f"${amount:,.2f}" if amount >= 0.1 or not amount else f"${amount:.4f}"


def price(endpoint: Endpoint) -> str:
    """What a million tokens cost; empty where nobody said."""
    if endpoint.dollars_in is None:
        return ""
    if endpoint.family != "generator":
        return f"{dollars(endpoint.dollars_in)} a million tokens"
    read, written = dollars(endpoint.dollars_in), dollars(endpoint.dollars_out or 0.0)
    return f"{read} in and {written} out a million tokens"


def shortened(text: str, length: int) -> str:
    """As `plain`, and at most `length` characters, cut at a word, with an ellipsis that says so."""
    text = plain(text)
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """1 page, 2 pages, 1,200 characters; a plural that does not end in a mere s is said."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def pages_of(hit: Hit) -> str:
    """p. 3, or pp. 3-4, and whether that was read by OCR; old logs know no pages"""
    if not hit.pages:
        return "page unknown"
    first, last = hit.pages[0], hit.pages[-1]
    which = f"p. {first}" if first == last else f"pp. {first}–{last}"
    return f"{which} ({BY_OCR})" if hit.ocr else which


def by_ocr(paper: Paper, start: int, end: int) -> str:
    """Of `paper.text[start:end]`, which OCR read: that it did, and how much it is not sure of."""
    doubtful = sum(first < end and start < last for first, last in paper.doubtful)
    words = counted(doubtful, "word")
    return f"{BY_OCR}: {words} may be misread (dotted underline)" if doubtful else BY_OCR


def scores(hit: Hit) -> list[str]:
    """What found the chunk, and behind the last where that put it; empty if given by hand."""
    found = []
    if hit.similarity is not None:
        found.append(f"similarity {hit.similarity:.3f}")
    if hit.lexical_score is not None:
        found.append(f"BM25 {hit.lexical_score:.2f}")
    if hit.fused_score is not None:
        found.append(f"fused {hit.fused_score:.4f}")
    if found:
        found[-1] += f" (rank {hit.rank_before})"
    return found


def standing(hit: Hit) -> list[str]:
    """All its scores, and how reranking moved it."""
    found = scores(hit)
    if hit.rerank_score is not None:
        found.append(f"rerank score {hit.rerank_score:.3f} (rank {hit.rank})")
        if hit.rank_before != hit.rank:
            found.append(f"moved {movement(hit)}")
    return found


def found_by(hit: Hit) -> str:
    """What put the candidates in order before any reranking."""
    if hit.fused_score is not None:
        return "by rank fusion"
    return "by BM25" if hit.similarity is None else "by similarity"


def movement(hit: Hit) -> str:
    """6 → 1; stays 2; empty without reranking."""
    if hit.rank_before is None or hit.rerank_score is None:
        return ""
    if hit.rank_before == hit.rank:
        return f"stays {hit.rank}"
    return f"{hit.rank_before} → {hit.rank}"


def outcome(answer: Answer) -> str:
    """How the answer ended, in words first."""
    counts = answer.answer_tokens
    tokens = "" if counts is None else counted(counts, "output token")
    match answer.finish_reason:
        case "stop":
            return tokens or "complete, its tokens uncounted"
        case "length":
            return f"cut off at {tokens}" if tokens else "cut off at its limit"
        case "stopped":
            return f"stopped by hand after {tokens}" if tokens else "stopped by hand"
        case "error":
            return "failed"
        case _:
            return "it is not known how it ended"


def measured(answer: Answer) -> str:
    """What it read and how long it took; empty where nothing was measured."""
    parts = []
    if answer.prompt_tokens is not None:
        parts.append(counted(answer.prompt_tokens, "prompt token"))
    if answer.seconds is not None:
        parts.append(f"{answer.seconds:.1f} s")
    return " · ".join(parts)


def searched_for(rewritten: Rewritten) -> str:
    """What was searched for instead of the question, and what writing it took."""
    took = []
    if rewritten.answer_tokens:
        took.append(counted(rewritten.answer_tokens, "token"))
    if rewritten.seconds:
        took.append(f"{rewritten.seconds:.1f} s")
    said = "; ".join(f"“{shortened(query, LONGEST_QUERY)}”" for query in rewritten.queries)
    return f"Searched for {said}" + (f" (written in {', '.join(took)})" if took else "")


def timing(run: Run) -> list[str]:
    """The seconds of each stage that was measured."""
    stages = {
        "search": run.search_seconds,
        "rerank": run.rerank_seconds,
        "first word": run.answer and run.answer.seconds_to_first_token,
        "whole answer": run.answer and run.answer.seconds,
    }
    return [f"{name} {seconds:.2f} s" for name, seconds in stages.items() if seconds is not None]


def budget(run: Run) -> list[str]:
    """What the prompt took of the model's window, what computed the answer, and how long it took,
    a sentence each."""
    said = []
    answer, generation = run.answer, run.recipe.generation
    if answer and answer.prompt_tokens is not None and generation:
        sentence = f"The prompt has {counted(answer.prompt_tokens, 'token')}"
        if run.window is None:
            said.append(sentence + "; how many this model has room for is not known.")
            said.append(
                "Tokens are as its server counts them; the one that ends an answer may be in."
            )
        else:
            said.append(
                f"{sentence} and the answer may have {generation.max_tokens:,}; this model has"
                f" room for {run.window:,} together."
            )
    if run.engine:
        said.append(f"Computed by {run.engine} in {run.precision}.")
    if stages := timing(run):
        said.append(f"It took: {', '.join(stages)}.")
    return said


def flow(candidates: Sequence[Hit], top_k: int) -> str:
    """What reranking did to the passages that are used, in a sentence."""
    used = candidates[:top_k]
    new = [hit for hit in used if hit.rank_before is not None and hit.rank_before > top_k]
    if not new and all(hit.rank_before == hit.rank for hit in used):
        return f"Reranking left the first {len(used)} as they were."
    if not new:
        return f"Reranking kept the same {counted(len(used), 'passage')} in another order."
    rise = max(new, key=lambda hit: (hit.rank_before or 0) - hit.rank)
    return (
        f"Reranking exchanged {len(new)} of the {counted(len(used), 'passage')} used;"
        f" one rose from {rise.rank_before} to {rise.rank}."
    )


def read_of(hit: Hit) -> str:
    """How much the model reads of a hit, and how much of that was matched."""
    read, chunk = len(hit.passage.text), len(hit.chunk.text)
    if read == chunk:
        return "Read as it was matched."
    return f"{read:,} characters are read; the {chunk:,} that are marked were matched."


def unseen(hit: Hit) -> list[str]:
    """Which models could not read the whole chunk, a sentence each."""
    length = len(hit.chunk.text)
    readers = (("embedder", hit.embedder_reads), ("reranker", hit.reranker_reads))
    return [
        f"the {model} read {reads:,} of {length:,} characters"
        for model, reads in readers
        if reads is not None and reads < length
    ]


def unseen_together(hits: tuple[Hit, ...]) -> str:
    """The same over several chunks, in one sentence; empty if all was read."""
    parts = []
    for model, attribute in (("embedder", "embedder_reads"), ("reranker", "reranker_reads")):
        cut = [
            len(hit.chunk.text) - reads
            for hit in hits
            if (reads := getattr(hit, attribute)) is not None and reads < len(hit.chunk.text)
        ]
        if cut:
            parts.append(
                f"the {model} never saw {counted(sum(cut), 'character')} at the end of"
                f" {len(cut)} of {counted(len(hits), 'chunk')}"
            )
    return "; ".join(parts)


def size(megabytes: float) -> str:
    """0.4 MB, 134 MB, 8.06 GB; a megabyte is 1,000,000 bytes."""
    if megabytes >= 1000:
        return f"{megabytes / 1000:.2f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 100 else f"{megabytes:.1f} MB".replace(".0 ", " ")


def offer(found: Offer) -> str:
    """What a download would bring, under which licence."""
    does = {"embedder": "embeds", "reranker": "reranks", "generator": "answers"}[found.family]
    licence = f"licence {found.licence}" if found.licence else "no licence named"
    files = counted(len(found.files), "file")
    return f"{does} · {licence} · {files}, {size(found.bytes / 1e6)} · commit {found.commit[:7]}"


def moment(at: str) -> str:
    """2026-11-21 13:05 UTC, of a time in ISO 8601 and UTC; of none, that it is not known"""
    return f"{at[:10]} {at[11:16]} UTC" if at else "time not known"


def signed(value: float, digits: int = 1) -> str:
    """+4.2 or −4.2, with a minus sign; no −0.0."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def seconds(value: float) -> str:
    """Two digits; what takes less than a thousandth is said so."""
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"
