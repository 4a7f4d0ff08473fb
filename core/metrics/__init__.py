"""Pure numbers about hits and answers, and the statistics over them. Knows no model, no store and
no page."""
