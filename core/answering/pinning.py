"""What a recipe stands for here and now: checked, completed, and with the revisions of all that
decides its answer. Loads no model and asks nothing."""

from dataclasses import replace
from functools import cache

from core import chunkers, generators, indexes, rewritings
from core.answering import prompts
from core.errors import BadInput
from core.models import Models, registry, vocabularies
from core.retrieval import bm25, ranking
from core.settings import Settings
from core.types import Recipe, Retrieval


class Pinning:
    """Errors of every method: BadInput for anything invalid, MissingModel for what is not here."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self._settings = settings
        self._models = models
        self._cuts = cache(chunkers.revision)
        self._fuses = cache(ranking.revision)

    def check(self, question: str, recipe: Recipe) -> None:
        """Errors: BadInput for anything invalid, MissingModel for what is not here."""
        if not question.strip():
            raise BadInput("The question is empty; type one.")
        if len(question) > prompts.LONGEST_QUESTION:
            raise BadInput(
                f"The question has {len(question):,} characters; ask in at most"
                f" {prompts.LONGEST_QUESTION:,}, and add longer texts as a paper."
            )
        if isinstance(recipe.evidence, Retrieval):
            ranking.check(recipe.evidence, recipe.chunking)
            tokenizer = recipe.chunking.tokenizer or ""
            if vocabularies.known(tokenizer):
                vocabularies.check(tokenizer)
        if recipe.generation:
            generators.check(recipe.generation)
        recipe = self._completed(recipe)
        for family, name in self._names(recipe):
            registry.find(self._settings, family, name)
            if family == "embedder" and name == recipe.chunking.tokenizer:
                self._models.check_tokens(name)

    def _completed(self, recipe: Recipe) -> Recipe:
        """As `completed`, and who rewrites the question: by default who answers it."""
        recipe = completed(recipe)
        wanted = recipe.evidence
        if not isinstance(wanted, Retrieval):
            return recipe
        rewriter = ""
        if wanted.rewrite != rewritings.NONE:
            answers = recipe.generation.generator if recipe.generation else ""
            rewriter = wanted.rewriter or answers or self._models.default("generator")
        return replace(recipe, evidence=replace(wanted, rewriter=rewriter))

    @staticmethod
    def _names(recipe: Recipe) -> list[tuple[registry.Family, str]]:
        """The models a completed recipe uses."""
        names: list[tuple[registry.Family, str]] = []
        if isinstance(recipe.evidence, Retrieval):
            if recipe.evidence.uses_embedder:
                names.append(("embedder", recipe.evidence.embedder))
            if recipe.chunking.tokenizer and not vocabularies.known(recipe.chunking.tokenizer):
                names.append(("embedder", recipe.chunking.tokenizer))
            if recipe.evidence.reranker:
                names.append(("reranker", recipe.evidence.reranker))
            if recipe.evidence.rewriter:
                names.append(("generator", recipe.evidence.rewriter))
        if recipe.generation:
            names.append(("generator", recipe.generation.generator))
        return list(dict.fromkeys(names))

    def pinned(self, recipe: Recipe) -> Recipe:
        """The recipe with nothing left open, and with the revisions of its models, of the prompt,
        of an index that may miss something, and of its chunker and of rank fusion where these
        changed, as they are here now."""
        recipe = self._completed(recipe)
        revisions = [
            (name, self._models.find(family, name).revision) for family, name in self._names(recipe)
        ]
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.uses_embedder:
            index = recipe.evidence.index
            revisions += [(index, finds)] if (finds := indexes.revision(index)) else []
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.uses_words:
            revisions.append(("bm25", bm25.VERSION))
        tokenizer = recipe.chunking.tokenizer or ""
        if isinstance(recipe.evidence, Retrieval) and vocabularies.known(tokenizer):
            revisions.append((tokenizer, vocabularies.revision(tokenizer)))
        if isinstance(recipe.evidence, Retrieval):
            if cuts := self._cuts(recipe.chunking.chunker):
                revisions.append((recipe.chunking.chunker, cuts))
            if recipe.evidence.retriever == "hybrid" and (fuses := self._fuses()):
                revisions.append((recipe.evidence.retriever, fuses))
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.rewriter:
            way, _ = rewritings.named(recipe.evidence.rewrite)
            revisions.append(("rewrite", way.VERSION))
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.budget:
            counter = self._models.find("embedder", self._models.token_counter())
            revisions.append(("budget", f"{counter.name} {counter.revision}"))
        if recipe.generation:
            revisions += prompts.revisions(recipe.generation)
            model = self._models.find("generator", recipe.generation.generator)
            revisions += generators.draws(recipe.generation, model)
        return replace(recipe, revisions=tuple(revisions))


def completed(recipe: Recipe) -> Recipe:
    """A retrieval's recipe with its chunking completed; any other as it is."""
    if not isinstance(recipe.evidence, Retrieval):
        return recipe
    chunking = chunkers.completed(recipe.chunking, recipe.evidence.embedder)
    return replace(recipe, chunking=chunking)
