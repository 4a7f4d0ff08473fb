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
        # What lists, filters and charts ask of runs, taken out of their bodies by the database
        # itself: a view says how, a trigger does it for each run that is kept.
        "0004_run_facts",
        """
        CREATE VIEW run_values AS
        SELECT
            id, at, origin, question,
            CASE
                WHEN json_extract(body, '$.recipe.evidence') IS NULL THEN 'no_context'
                WHEN json_extract(body, '$.recipe.evidence.kind') = 'given' THEN 'given'
                WHEN json_extract(body, '$.recipe.evidence.reranker') IS NULL THEN 'retrieved'
                ELSE 'reranked'
            END AS arm,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                THEN json_extract(body, '$.recipe.chunking.chunker') END AS chunker,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                THEN nullif(json_extract(body, '$.recipe.chunking.size'), 0) END AS size,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                    AND json_extract(body, '$.recipe.chunking.chunker') <> 'unknown'
                THEN json_extract(body, '$.recipe.chunking.overlap') END AS overlap,
            json_extract(body, '$.recipe.evidence.retriever') AS retriever,
            CASE WHEN json_extract(body, '$.recipe.evidence.retriever') <> 'bm25'
                THEN json_extract(body, '$.recipe.evidence.embedder') END AS embedder,
            json_extract(body, '$.recipe.evidence.candidates') AS candidates,
            json_extract(body, '$.recipe.evidence.top_k') AS top_k,
            json_extract(body, '$.recipe.evidence.reranker') AS reranker,
            json_extract(body, '$.recipe.generation.generator') AS generator,
            nullif(json_extract(body, '$.recipe.generation.max_tokens'), 0) AS max_tokens,
            json_extract(body, '$.answer.finish_reason') AS finish,
            json_extract(body, '$.answer.prompt_tokens') AS prompt_tokens,
            json_extract(body, '$.answer.answer_tokens') AS answer_tokens,
            length(json_extract(body, '$.answer.text')) AS answer_characters,
            json_extract(body, '$.answer.text') GLOB '*[[][0-9]*' AS cited,
            json_extract(body, '$.search_seconds') AS search_seconds,
            json_extract(body, '$.rerank_seconds') AS rerank_seconds,
            json_extract(body, '$.answer.seconds') AS seconds,
            json_array_length(body, '$.hits') AS hits,
            (SELECT sum(length(json_extract(value, '$.chunk.text')))
                FROM json_each(body, '$.hits')) AS context_characters
        FROM runs;
        CREATE TABLE run_facts (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
            origin TEXT NOT NULL, question TEXT NOT NULL, arm TEXT NOT NULL, chunker TEXT,
            size INTEGER, overlap INTEGER, retriever TEXT, embedder TEXT, candidates INTEGER,
            top_k INTEGER, reranker TEXT, generator TEXT, max_tokens INTEGER, finish TEXT,
            prompt_tokens INTEGER, answer_tokens INTEGER, answer_characters INTEGER,
            cited INTEGER, search_seconds REAL, rerank_seconds REAL, seconds REAL,
            hits INTEGER, context_characters INTEGER
        );
        CREATE INDEX run_facts_by_time ON run_facts (at);
        CREATE INDEX run_facts_by_origin ON run_facts (origin, at);
        CREATE TABLE run_papers (paper_id TEXT, number INTEGER, PRIMARY KEY (paper_id, number))
            WITHOUT ROWID;
        CREATE VIRTUAL TABLE run_texts USING fts5 (question, answer, content='');
        INSERT INTO run_facts SELECT NULL, * FROM run_values ORDER BY at;
        INSERT INTO run_texts (rowid, question, answer)
            SELECT number, searchable(runs.question),
                searchable(json_extract(body, '$.answer.text'))
            FROM run_facts JOIN runs USING (id);
        INSERT INTO run_papers
            SELECT DISTINCT json_extract(value, '$.chunk.paper_id'), number
            FROM run_facts JOIN runs USING (id), json_each(body, '$.hits');
        CREATE TRIGGER run_kept AFTER INSERT ON runs BEGIN
            INSERT INTO run_facts SELECT NULL, * FROM run_values WHERE id = new.id;
            INSERT INTO run_texts (rowid, question, answer)
                SELECT number, searchable(new.question),
                    searchable(json_extract(new.body, '$.answer.text'))
                FROM run_facts WHERE id = new.id;
            INSERT INTO run_papers
                SELECT DISTINCT json_extract(value, '$.chunk.paper_id'), number
                FROM run_facts, json_each(new.body, '$.hits') WHERE run_facts.id = new.id;
        END;
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
    (
        # A student is a token, and after the class only that: names are forgotten at its end.
        "0006_classes",
        """
        CREATE TABLE classes (
            id TEXT PRIMARY KEY, code TEXT NOT NULL, opened_at TEXT NOT NULL,
            ended_at TEXT NOT NULL DEFAULT '', paused INTEGER NOT NULL DEFAULT 0,
            salt TEXT NOT NULL, pin_hash TEXT NOT NULL,
            wrong_pins INTEGER NOT NULL DEFAULT 0, pin_at REAL NOT NULL DEFAULT 0,
            wrong_codes INTEGER NOT NULL DEFAULT 0, code_at REAL NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX one_open_class ON classes (ended_at) WHERE ended_at = '';
        CREATE TABLE students (
            token TEXT PRIMARY KEY, class_id TEXT NOT NULL REFERENCES classes (id),
            name TEXT NOT NULL, at TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX students_by_class ON students (class_id);
        CREATE TABLE rounds (
            id INTEGER PRIMARY KEY AUTOINCREMENT, class_id TEXT NOT NULL REFERENCES classes (id),
            number INTEGER NOT NULL, comparison_id TEXT NOT NULL, question TEXT NOT NULL,
            run_ids TEXT NOT NULL, readers TEXT NOT NULL, asked TEXT NOT NULL,
            state TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (class_id, number)
        );
        CREATE TABLE votes (
            round_id INTEGER NOT NULL REFERENCES rounds (id), asked TEXT NOT NULL,
            student TEXT NOT NULL, run_id TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (round_id, asked, student)
        ) WITHOUT ROWID;
        CREATE TABLE class_questions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, class_id TEXT NOT NULL REFERENCES classes (id),
            student TEXT NOT NULL, question TEXT NOT NULL, at TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting', comparison_id TEXT NOT NULL DEFAULT '',
            sentence TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX class_questions_by_class ON class_questions (class_id, state);
        """,
    ),
    (
        # A paper has a number in the order of adding that no other ever gets, and its body comes
        # last: what stands behind it in a row is read only through all of it. What is removed
        # waits for a change of mind in a table of its own, so that nothing else sees it.
        "0007_paper_facts",
        """
        CREATE TABLE numbered_papers (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, pages INTEGER NOT NULL,
            characters INTEGER NOT NULL, blank_pages TEXT NOT NULL, added_at TEXT NOT NULL,
            authors TEXT NOT NULL, year INTEGER, tags TEXT NOT NULL, language TEXT,
            body TEXT NOT NULL
        );
        INSERT INTO numbered_papers
            SELECT place, id, title, source, kind, pages, characters, blank_pages, added_at,
                '[]', NULL, '[]', language_of(json_extract(body, '$.text')), body
            FROM papers JOIN (
                SELECT id, row_number() OVER (ORDER BY added_at, id) AS place FROM papers
            ) USING (id)
            ORDER BY place;
        DROP TABLE papers;
        ALTER TABLE numbered_papers RENAME TO papers;
        CREATE INDEX papers_by_title ON papers (title COLLATE NOCASE, number);
        CREATE TABLE removed_papers (
            removal TEXT NOT NULL, number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, pages INTEGER NOT NULL,
            characters INTEGER NOT NULL, blank_pages TEXT NOT NULL, added_at TEXT NOT NULL,
            authors TEXT NOT NULL, year INTEGER, tags TEXT NOT NULL, language TEXT,
            body TEXT NOT NULL
        );
        CREATE VIRTUAL TABLE paper_words USING fts5 (title, source, authors, text, content='');
        INSERT INTO paper_words (rowid, title, source, authors, text)
            SELECT number, searchable(title), searchable(source), searchable(authors),
                searchable(json_extract(body, '$.text'))
            FROM papers;
        CREATE TRIGGER paper_kept AFTER INSERT ON papers BEGIN
            INSERT INTO paper_words (rowid, title, source, authors, text)
                VALUES (new.number, searchable(new.title), searchable(new.source),
                    searchable(new.authors), searchable(json_extract(new.body, '$.text')));
        END;
        CREATE TRIGGER paper_gone AFTER DELETE ON papers BEGIN
            INSERT INTO paper_words (paper_words, rowid, title, source, authors, text)
                VALUES ('delete', old.number, searchable(old.title), searchable(old.source),
                    searchable(old.authors), searchable(json_extract(old.body, '$.text')));
        END;
        CREATE TRIGGER paper_authors AFTER UPDATE OF authors ON papers
            WHEN old.authors <> new.authors
        BEGIN
            INSERT INTO paper_words (paper_words, rowid, title, source, authors, text)
                VALUES ('delete', old.number, searchable(old.title), searchable(old.source),
                    searchable(old.authors), searchable(json_extract(old.body, '$.text')));
            INSERT INTO paper_words (rowid, title, source, authors, text)
                VALUES (new.number, searchable(new.title), searchable(new.source),
                    searchable(new.authors), searchable(json_extract(new.body, '$.text')));
        END;
        """,
    ),
    (
        # Derived from papers; see core/retrieval/cuts.py.
        "0008_cuts",
        """
        CREATE TABLE cuts (
            way TEXT NOT NULL, paper_id TEXT NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
            revision TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (way, paper_id)
        ) WITHOUT ROWID;
        CREATE INDEX cuts_by_paper ON cuts (paper_id);
        """,
    ),
    (
        # A set of papers is kept once, and named by what lists all of it: before, it stood in the
        # body of each run and each sweep. An empty place in the body is left as it is.
        "0009_paper_sets",
        """
        CREATE TABLE paper_sets (digest TEXT PRIMARY KEY, ids TEXT NOT NULL) WITHOUT ROWID;
        ALTER TABLE runs ADD COLUMN paper_set TEXT REFERENCES paper_sets (digest);
        ALTER TABLE sweeps ADD COLUMN paper_set TEXT REFERENCES paper_sets (digest);
        INSERT OR IGNORE INTO paper_sets
            SELECT set_digest(ids), ids FROM (
                SELECT json_extract(body, '$.paper_ids') AS ids FROM runs
                UNION SELECT json_extract(body, '$.paper_ids') FROM sweeps
            ) WHERE json_array_length(ids) > 0;
        UPDATE runs SET
            paper_set = set_digest(json_extract(body, '$.paper_ids')),
            body = json_set(body, '$.paper_ids', json('[]'))
            WHERE json_array_length(body, '$.paper_ids') > 0;
        UPDATE sweeps SET
            paper_set = set_digest(json_extract(body, '$.paper_ids')),
            body = json_set(body, '$.paper_ids', json('[]'))
            WHERE json_array_length(body, '$.paper_ids') > 0;
        CREATE INDEX runs_by_papers ON runs (paper_set);
        CREATE INDEX sweeps_by_papers ON sweeps (paper_set);
        """,
    ),
    (
        # Which index found it, as a setting like the others: before, there was one alone.
        "0010_run_index",
        """
        ALTER TABLE run_facts ADD COLUMN "index" TEXT;
        UPDATE run_facts SET "index" = 'exact' WHERE retriever IN ('dense', 'hybrid');
        DROP TRIGGER run_kept;
        CREATE TRIGGER run_kept AFTER INSERT ON runs BEGIN
            INSERT INTO run_facts
                SELECT NULL, run_values.*, CASE WHEN retriever IN ('dense', 'hybrid')
                    THEN coalesce(json_extract(new.body, '$.recipe.evidence.index'), 'exact') END
                FROM run_values WHERE id = new.id;
            INSERT INTO run_texts (rowid, question, answer)
                SELECT number, searchable(new.question),
                    searchable(json_extract(new.body, '$.answer.text'))
                FROM run_facts WHERE id = new.id;
            INSERT INTO run_papers
                SELECT DISTINCT json_extract(value, '$.chunk.paper_id'), number
                FROM run_facts, json_each(new.body, '$.hits') WHERE run_facts.id = new.id;
        END;
        """,
    ),
    (
        # Papers whose file was read again: what of them questions and cards still point to.
        "0011_earlier_readings",
        """
        CREATE TABLE earlier_readings (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
            passages TEXT NOT NULL
        );
        """,
    ),
    (
        # What is searched for is folded now (core/text/folding.py), and so is what is searched.
        "0012_folded_words",
        """
        INSERT INTO paper_words (paper_words) VALUES ('delete-all');
        INSERT INTO paper_words (rowid, title, source, authors, text)
            SELECT number, searchable(title), searchable(source), searchable(authors),
                searchable(json_extract(body, '$.text'))
            FROM papers;
        INSERT INTO run_texts (run_texts) VALUES ('delete-all');
        INSERT INTO run_texts (rowid, question, answer)
            SELECT number, searchable(runs.question),
                searchable(json_extract(body, '$.answer.text'))
            FROM run_facts JOIN runs USING (id);
        DELETE FROM card_words;
        INSERT INTO card_words (rowid, words)
            SELECT number, searchable(title || char(10) || background || char(10) || question
                || char(10) || answer || char(10) || tags)
            FROM cards;
        """,
    ),
    (
        # What people say of answers.
        "0013_grades",
        """
        CREATE TABLE grades (
            number INTEGER PRIMARY KEY AUTOINCREMENT, grader TEXT NOT NULL, graded TEXT NOT NULL,
            question TEXT NOT NULL, answers TEXT NOT NULL, run_ids TEXT NOT NULL,
            said TEXT NOT NULL, at TEXT NOT NULL, takes_back INTEGER
        );
        CREATE INDEX grades_by_thing ON grades (grader, graded);
        CREATE INDEX grades_taken_back ON grades (takes_back) WHERE takes_back IS NOT NULL;
        """,
    ),
    (
        # Whole papers are an arm, and what is read of a hit may be more than its chunk. What runs
        # hold so far stays as it is in the facts.
        "0014_whole_and_read",
        """
        DROP VIEW run_values;
        CREATE VIEW run_values AS
        SELECT
            id, at, origin, question,
            CASE
                WHEN json_extract(body, '$.recipe.evidence') IS NULL THEN 'no_context'
                WHEN json_extract(body, '$.recipe.evidence.kind') IN ('given', 'whole')
                    THEN json_extract(body, '$.recipe.evidence.kind')
                WHEN json_extract(body, '$.recipe.evidence.reranker') IS NULL THEN 'retrieved'
                ELSE 'reranked'
            END AS arm,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                THEN json_extract(body, '$.recipe.chunking.chunker') END AS chunker,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                THEN nullif(json_extract(body, '$.recipe.chunking.size'), 0) END AS size,
            CASE WHEN json_extract(body, '$.recipe.evidence.kind') = 'retrieval'
                    AND json_extract(body, '$.recipe.chunking.chunker') <> 'unknown'
                THEN json_extract(body, '$.recipe.chunking.overlap') END AS overlap,
            json_extract(body, '$.recipe.evidence.retriever') AS retriever,
            CASE WHEN json_extract(body, '$.recipe.evidence.retriever') <> 'bm25'
                THEN json_extract(body, '$.recipe.evidence.embedder') END AS embedder,
            json_extract(body, '$.recipe.evidence.candidates') AS candidates,
            json_extract(body, '$.recipe.evidence.top_k') AS top_k,
            json_extract(body, '$.recipe.evidence.reranker') AS reranker,
            json_extract(body, '$.recipe.generation.generator') AS generator,
            nullif(json_extract(body, '$.recipe.generation.max_tokens'), 0) AS max_tokens,
            json_extract(body, '$.answer.finish_reason') AS finish,
            json_extract(body, '$.answer.prompt_tokens') AS prompt_tokens,
            json_extract(body, '$.answer.answer_tokens') AS answer_tokens,
            length(json_extract(body, '$.answer.text')) AS answer_characters,
            json_extract(body, '$.answer.text') GLOB '*[[][0-9]*' AS cited,
            json_extract(body, '$.search_seconds') AS search_seconds,
            json_extract(body, '$.rerank_seconds') AS rerank_seconds,
            json_extract(body, '$.answer.seconds') AS seconds,
            json_array_length(body, '$.hits') AS hits,
            (SELECT sum(length(text)) FROM (
                SELECT json_extract(value, '$.chunk.text') AS text
                    FROM json_each(body, '$.hits') WHERE json_extract(value, '$.read') IS NULL
                UNION ALL SELECT DISTINCT json_extract(value, '$.read.text')
                    FROM json_each(body, '$.hits') WHERE json_extract(value, '$.read') IS NOT NULL
            )) AS context_characters
        FROM runs;
        """,
    ),
    (
        # What models wrote to be searched for instead of a question.
        "0015_rewritings",
        "CREATE TABLE rewritings (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;",
    ),
]
