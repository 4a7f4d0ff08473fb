"""The database's history: named steps, applied once each, in this order, never edited."""

STEPS: list[tuple[str, str]] = [
    (
        "0001_papers_and_runs",
        """
        CREATE TABLE papers (
            id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL,
            pages INTEGER NOT NULL, characters INTEGER NOT NULL, blank_pages TEXT NOT NULL,
            added_at TEXT NOT NULL, body TEXT NOT NULL
        );
        CREATE TABLE refusals (name TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL);
        CREATE TABLE runs (
            id TEXT PRIMARY KEY, key TEXT NOT NULL, question TEXT NOT NULL, at TEXT NOT NULL,
            finished INTEGER NOT NULL, origin TEXT NOT NULL, body TEXT NOT NULL
        );
        CREATE INDEX runs_by_key ON runs (key);
        CREATE INDEX runs_by_time ON runs (at);
        CREATE TABLE comparisons (
            id TEXT PRIMARY KEY, question TEXT NOT NULL, at TEXT NOT NULL, run_ids TEXT NOT NULL
        );
        CREATE INDEX comparisons_by_time ON comparisons (at);
        CREATE TABLE rerank_scores (key TEXT PRIMARY KEY, score REAL NOT NULL);
        """,
    ),
    (
        "0005_questions",
        """
        CREATE TABLE questions (
            id TEXT PRIMARY KEY, held_out INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
        );
        """,
    ),
]
