"""Past runs and comparisons: found, judged, imported, exported and told."""
