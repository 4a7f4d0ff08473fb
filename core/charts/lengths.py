"""How long the chunks of several settings are: a histogram of their tokens, as steps."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from core.charts.palette import NEUTRAL

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BINS = 24  # about
WIDTHS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)


def bins(lengths: Sequence[Sequence[int]]) -> list[int]:
    """Edges of equal bins of a round width that hold all lengths; the first edge is 0."""
    longest = max((length for some in lengths for length in some), default=0)
    width = next((each for each in WIDTHS if longest < each * BINS), ceil((longest + 1) / BINS))
    return list(range(0, longest + 1 + width, width))


def figure(
    names: Sequence[str], colours: Sequence[str], lengths: Sequence[Sequence[int]], room: int
) -> "Figure":
    """One line a setting: how many of its chunks (up) have so many tokens (across).

    `lengths[i]` are the chunks' tokens with the setting `names[i]`, drawn in `colours[i]`; `room`
    is how many of them the embedder reads, drawn as an upright line.
    """
    from core.charts.drawing import Figure, Scatter

    edges = bins(lengths)
    drawn = Figure()
    for name, colour, some in zip(names, colours, lengths, strict=True):
        counts = [sum(low <= each < high for each in some) for low, high in pairwise(edges)]
        drawn.add_trace(
            Scatter(
                x=edges,
                y=[*counts, 0],
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "shape": "hv"},
                hovertemplate=f"%{{y}} chunks of %{{x}} to %{{x}} + {edges[1] - 1} tokens",
            )
        )
    drawn.add_vline(
        x=room,
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"},
        annotation={"text": f"the embedder reads {room:,} tokens", "yanchor": "bottom"},
        annotation_position="top",
    )
    drawn.update_layout(
        xaxis={"title": "tokens in a chunk", "rangemode": "tozero"},
        yaxis={"title": "chunks", "rangemode": "tozero"},
        legend={"orientation": "h", "y": -0.36, "yanchor": "top", "x": 0},
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        height=320,
        hovermode="x unified",
    )
    return drawn
