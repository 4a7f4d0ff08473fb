"""Presets of sweeps: the files that come with Triptych, and one's own in the data folder."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput
from core.files import at_work, write_atomically, write_failure_as
from core.settings import SAMPLES
from core.store import backup
from core.sweeps import presets
from core.sweeps.presets import Preset

FOLDER = SAMPLES / "sweeps"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFile:
    """A preset as it lies on disk; `own` ones may be changed. `error` says why it is of no use."""

    name: str
    text: str
    own: bool
    preset: Preset | None
    error: str = ""


class Presets:
    """Presets by name."""

    def __init__(self, own: Path) -> None:
        self._own = own

    def all(self) -> list[PresetFile]:
        """Those that come with Triptych, then one's own, by name; an own one hides another."""
        files = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
        files |= {path.stem: path for path in sorted(self._own.glob("*.toml"))}
        return [_preset_file(path, own=path.parent == self._own) for path in files.values()]

    def get(self, name_or_path: str) -> tuple[Preset, str]:
        """The preset of a name, or of a TOML file, and its text. Errors: BadInput."""
        path = Path(name_or_path)
        if path.suffix != ".toml":
            known = {file.name: file for file in self.all()}
            if name_or_path not in known:
                raise BadInput(
                    f"There is no preset called {name_or_path!r}; known are: {', '.join(known)};"
                    " or name a file that ends in .toml."
                )
            text = known[name_or_path].text
        else:
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise BadInput(f"{path} cannot be read: {error}.") from error
        return presets.read(path.stem, text), text

    def save(self, name: str, text: str) -> Preset:
        """Keep an own preset as a file. Errors: BadInput for a name that no file can have, and for
        a text that is no preset; OutOfSpace."""
        if not backup.PRESET.fullmatch(name):
            raise BadInput(
                f"{name!r} is no name for a preset; use letters, digits, dots and dashes, at most"
                " 60."
            )
        preset = presets.read(name, text)
        with write_failure_as("The preset could not be kept"):
            self._own.mkdir(parents=True, exist_ok=True)
            with at_work(self._own.parent):
                write_atomically(self._own / f"{name}.toml", text)
        return preset

    def remove(self, name: str) -> None:
        """Take an own preset away. Errors: BadInput if there is none of that name."""
        if not any(file.name == name and file.own for file in self.all()):
            raise BadInput(f"There is no preset of your own called {name!r}.")
        (self._own / f"{name}.toml").unlink(missing_ok=True)


def _preset_file(path: Path, *, own: bool) -> PresetFile:
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        preset = presets.read(path.stem, text)
    except BadInput as error:
        return PresetFile(name=path.stem, text=text, own=own, preset=None, error=error.sentence)
    return PresetFile(name=path.stem, text=text, own=own, preset=preset)
