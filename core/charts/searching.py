"""Charts of what was found: rank movement, scores, and settings that find the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import fmean

from core.charts.chart import Chart
from core.charts.level_names import CELL, Below, cell
from core.charts.palette import ARM_COLOURS, HAIRLINE, INK, UNUSED, Theme
from core.charts.quality import NARROWEST, counted, none_of, squares
from core.charts.style import dressed, safe, short, ticks
from core.charts.tidy import Point
from core.types import Hit

Covered = dict[str, list[tuple[int, int]]]  # by paper: starts and ends
MOST_SETTINGS = 24  # rows and columns that can still be read
NO_HITS = (
    "{} {}. An imported experiment log holds answers alone; a retrieval log, or a run of this lab,"
    " holds them."
)


def movement(points: Sequence[Point], theme: Theme) -> Chart:
    """How often a chunk went from which rank to which, over all reranked runs."""
    name = "rank movement"
    held = [
        point
        for point in points
        if any(hit.rerank_score is not None and hit.rank_before for hit in point.candidates)
    ]
    if not held:
        missing = NO_HITS.format(none_of(points), "ranks before and after a reranking")
        return Chart(name=name, title="Rank movement", missing=missing)
    moves = Counter(
        (hit.rank_before, hit.rank) for point in held for hit in point.candidates if hit.rank_before
    )
    used = [
        (hit.rank_before, hit.rank, point.top_k)
        for point in held
        for hit in point.candidates
        if point.top_k and hit.rank_before and hit.rank <= point.top_k
    ]
    brought = sum(before > top_k for before, _, top_k in used)
    ks = sorted({point.top_k for point in held if point.top_k})
    where = f"top {ks[0]}" if len(ks) == 1 else "chunks that are used"
    title = "Reranking moves chunks; none is used"
    if used:
        title = f"Reranking changes {100 * brought / len(used):.0f} % of the {where}"
    from core.charts.drawing import Figure

    figure = Figure()
    deepest = max(max(pair) for pair in moves)
    most = max(moves.values())
    figure.add_scatter(
        x=[0.5, deepest + 0.5],
        y=[0.5, deepest + 0.5],
        mode="lines",
        line={"color": HAIRLINE[theme], "width": 2},
        name="stays where it was",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[before for before, _ in moves],
        y=[after for _, after in moves],
        mode="markers",
        name="chunks (area: how many)",
        customdata=list(moves.values()),
        hovertemplate="%{x} → %{y}: %{customdata} chunks<extra></extra>",
        marker={
            "color": ARM_COLOURS["reranked"][theme],
            "size": [5 + 17 * (count / most) ** 0.5 for count in moves.values()],
            "opacity": 0.8,
        },
    )
    if len(ks) == 1:
        figure.add_scatter(
            x=[0.3, deepest + 0.7],
            y=[ks[0] + 0.5] * 2,
            mode="lines",
            line={"color": INK[theme], "width": 1.5, "dash": "dash"},
            name=f"above it: used (top {ks[0]})",
            hoverinfo="skip",
        )
    dressed(figure, title, counted(held), theme, height=480, width=NARROWEST, named=True)
    figure.update_xaxes(title_text="rank by similarity", range=[0.3, deepest + 0.7])
    figure.update_yaxes(title_text="rank after reranking", range=[deepest + 0.7, 0.3])
    rows = [
        {"rank before": before, "rank after": after, "chunks": count}
        for (before, after), count in sorted(moves.items())
    ]
    return Chart(name=name, title=title, counted=counted(held), figure=figure, rows=rows, wide=True)


def similarities(points: Sequence[Point], theme: Theme) -> Chart:
    """How similarities are distributed, of chunks that were used and of those that were not."""
    return _scores(points, theme, "similarity", "cosine similarity", "retrieved")


def rerank_scores(points: Sequence[Point], theme: Theme) -> Chart:
    """How rerank scores are distributed, of chunks that were used and of those that were not."""
    return _scores(points, theme, "rerank_score", "rerank score", "reranked")


def _scores(points: Sequence[Point], theme: Theme, attribute: str, unit: str, arm: str) -> Chart:
    name = f"distribution of {unit}"
    scores: dict[str, list[float]] = {"used": [], "not used": []}
    held = []
    for point in points:
        of_arm = attribute == "similarity" or point.arm == arm
        found = [hit for hit in point.candidates if getattr(hit, attribute) is not None]
        if found and of_arm:
            held.append(point)
        for hit in found if of_arm else ():
            scores["used" if hit in point.hits else "not used"].append(getattr(hit, attribute))
    if not held:
        missing = NO_HITS.format(none_of(points), f"a {unit}")
        return Chart(name=name, title=name.capitalize(), missing=missing)
    title = f"All candidates were used: their mean {unit} is {fmean(scores['used'] or [0]):.2f}"
    if scores["used"] and scores["not used"]:
        means = {which: fmean(values) for which, values in scores.items()}
        title = f"Chunks that were used have a mean {unit} of {means['used']:.2f},"
        title += f" those that were not {means['not used']:.2f}"
    from core.charts.drawing import Figure

    figure = Figure()
    values = [value for each in scores.values() for value in each]
    low, high = min(values), max(values)
    width = (high - low) / 40 or 0.01
    looks = {
        "not used": {"color": UNUSED[theme]},
        "used": {"color": ARM_COLOURS["reranked" if arm == "reranked" else "retrieved"][theme]},
    }
    for which, look in looks.items():
        figure.add_histogram(
            x=scores[which],
            name=f"{which} ({len(scores[which]):,})",
            marker=look,
            xbins={"start": low, "end": high + width, "size": width},
            hovertemplate=f"%{{y}} chunks {which} at %{{x}}<extra></extra>",
        )
    dressed(figure, title, f"{counted(held)}, {len(values):,} chunks", theme, barmode="overlay")
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(title_text="chunks")
    rows = [
        {"from": low + step * width, "to": low + (step + 1) * width}
        | {
            which: sum(
                low + step * width <= value < low + (step + 1) * width for value in scores[which]
            )
            for which in looks
        }
        for step in range(41)
    ]
    return Chart(name=name, title=title, counted=counted(held), figure=figure, rows=rows)


def overlap(points: Sequence[Point], theme: Theme) -> Chart:
    """How much of the used text two settings share, as a mean over the questions of both."""
    name = "overlap of the retrieved sets"
    places: dict[str, dict[str, Covered]] = defaultdict(dict)
    held = [point for point in points if point.hits and not any(hit.preview for hit in point.hits)]
    for point in held:
        places[point.setting][point.question] = covered(point.hits)
    settings = list(places)[:MOST_SETTINGS]
    pairs = {
        (one, other): fmean(
            jaccard(places[one][question], places[other][question])
            for question in places[one].keys() & places[other].keys()
        )
        for one, other in combinations(settings, 2)
        if places[one].keys() & places[other].keys()
    }
    if not pairs:
        missing = NO_HITS.format(
            none_of(points), "the chunks of two settings for the same question"
        )
        return Chart(name=name, title="Overlap of the retrieved sets", missing=missing)
    same = sorted(pair for pair, share in pairs.items() if share >= 1)
    closest = max(pairs, key=lambda pair: pairs[pair])
    title = f"No two settings are the same: at most {100 * pairs[closest]:.0f} % of the text"
    title += f" is shared, by {short(closest[0])} and {short(closest[1])}"
    if same:
        title = f"{len(same)} of {len(pairs)} pairs of settings are the same in disguise: "
        title += f"{short(same[0][0])} and {short(same[0][1])} use the same text everywhere"
    n = counted(held)
    if len(places) > len(settings):
        n += f"; the first {len(settings)} of {len(places)} settings are drawn"
    below = Below(settings)
    if below.words:
        n += f"; {below.words}"
    from core.charts.drawing import Figure

    both = {**pairs, **{(other, one): share for (one, other), share in pairs.items()}}
    figure = Figure()
    figure.add_scatter(
        x=[settings.index(one) for one, _ in both],
        y=[settings.index(other) for _, other in both],
        text=[f"{100 * share:.0f}" for share in both.values()],
        customdata=[[safe(one), safe(other)] for one, other in both],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{text} % shared<extra></extra>",
        **squares(list(both.values()), theme, size=cell(len(settings))),
    )
    dressed(
        figure,
        title,
        f"{n}; % of the characters",
        theme,
        height=below.height + CELL * len(settings),
    )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(**ticks(settings, 44))
    figure.update_yaxes(range=[len(settings) - 0.4, -0.6])
    figure.update_xaxes(**below.ticks)
    rows = [
        {"setting": one, "other setting": other, "shared": share}
        for (one, other), share in sorted(pairs.items(), key=lambda pair: -pair[1])
    ]
    return Chart(
        name=name, title=title, counted=n, figure=figure, rows=rows, wide=True, least=below.least
    )


def jaccard(one: Covered, other: Covered) -> float:
    """Characters in both / characters in either (0..1), over the papers of both."""
    both = sum(_common(one[paper], other[paper]) for paper in one.keys() & other.keys())
    either = _length(one) + _length(other) - both
    return both / either if either else 1.0


def covered(hits: Iterable[Hit]) -> Covered:
    """The stretches of each paper that the hits cover, ascending, none touching another."""
    found: Covered = {}
    for passage in sorted((hit.passage for hit in hits), key=lambda passage: passage.start):
        stretches = found.setdefault(passage.paper_id, [])
        if stretches and passage.start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], passage.end))
        else:
            stretches.append((passage.start, passage.end))
    return found


def _common(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> int:
    return sum(
        max(0, min(end, last) - max(start, first)) for start, end in one for first, last in other
    )


def _length(found: Covered) -> int:
    return sum(end - start for stretches in found.values() for start, end in stretches)
