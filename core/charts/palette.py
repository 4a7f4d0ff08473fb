"""The colours of everything that is shown, and what each of them means.

A colour has a value for the light ground and one for the dark ground. Charts read them here, and
so does what is written into files; a page has them as custom properties (`custom_properties`).
"""

from typing import Literal

from core.types import Arm

Theme = Literal["light", "dark"]
Colour = dict[Theme, str]

INK: Colour = {"light": "#1f2933", "dark": "#e9e6df"}
GROUND: Colour = {"light": "#fcfbf8", "dark": "#16181b"}
QUIET: Colour = {"light": "#52606d", "dark": "#a7b1bc"}
HAIRLINE: Colour = {"light": "#ddd9cf", "dark": "#373c42"}
PRIMARY: Colour = {"light": "#1f2933", "dark": "#e6e3dc"}  # of a button that is pressed or chosen
UNUSED: Colour = {"light": "#b3b8bd", "dark": "#59626b"}
FAILURE: Colour = {"light": "#b42318", "dark": "#ff8a80"}
EVIDENCE: Colour = {"light": "#8a6500", "dark": "#f2d26b"}
ARM_COLOURS: dict[Arm, Colour] = {
    "no_context": QUIET,
    "retrieved": {"light": "#1d5fbf", "dark": "#7fb2ff"},
    "reranked": {"light": "#b9500b", "dark": "#ffa565"},
    "whole": {"light": "#7a3e9d", "dark": "#cf9bf0"},
    "given": EVIDENCE,
}
# Settings compared with each other. The arms keep slate, blue, orange and purple, evidence yellow
# and failure red for themselves. Readable on the light ground and on the dark one alike.
SETTINGS = ("#0e8f80", "#8f6fe0", "#c2508f", "#7d8f1c")
# From the ground to a strong grey: a value is no arm, so it wears no arm's colour.
SCALE: dict[Theme, list[tuple[float, str]]] = {
    "light": [(0, "#efece4"), (1, "#3b4a59")],
    "dark": [(0, "#24292e"), (1, "#d5dde5")],
}
NEUTRAL = "#7b8794"  # on either ground
LOGO = (NEUTRAL, "#4a8be8", "#e8833a")
# Behind words of a text, and in the rank flow.
ON_PAGES: dict[str, Colour] = {
    "gold-ground": {"light": "#fff3c4", "dark": "#463a10"},
    "gold-line": {"light": "#f0c93a", "dark": "#8a6d12"},
    "cited-ground": {"light": "#f5e3a4", "dark": "#5c4a12"},
    "found-ground": {"light": "#ffec60", "dark": "#ffec60"},
    "found-ink": {"light": "#1f2933", "dark": "#1f2933"},
    "chosen-ground": {"light": "#cfe0fa", "dark": "#234a80"},
    "other-line": {"light": "#bdb9af", "dark": "#555c64"},
    "unnamed-line": {"light": "#c9c4b8", "dark": "#4a5058"},
}


def either(colour: Colour) -> str:
    """The colour in CSS, as the theme of the page wants it."""
    light, dark = colour["light"], colour["dark"]
    return light if light == dark else f"light-dark({light}, {dark})"


def custom_properties() -> str:
    """A rule of CSS that gives every colour a name: `--retrieved`, `--hairline`, `--cut-1`."""
    named = {
        "ink": INK,
        "ground": GROUND,
        "quiet": QUIET,
        "hairline": HAIRLINE,
        "primary": PRIMARY,
        "failure": FAILURE,
        "evidence": EVIDENCE,
        **{arm.replace("_", "-"): colour for arm, colour in ARM_COLOURS.items()},
        **ON_PAGES,
    }
    values = {name: either(colour) for name, colour in named.items()}
    values |= {f"cut-{number}": colour for number, colour in enumerate(SETTINGS, start=1)}
    values |= {f"logo-{number}": colour for number, colour in enumerate(LOGO, start=1)}
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in values.items()) + " }"
