"""Pages: each is one chunk, however long. Size and overlap do not apply.

Texts and Markdown have one page, so the whole paper is one chunk. Most pages are longer than an
embedder reads; what it could not read is counted with each hit.
"""

UNIT = "page"
USUAL = ((0, 0),)


def spans(text: str, _size: int, _overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    return [(0, len(text))] if text else []
