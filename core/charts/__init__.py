"""Tidy numbers -> Plotly figures, pure: no page builds one by hand. One file = one chart.

Plotly is imported inside the functions, since it takes a while and most pages draw nothing.
"""

# Settings compared with each other. The arms keep slate, blue and orange, evidence yellow and
# failure red for themselves. Readable on the light ground and on the dark one alike;
# pages/ui/style.css has the same.
SETTINGS = ("#0e8f80", "#8f6fe0", "#c2508f", "#7d8f1c")
