"""Vectors on disk, and what finds the nearest of them."""

from core.indexes import vectors
from core.indexes.chroma import Index
from core.indexes.vectors import VectorStore, embed_missing, forget, kept, key_of

__all__ = ["Index", "VectorStore", "embed_missing", "forget", "kept", "key_of", "vectors"]
