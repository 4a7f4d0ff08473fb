"""A decision on one page of Markdown: which settings tie, the cheapest of them, how sure that is,
and what was not tested. Pure; every number in it comes from the summary."""

from collections.abc import Sequence

from core import labels
from core.metrics.statistics import Difference, Interval
from core.metrics.summary import SettingOutcome, Summary


def memo(title: str, summary: Summary, *, tested: Sequence[str], untested: Sequence[str]) -> str:
    """`tested` and `untested` are sentences: what the numbers rest on, and what they say nothing
    about."""
    outcomes = summary.outcomes
    order = sorted(range(len(outcomes)), key=lambda each: -outcomes[each].recall.mean)
    return "\n".join(
        [
            f"# {_plain(title)}",
            "",
            f"**{_plain(summary.verdict)}**",
            "",
            *_choice(summary),
            "",
            "| setting | recall, 95 % interval | to the base | tokens | seconds | never seen | |",
            "|---|---|---|---|---|---|---|",
            *(_row(outcomes[each], each == summary.base) for each in order),
            "",
            f"Means over {outcomes[0].recall.n} questions: recall is the share of the gold text"
            " that was retrieved, in per cent; to the base: the difference with its interval, p"
            " corrected for the number of settings, questions won/tied/lost; tokens are those of"
            " one question's context, seconds those of its search (median); never seen: what"
            " lies behind the embedder's window in the chunks it found. “Ties” stands where a"
            " setting cannot be told from the best (model confidence set, 95 %).",
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


def _choice(summary: Summary) -> list[str]:
    by_tokens = summary.outcomes[summary.cheapest_by_tokens]
    by_seconds = summary.outcomes[summary.cheapest_by_seconds]
    among = "of those that tie " if summary.winner is None else ""
    return [
        f"- The cheapest {among}by the text it costs: {_plain(by_tokens.label)}"
        f" ({by_tokens.context_tokens:,.0f} tokens a question).",
        f"- The cheapest {among}by time: {_plain(by_seconds.label)}"
        f" ({labels.seconds(by_seconds.seconds)} s a question).",
    ]


def _row(outcome: SettingOutcome, is_base: bool) -> str:
    change = "base" if is_base else _change(outcome.difference)
    unseen = "–" if outcome.never_seen is None else f"{outcome.never_seen:.0%}"
    return (
        f"| {_plain(outcome.label)} | {_percent(outcome.recall)} | {change} |"
        f" {outcome.context_tokens:,.0f} | {labels.seconds(outcome.seconds)} | {unseen} |"
        f" {'ties' if outcome.tied else ''} |"
    )


def _percent(interval: Interval) -> str:
    mean, low, high = (100 * each for each in (interval.mean, interval.low, interval.high))
    return f"{mean:.1f}" + (f" ({low:.1f} to {high:.1f})" if interval.n > 1 else "")


def _change(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    mean, low, high = (
        100 * each
        for each in (difference.interval.mean, difference.interval.low, difference.interval.high)
    )
    p = f"p {difference.p_holm:.3f}" if difference.p_holm >= 0.001 else "p < 0.001"
    return (
        f"{mean:+.1f} ({low:+.1f} to {high:+.1f}), {p},"
        f" {difference.wins}/{difference.ties}/{difference.losses}"
    )


def _plain(text: str) -> str:
    """On one line, and nothing in it is Markdown or HTML."""
    line = " ".join(text.split())
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in line)
