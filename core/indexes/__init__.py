"""Vectors on disk, and what finds the nearest of them."""

from core.indexes import vectors, word_files
from core.indexes.chroma import Index
from core.indexes.vectors import VectorStore, embed_missing, forget, kept

__all__ = ["Index", "VectorStore", "embed_missing", "forget", "kept", "vectors", "word_files"]
