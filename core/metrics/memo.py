"""A decision on one page of Markdown: the leader, what is recommended, how sure that is, and what
was not tested. Pure; every number in it comes from the summary."""

from collections.abc import Sequence

from core import labels
from core.metrics.statistics import Difference, Interval
from core.metrics.summary import SettingOutcome, Summary
from core.settings import Endpoint

COLUMNS = (
    "setting",
    "recall, 95 % CI",
    "difference from baseline, 95 % CI, wins/ties/losses",
    "p (Holm)",
    "at worst",
    "hit rate",
    "MRR",
    "nDCG",
    "precision",
    "tokens",
    "dollars",
    "seconds",
    "truncated by the embedder",
    "standing",
)
DECIDING = ("p (Holm)", "at worst", "standing")  # left out where questions are too few to decide


def memo(
    title: str,
    summary: Summary,
    *,
    tested: Sequence[str],
    untested: Sequence[str],
    reader: Endpoint | None = None,
) -> str:
    """`tested` and `untested` are sentences: what the numbers rest on, and what they say nothing
    about. `reader` is the endpoint at whose price the context would be read, if one has a price."""
    outcomes = summary.outcomes
    columns = [
        each
        for each in COLUMNS
        if (each != "dollars" or reader) and not (summary.too_few and each in DECIDING)
    ]
    worst = (
        " At worst is how far it lies from the leader's, in points (the leader's from any other), a"
        " bound that holds for all settings at once in 95 of 100 studies: a setting is no worse if"
        f" that is less than {100 * summary.margin:g} points behind."
    )
    order = sorted(range(len(outcomes)), key=lambda each: -outcomes[each].recall.mean)
    return "\n".join(
        [
            f"# {_plain(title)}",
            "",
            f"**{_plain(summary.verdict)}**",
            "",
            f"| {' | '.join(columns)} |",
            "|" + "---|" * len(columns),
            *(_row(outcomes[each], summary, each == summary.base, reader) for each in order),
            "",
            f"Means over {labels.counted(summary.questions, 'question')}. Recall is the share of"
            f" the gold text that was retrieved, in per cent.{'' if summary.too_few else worst}"
            " Tokens are those of one question's context, seconds those of its search"
            " (median); truncated is what lies behind the embedder's window in the chunks it found,"
            " – where that cannot be known."
            " Hit rate, MRR and nDCG count chunks with gold, over the questions that have any.",
            *([_plain(at_the_price(reader))] if reader else []),
            "",
            "## What it rests on",
            "",
            *(f"- {_plain(sentence)}" for sentence in tested),
            "",
            "## What was not tested",
            "",
            *(f"- {_plain(sentence)}" for sentence in untested),
            "",
        ]
    )


def at_the_price(reader: Endpoint) -> str:
    """What the dollars are."""
    return (
        f"Dollars are what {reader.name} would take to read the context of a thousand questions, at"
        f" {reader.dollars_in:g} dollars a million tokens, its price in Settings now; it may count"
        " more or fewer tokens than were counted here."
    )


def _row(outcome: SettingOutcome, summary: Summary, is_base: bool, reader: Endpoint | None) -> str:
    dollars = reader.dollars(1_000 * outcome.context_tokens, 0) if reader else None
    few, change = summary.too_few, outcome.difference
    ranks = outcome.ranks
    cells = [
        _plain(outcome.label),
        _percent(outcome.recall),
        "baseline" if is_base else _change(outcome.difference),
        *(() if few else (_p_value(change.p_holm) if change else "–",)),
        *(() if few else (labels.signed(100 * outcome.at_worst),)),
        *(
            f"{each.mean:.2f}" if each else "–"
            for each in ((ranks.hit, ranks.mrr, ranks.ndcg) if ranks else (None, None, None))
        ),
        f"{100 * outcome.precision.mean:.1f}",
        f"{outcome.context_tokens:,.0f}",
        *(() if dollars is None else (f"{dollars:,.2f}",)),
        labels.seconds(outcome.seconds),
        "–" if outcome.never_seen is None else f"{outcome.never_seen:.0%}",
        *(() if few else (outcome.standing,)),
    ]
    return f"| {' | '.join(cells)} |"


def _p_value(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _percent(interval: Interval) -> str:
    mean, low, high = (100 * each for each in (interval.mean, interval.low, interval.high))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


def _change(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    mean, low, high = (
        100 * each
        for each in (difference.interval.mean, difference.interval.low, difference.interval.high)
    )
    return (
        f"{labels.signed(mean)} ({labels.signed(low)} to {labels.signed(high)}),"
        f" {difference.wins}/{difference.ties}/{difference.losses}"
    )


def _plain(text: str) -> str:
    """On one line, and nothing in it is Markdown or HTML."""
    line = " ".join(text.split())
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in line)
