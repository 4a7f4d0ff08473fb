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
        "0003_cards",
        """
        CREATE TABLE cards (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, deck TEXT NOT NULL,
            chapter TEXT NOT NULL, title TEXT NOT NULL, background TEXT NOT NULL,
            question TEXT NOT NULL, answer TEXT NOT NULL, tags TEXT NOT NULL,
            paper_id TEXT, span_start INTEGER, span_end INTEGER,
            deleted INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX cards_by_deck ON cards (deleted, deck, number);
        CREATE VIRTUAL TABLE card_words USING fts5 (
            words, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
        );
        CREATE TABLE card_tags (
            tag TEXT NOT NULL, number INTEGER NOT NULL REFERENCES cards (number),
            PRIMARY KEY (tag, number)
        ) WITHOUT ROWID;
        CREATE INDEX card_tags_by_card ON card_tags (number);
        CREATE TABLE card_changes (
            number INTEGER PRIMARY KEY AUTOINCREMENT, card_id TEXT NOT NULL, at TEXT NOT NULL,
            what TEXT NOT NULL, before TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE learners (
            name TEXT PRIMARY KEY, zone TEXT NOT NULL, retention REAL NOT NULL,
            new_a_day INTEGER NOT NULL
        );
        CREATE TABLE reviews (
            number INTEGER PRIMARY KEY AUTOINCREMENT, learner TEXT NOT NULL,
            card_id TEXT NOT NULL, rating INTEGER NOT NULL, at TEXT NOT NULL,
            retention REAL NOT NULL, takes_back INTEGER UNIQUE REFERENCES reviews (number)
        );
        CREATE INDEX reviews_by_card ON reviews (learner, card_id, number);
        CREATE TABLE memories (
            learner TEXT NOT NULL, card_id TEXT NOT NULL, state TEXT NOT NULL, step INTEGER,
            stability REAL NOT NULL, difficulty REAL NOT NULL, due TEXT NOT NULL,
            last_review TEXT NOT NULL, first_review TEXT NOT NULL, reviews INTEGER NOT NULL,
            lapses INTEGER NOT NULL, PRIMARY KEY (learner, card_id)
        ) WITHOUT ROWID;
        CREATE INDEX memories_by_due ON memories (learner, state, due);
        CREATE TABLE suspensions (
            learner TEXT NOT NULL, card_id TEXT NOT NULL, PRIMARY KEY (learner, card_id)
        ) WITHOUT ROWID;
        CREATE TABLE proposals (
            id TEXT PRIMARY KEY, paper_id TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
            verdict TEXT NOT NULL
        );
        CREATE INDEX proposals_by_paper ON proposals (paper_id, verdict);
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
