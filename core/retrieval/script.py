"""A setting as a Python script that needs nothing of this program: it cuts, embeds, searches and
reranks with the libraries that everybody has. Pure, but for where a model's weights lie.

The script is put together from the parts below; what must be equal in both is filled in from here.
"""

from pathlib import Path
from textwrap import indent

from core import choices, chunkers, labels
from core.chunkers import headings, recursive_tokens, words
from core.errors import BadInput
from core.models import Models, packages
from core.retrieval import ranking
from core.text import words_as_code
from core.types import EXACT, Model, Recipe, Retrieval

SCRIPTED = {"retriever", "embedder", "index", "reranker", "candidates", "top_k"}
HEAD = '''\
"""Finds passages as this setting of Triptych does: {label}

    python {{this file}} QUESTION TEXT...

QUESTION "-" reads questions from stdin, a line each. TEXT is what `python -m core text PAPER`
prints: a form feed stands between pages. Chunks that score alike stand in the order of the texts.
It needs {needs}.
"""

{imports}

{constants}

'''

WHOLE_PAGES = """\
def cut(text):
    yield 0, len(text)
"""
UNITS = '''\
def cut(text):
    """So many units a chunk, of which the last few begin the next one."""
    edges = [0, *starts(text)[1:], len(text)]
    covered = 0
    for first in range(0, max(1, len(edges) - 1 - OVERLAP), SIZE - OVERLAP):
        until = edges[min(first + SIZE, len(edges) - 1)]
        if until > covered:
            yield edges[first], until
            covered = until
'''
TOKEN_STARTS = """\
def starts(text):
    return [start for start, _ in TOKENIZER.encode(text, add_special_tokens=False).offsets]
"""
WORD_STARTS = """\
def starts(text):
    return [word.start() for word in re.finditer({word!a}, text)]
"""
RECURSIVE = '''\
def {name}(text):
    """Where each chunk of LangChain's splitter stands."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=SIZE, chunk_overlap=OVERLAP)
    end = 0
    for chunk in splitter.split_text(text):
        start = text.index(chunk, max(0, end - OVERLAP))
        end = start + len(chunk)
        yield start, end
'''
RECURSIVE_TOKENS = '''\
def cut(text):
    """Where each chunk of LangChain's splitter stands, its pieces counted in tokens."""
    splitter = RecursiveCharacterTextSplitter(
        {separators!r},
        chunk_size=SIZE,
        chunk_overlap=OVERLAP,
        length_function=lambda piece: len(TOKENIZER.encode(piece, add_special_tokens=False)),
        strip_whitespace=False,
    )
    end = 0
    for chunk in splitter.split_text(text):
        start = text.rindex(chunk, 0, end + len(chunk))
        end = start + len(chunk)
        yield start, end
'''
HEADINGS = '''\
HEADING, FENCE = re.compile({heading!a}), re.compile({fence!a})


def heading_lines(text):
    """Start and end of the lines that are headings, outside code fences."""
    fence, at = "", 0
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if not fence and HEADING.match(line):
            yield at, at + len(line)
        if fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
        elif not fence and mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence = mark[1]
        at += len(line)


def tied(text):
    """The text, equally long, with each heading tied to what follows it."""
    for start, end in heading_lines(text):
        over = start + len(text[start:end].rstrip())
        behind = next((i for i in range(over, len(text)) if not text[i].isspace()), len(text))
        text = text[:over] + "#" * (behind - over) + text[behind:]
    return text


def cut(text):
    """A chunk a section; one that is too long is cut further."""
    edges, body = [0], 0
    for start, end in heading_lines(text):
        if text[body:start].strip():
            edges.append(start)
        body = end
    whole = tied(text)
    for start, end in zip(edges, [*edges[1:], len(text)]):
        if len(text[start:end].strip()) <= SIZE:
            yield start, end
        else:
            yield from ((start + a, start + b) for a, b in smaller(whole[start:end]))
'''

TOKENS = "tokenizer.json"
CHUNKS = '''\
def chunks(text):
    """Start and text of each chunk, without white space at its ends."""
    pages = text.split("\\f")
    text = "".join(pages)
    edges, at = [0], 0
    for page in pages[:-1]:
        at += len(page)
        inside = at and re.match(r"\\w", text[at - 1])  # a word that goes on stays whole
        word = re.compile(r"\\w+").match(text, at) if inside else None
        edges.append(word.end() if word else at)
    parts = {parts}
    for first, last in parts:
        for start, end in cut(text[first:last]):
            piece = text[first + start : first + end]
            if piece.strip():
                yield first + start + len(piece) - len(piece.lstrip()), piece.strip()
'''

DENSE_READY = """\
model = SentenceTransformer(str({weights}), local_files_only=True)
vectors = model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False)
"""
DENSE = """\
asked = model.encode_query([question], normalize_embeddings=True, show_progress_bar=False)[0]
cosines = (vectors.astype("float64") * asked).sum(axis=1)
found.append((-cosines).argsort(kind="stable")[:CANDIDATES].tolist())
"""
BM25_READY = """\
counted = [list(words(text)) for text in texts]
bm25 = BM25(method="lucene", k1=1.5, b=0.75, dtype="float64")
bm25.index(counted, create_empty_token=False, show_progress=False)
known = set().union(*counted)
"""
BM25_SEARCH = """\
asked = [word for word in words(question) if word in known]
scores = bm25.get_scores(asked) if asked else np.zeros(len(texts))
found.append([at for at in (-scores).argsort(kind="stable") if scores[at] > 0][:CANDIDATES])
"""
FUSE = """\
ranks = {{}}  # reciprocal rank fusion
for ranked in found:
    for rank, place in enumerate(ranked, 1):
        ranks[place] = ranks.get(place, 0) + 1 / ({fusion} + rank)
best = sorted(ranks, key=lambda place: -ranks[place])[:CANDIDATES]
"""
RERANK_READY = """\
session = onnxruntime.InferenceSession(str(RERANKER / "model.onnx"))
pairs = Tokenizer.from_file(str(RERANKER / "tokenizer.json"))
pairs.no_padding()
pairs.enable_truncation(512, strategy="only_second")
"""
RERANK = '''\
def score(question, text):
    """One pair at a time: in a batch its neighbours change an int8 score."""
    pair = pairs.encode(question, text)
    fields = {
        "input_ids": [pair.ids],
        "attention_mask": [pair.attention_mask],
        "token_type_ids": [pair.type_ids],
    }
    return float(session.run(["logits"], {k: np.array(v) for k, v in fields.items()})[0][0, 0])
'''
MAIN = """\
question, *files = sys.argv[1:]
places, texts = [], []
for file in files:
    # With the line ends that it has.
    for start, text in chunks(Path(file).read_bytes().decode("utf-8")):
        places.append((file, start))
        texts.append(text)
{ready}
for question in sys.stdin.read().splitlines() if question == "-" else [question]:
    found = []
{search}
    for rank, place in enumerate(best[:TOP_K], 1):
        file, start = places[place]
        print(f"{{rank}}. {{file}}, characters {{start}} to {{start + len(texts[place])}}")
        print(texts[place], end="\\n\\n")
"""

IMPORTS = {
    "BM25": ("from bm25s import BM25", "bm25s"),
    "np.": ("import numpy as np", "numpy"),
    "onnxruntime": ("import onnxruntime", "onnxruntime"),
    "SentenceTransformer": (
        "from sentence_transformers import SentenceTransformer",
        "sentence-transformers",
    ),
    "RecursiveCharacterTextSplitter": (
        "from langchain_text_splitters import RecursiveCharacterTextSplitter",
        "langchain-text-splitters",
    ),
    "Tokenizer": ("from tokenizers import Tokenizer", "tokenizers"),
    "unicodedata": ("import unicodedata", ""),
    "find_spec": ("from importlib.util import find_spec", ""),
    "Path": ("from pathlib import Path", ""),
    "re.": ("import re", ""),
    "sys.": ("import sys", ""),
}


def written(recipe: Recipe, models: Models) -> str:
    """The script of a completed recipe that retrieves. Errors: BadInput for what no script can do,
    MissingModel."""
    wanted, chunking = recipe.evidence, recipe.chunking
    if not isinstance(wanted, Retrieval):
        raise BadInput("Without retrieval there is nothing to search; choose a setting that does.")
    if wanted.uses_embedder and wanted.index != EXACT:
        raise BadInput("A script searches exactly; choose the index “exact”.")
    if wanted.switched_off:
        raise BadInput("A script leaves no chunk out; switch all of them on.")
    for axis in choices.unusual(wanted):
        if axis.name not in SCRIPTED:
            raise BadInput(
                f"A script cannot do “{axis.words(getattr(wanted, axis.name))}”; set"
                f" {axis.subject} back to “{axis.words(axis.usual)}”."
            )
    constants = [
        f"CANDIDATES, TOP_K = {wanted.candidates}, {wanted.top_k}",
        f"SIZE, OVERLAP = {chunking.size}, {chunking.overlap}",
    ]
    if chunkers.unit(chunking.chunker) == "token":
        weights = models.find("embedder", chunking.tokenizer or wanted.embedder)
        constants.append(f"TOKENIZER = Tokenizer.from_file(str({_place(weights)} / {TOKENS!r}))")
        constants.append("TOKENIZER.no_truncation()\nTOKENIZER.no_padding()")
    whole = "[(0, len(text))]" if chunking.across_pages else "zip(edges, [*edges[1:], len(text)])"
    functions = [*_cutting(chunking.chunker), CHUNKS.format(parts=whole)]
    ready, search = [], []
    if wanted.uses_embedder:
        weights = models.find("embedder", wanted.embedder)
        ready.append(DENSE_READY.format(weights=_place(weights)))
        search.append(DENSE)
    if wanted.uses_words:
        functions.append(words_as_code())
        ready.append(BM25_READY)
        search.append(BM25_SEARCH)
    search.append(FUSE.format(fusion=ranking.FUSION) if len(search) > 1 else "(best,) = found\n")
    if wanted.reranker:
        weights = models.find("reranker", wanted.reranker)
        if weights.source != "packaged":
            raise BadInput(f"A script reranks by the packaged reranker alone, not {weights.name}.")
        constants.append(f"RERANKER = {_place(weights)}")
        functions.append(RERANK)
        ready.append(RERANK_READY)
        search.append("best = sorted(best, key=lambda place: -score(question, texts[place]))\n")
    found = {"ready": "".join(ready).rstrip(), "search": indent("".join(search), "    ").rstrip()}
    body = "\n\n".join([*functions, MAIN.format(**found)])
    code = "\n".join(constants) + body
    used = [IMPORTS[name] for name in IMPORTS if name in code]
    settings = labels.settings(recipe)
    return (
        HEAD.format(
            label=" · ".join(settings.values()),
            needs=", ".join(sorted(package for _, package in used if package)) or "nothing more",
            imports="\n".join(sorted((line for line, _ in used), key=_as_sorted)),
            constants="\n".join(constants),
        )
        + body
    )


def _cutting(chunker: str) -> list[str]:
    """How it cuts. Errors: BadInput for a chunker that a script does not know."""
    match chunker:
        case "recursive":
            return [RECURSIVE.format(name="cut")]
        case "recursive_tokens":
            return [RECURSIVE_TOKENS.format(separators=list(recursive_tokens.SEPARATORS))]
        case "headings":
            signs = {"heading": headings.HEADING.pattern, "fence": headings.FENCE.pattern}
            return [RECURSIVE.format(name="smaller"), HEADINGS.format(**signs)]
        case "words":
            return [WORD_STARTS.format(word=words.WORD.pattern), UNITS]
        case "tokens":
            return [TOKEN_STARTS, UNITS]
        case "pages":
            return [WHOLE_PAGES]
    raise BadInput(
        f"A script cannot cut by “{chunker}”; choose recursive, recursive_tokens, headings, tokens,"
        " words or pages."
    )


def _place(model: Model) -> str:
    """Where its weights lie, as an expression. Errors: BadInput for a model behind an address."""
    if model.source == "endpoint":
        raise BadInput(f"{model.name} is behind an address, which a script does not call.")
    folder, installed = Path(model.folder), packages.folder("numpy")
    if not installed or not folder.is_relative_to(installed.parent):
        return f"Path({model.folder!r})"
    package, *inside = folder.relative_to(installed.parent).parts
    return f"Path(find_spec({package!r}).submodule_search_locations[0], {'/'.join(inside)!r})"


def _as_sorted(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
