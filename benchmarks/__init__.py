"""Speed as ratios against the plain library call or the naive way, each pair in one run."""
