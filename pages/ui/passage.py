"""A text on screen with places marked in it, as with a felt pen. Set as text, never as HTML."""

from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

HTML = '<div class="passage"></div>'

CSS = """
.passage {
  font-family: "Source Serif", Georgia, serif;
  font-size: 1.02rem;
  line-height: 1.5;
  color: var(--st-text-color);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  position: relative;
  max-height: 80vh;
  overflow-y: auto;
}
mark { background: #ffec60; color: #1f2933; border-radius: 2px; }
mark.here { outline: 2px solid currentColor; outline-offset: 1px; }
"""

# The one that was chosen is scrolled to once, and not again when the page is redrawn.
JS = """
export default function ({ parentElement, data }) {
  const passage = parentElement.querySelector(".passage");
  passage.textContent = "";
  let here = null;
  for (const [text, marked, chosen] of data.pieces) {
    if (!marked) { passage.append(text); continue; }
    const mark = document.createElement("mark");
    mark.textContent = text;
    if (chosen) { mark.className = "here"; here = mark; }
    passage.append(mark);
  }
  if (here && parentElement.triptych !== data.chosen) {
    passage.scrollTop = here.offsetTop - passage.clientHeight / 3;
  }
  parentElement.triptych = data.chosen;
}
"""

_component = st.components.v2.component("triptych_passage", html=HTML, css=CSS, js=JS)


def passage(
    key: str, text: str, marks: Sequence[tuple[int, int]], chosen: int | None = None
) -> None:
    """Show the text with the half open spans `marks`, ascending and apart, marked. The one that
    begins at `chosen` is outlined and scrolled to."""
    pieces: list[tuple[str, bool, bool]] = []
    edges = [0, *(edge for span in marks for edge in span), len(text)]
    for number, (start, end) in enumerate(pairwise(edges)):
        marked = number % 2 == 1
        pieces.append((text[start:end], marked, marked and start == chosen))
    _component(key=key, data={"pieces": pieces, "chosen": chosen})
