"""Pure numbers about hits and answers. Knows no model, no store and no page."""
