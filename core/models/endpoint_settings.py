"""Endpoints as pages and commands change and show them. Knows no page."""

from dataclasses import dataclass

from core.errors import BadInput, TriptychError
from core.models import endpoints, registry, servers
from core.settings import Endpoint, Settings
from core.types import FAMILIES

MOST_LISTED = 8  # models in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEndpoint:
    """An endpoint as a list shows it. `added`: here, and not by the environment. `key` says where
    its key is from, and never what it is."""

    endpoint: Endpoint
    added: bool
    key: str
    has_key: bool


class Endpoints:
    """The endpoints of one data folder and its environment; only `look` and `served` call a
    server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def all(self) -> list[ShownEndpoint]:
        return [self._shown(each) for each in endpoints.known(self._settings)]

    def faults(self) -> list[str]:
        """What is wrong with them, a sentence each; the others can be used."""
        return endpoints.faults(self._settings)

    def find(self, name: str) -> Endpoint:
        """Errors: BadInput for a name nobody knows."""
        return endpoints.find(self._settings, name)

    def prices(self) -> dict[str, Endpoint]:
        """Those whose price was typed, by name."""
        known = endpoints.known(self._settings)
        return {each.name: each for each in known if each.dollars_in is not None}

    def add(self, endpoint: Endpoint, key: str = "") -> None:
        """As `core.models.endpoints.add`; BadInput also for the name of another model."""
        for family in FAMILIES:
            for model, _ in registry.catalogue(self._settings, family):
                if model.name == endpoint.name and model.source != "endpoint":
                    raise BadInput(
                        f"{model.name!r} is the name of another {family} here; choose another name."
                    )
        endpoints.add(self._settings, endpoint, key)

    def remove(self, name: str) -> None:
        """As `core.models.endpoints.remove`."""
        endpoints.remove(self._settings, name)

    def look(self) -> list[servers.LocalServer]:
        """As `core.models.servers.look`."""
        return servers.look()

    @property
    def nobody(self) -> str:
        """What to say where `look` found none."""
        places = ", ".join(f"{port} ({name})" for port, name in servers.PORTS.items())
        return (
            f"No server answers on this machine, at the ports {places}. Start one, and look again."
        )

    def served(self, address: str, key: str = "") -> tuple[servers.ServedModel, ...]:
        """As `core.models.servers.served`."""
        return servers.served(address, key)

    def listed_instead(self, name: str) -> str:
        """Of an endpoint that failed: which models its server lists, if it lists others than the
        one it is asked for; to be put behind a sentence."""
        try:
            endpoint = self.find(name)
            listed = self.served(endpoint.address, endpoints.key(self._settings, endpoint))
        except TriptychError:
            return ""
        names = [each.name for each in listed]
        if not names or endpoint.model in names:
            return ""
        more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        return f" Its server lists: {', '.join(names[:MOST_LISTED])}{more}."

    def free_name(self, model: str) -> str:
        """A name for a model of a server that nothing here has yet."""
        taken = {m.name for f in FAMILIES for m, _ in registry.catalogue(self._settings, f)}
        wanted = servers.short_name(model)
        names = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def _shown(self, endpoint: Endpoint) -> ShownEndpoint:
        try:
            typed = endpoints.typed_key(self._settings, endpoint)
            key = endpoints.key(self._settings, endpoint)
            from_where = "its key is set" if typed else "its key is set in the environment"
            said = from_where if key else "without a key"
        except TriptychError as error:
            key, said = "", error.sentence
        return ShownEndpoint(
            endpoint=endpoint,
            added=endpoint not in self._settings.endpoints,
            key=said,
            has_key=bool(key),
        )
