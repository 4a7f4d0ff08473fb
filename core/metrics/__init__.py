"""Pure numbers about what was found, and the statistics over them. Knows no model and no store.

retrieval.py    one question: gold spans against what was retrieved
statistics.py   many questions: intervals, differences, which settings cannot be told apart
"""
