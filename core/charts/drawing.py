"""Plotly, as every chart imports it, inside its function.

Plotly asks of each list whether it is one of pandas as soon as pandas is there at all. A model that
is loaded in another thread imports pandas too, and a figure made in that moment would fail on half
a module. So pandas is here, and whole, before the first figure is made.
"""

import pandas  # noqa: F401 - for what is said above
from plotly.graph_objects import Figure, Scatter
from plotly.subplots import make_subplots

__all__ = ["Figure", "Scatter", "make_subplots"]
