"""Finding the evidence of a recipe: none, a retrieval over the papers, or given passages.

Brings the rooms together (cut, embed, index, rerank, rank) and reports how far it is. To be used
in the worker's thread only.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import chunkers, retrieval
from core.embedders import Embedder
from core.errors import BadInput
from core.lab.live import Doing
from core.lab.models import Models
from core.lab.papers import Papers
from core.rerankers import Reranker
from core.settings import Settings
from core.store import Store
from core.types import Chunk, Chunking, Given, Hit, Paper, Recipe, Retrieval, digest
from core.windows import characters_read

if TYPE_CHECKING:
    from core.index import Index
    from core.vectors import VectorStore
