"""Tidy rows of past runs -> Plotly figures: one look for all, and a title that says what is seen.

Pure: knows no store, no page and no model. A chart whose data the runs do not hold says which data
that is instead of drawing nothing. Every text in a figure is escaped, since Plotly reads HTML.
Plotly is imported inside the functions, since it takes a while and most pages draw nothing.
"""

from core.charts import answering, cards, costs, grid, lengths, palette, quality, searching
from core.charts.chart import Chart
from core.charts.evaluation import PlottedSetting, recall_against_tokens, won_and_lost
from core.charts.palette import SETTINGS, Theme
from core.charts.searching import covered, jaccard
from core.charts.tidy import Group, Point, groups, setting_names

__all__ = [
    "SETTINGS",
    "Chart",
    "Group",
    "PlottedSetting",
    "Point",
    "Theme",
    "answering",
    "cards",
    "costs",
    "covered",
    "grid",
    "groups",
    "jaccard",
    "lengths",
    "palette",
    "quality",
    "recall_against_tokens",
    "searching",
    "setting_names",
    "won_and_lost",
]
