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
        "0002_sweeps",
        """
        CREATE TABLE sweeps (
            id TEXT PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL,
            origin TEXT NOT NULL, status TEXT NOT NULL, sentence TEXT NOT NULL,
            questions INTEGER NOT NULL, settings INTEGER NOT NULL, body TEXT NOT NULL
        );
        CREATE INDEX sweeps_by_time ON sweeps (at);
        CREATE INDEX sweeps_by_key ON sweeps (key);
        CREATE TABLE cells (
            sweep_id TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
            question INTEGER NOT NULL, setting INTEGER NOT NULL, status TEXT NOT NULL,
            run_id TEXT, sentence TEXT NOT NULL, finish_reason TEXT, answer_tokens INTEGER,
            seconds REAL, similarity REAL,
            PRIMARY KEY (sweep_id, question, setting)
        ) WITHOUT ROWID;
        CREATE INDEX cells_by_status ON cells (sweep_id, status);
        CREATE INDEX cells_by_run ON cells (run_id);
        CREATE TABLE speeds (
            stage TEXT NOT NULL, model TEXT NOT NULL, amount REAL NOT NULL, seconds REAL NOT NULL,
            PRIMARY KEY (stage, model)
        );
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
