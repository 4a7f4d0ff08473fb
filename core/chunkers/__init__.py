"""Text -> spans. One file = one way to cut, with `spans(text, size, overlap)` in it.

Chunkers return spans, never strings: the core slices, so that an offset cannot be wrong.
"""
