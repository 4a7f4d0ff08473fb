"""A text of a paper or a model on screen, with marks: set as text, never as HTML or Markdown.

In a page's text a person may also select a passage and type the question that it answers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from pages.ui.library import selection
from pages.ui.shared.marks import GOLD, Mark, pieces

HTML = f"""
<div class="frame">
  <div class="text" part="text"></div>
  {selection.HTML}
</div>
<button class="more" type="button" hidden></button>
"""

CSS = """
:host { display: block; }
.frame { position: relative; }
.text {
  font-family: "Source Serif", Georgia, serif;
  color: var(--st-text-color);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.answer { font-size: 1.14rem; line-height: 1.5; }
.passage, .page { font-size: 1.02rem; line-height: 1.5; }
.page { font-size: 0.95rem; position: relative; max-height: 80vh; overflow-y: auto; }
.answer.clamped {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 7;
  overflow: hidden;
}
.answer.waiting { color: var(--st-gray-color, #7b8794); font-style: italic; }
.answer .cursor {
  display: inline-block;
  width: 0.5em;
  height: 1em;
  vertical-align: -0.15em;
  background: currentColor;
  opacity: 0.45;
}
.match { font-weight: 650; text-decoration: underline; text-underline-offset: 0.18em; }
.unseen { text-decoration: line-through; color: var(--st-gray-color); }
.unsupported {
  text-decoration: underline wavy 1px;
  text-decoration-color: var(--st-gray-color);
  text-underline-offset: 0.22em;
}
.differs { font-weight: 650; border-bottom: 3px solid currentColor; }
.found { background: #ffec60; color: #1f2933; border-radius: 2px; }
.chosen { background: light-dark(#cfe0fa, #234a80); }
.here { outline: 2px solid var(--st-text-color); outline-offset: 1px; }
.cited {
  font: inherit;
  color: inherit;
  padding: 0 0.1em;
  border: 0;
  border-radius: 3px;
  background: light-dark(#f5e3a4, #5c4a12);
  cursor: pointer;
}
.cited:hover, .cited:focus-visible { outline: 2px solid currentColor; }
.more {
  font: inherit;
  font-family: var(--st-font);
  font-size: 0.9rem;
  color: var(--st-text-color);
  background: none;
  border: 0;
  border-bottom: 1px solid currentColor;
  padding: 0;
  margin-top: 0.35rem;
  cursor: pointer;
}
"""

# The text arrives as data and is set through textContent. While it streams it is never clamped
# at its end, since that is where the reader looks.
JS = """
const cut = (pieces, chosen) => {
  let at = 0;
  return pieces.flatMap((piece) => {
    const start = at;
    const length = piece.text.length;
    at += length;
    const places = chosen ? [chosen.start, chosen.end] : [0, 0];
    const [from, to] = places.map((place) => Math.min(Math.max(place - start, 0), length));
    return [[0, from, false], [from, to, true], [to, length, false]]
      .filter(([first, last]) => first < last)
      .map(([first, last, inside]) => ({
        ...piece,
        text: piece.text.slice(first, last),
        label: first ? "" : piece.label,
        kinds: inside ? [...piece.kinds, "chosen"] : piece.kinds,
      }));
  });
};

export default function ({ parentElement, data, setTriggerValue }) {
  const text = parentElement.querySelector(".text");
  const more = parentElement.querySelector(".more");
  const form = parentElement.querySelector(".ask");
  if (!data.asks) form?.remove();
  const state = (parentElement.triptych ??= { open: false, chosen: null, down: false });
  // Streamlit calls this again for every change, and cleans up only when the text goes.
  state.ended?.abort();
  state.ended = new AbortController();
  const { signal } = state.ended;
  state.tell = setTriggerValue;
  const whole = data.pieces.map((piece) => piece.text).join("");
  text.classList.add(data.look);
  text.classList.toggle("waiting", data.waiting);

  const write = () => {
    const wanted = JSON.stringify([data.pieces, data.streaming, state.chosen]);
    if (state.written === wanted || state.down) return;
    state.written = wanted;
    text.replaceChildren(...cut(data.pieces, state.chosen).map((piece) => {
      const mark = piece.kinds.includes("found") || piece.kinds.includes("gold");
      const node = document.createElement(piece.number ? "button" : mark ? "mark" : "span");
      node.textContent = piece.text;
      node.className = piece.kinds.join(" ");
      if (piece.label) node.dataset.label = piece.label;
      if (piece.number) {
        node.type = "button";
        node.title = "Show chunk " + piece.number;
        node.onclick = () => state.tell("cited", piece.number);
      }
      return node;
    }));
    if (data.streaming && !data.waiting) {
      const cursor = document.createElement("span");
      cursor.className = "cursor";
      text.append(" ", cursor);
    }
    // What was looked for is scrolled to once, and not again when the page is redrawn.
    const here = text.querySelector(".here");
    if (here && state.here !== here.offsetTop) {
      text.scrollTop = here.offsetTop - text.clientHeight / 3;
    }
    state.here = here?.offsetTop;
  };
  write();

  const clamps = data.look === "answer" && !data.streaming;
  const draw = () => {
    text.classList.toggle("clamped", clamps && !state.open);
    const hidden = text.scrollHeight > text.clientHeight + 2;
    more.hidden = !clamps || !(hidden || state.open);
    more.textContent = state.open ? "less" : "more";
    more.setAttribute("aria-expanded", String(state.open));
  };
  more.onclick = () => { state.open = !state.open; draw(); };
  draw();
  const watch = new ResizeObserver(draw);
  watch.observe(text);
  signal.addEventListener("abort", () => watch.disconnect());
  if (data.asks) {
    selecting({ text, form, whole, state, write, signal, setTriggerValue, ...data.asks });
  }
  return () => state.ended.abort();
}
"""

_component = st.components.v2.component(
    "triptych_marked", html=HTML, css=GOLD + CSS + selection.CSS, js=selection.JS + JS
)


def answer(
    key: str,
    text: str,
    marks: Iterable[Mark] = (),
    *,
    streaming: bool = False,
    waiting: bool = False,
) -> int | None:
    """Show an answer, clamped with "more"; returns the number of a citation just clicked.

    `streaming` draws a cursor behind it, `waiting` says that the text is no answer yet.
    """
    return _show(key, "answer", text, marks, streaming=streaming, waiting=waiting)


def passage(key: str, text: str, marks: Iterable[Mark] = ()) -> None:
    """Show a text of a paper, whole."""
    _show(key, "passage", text, marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question typed to `text[start:end]`, which reads `quote` on screen."""

    start: int
    end: int
    quote: str
    question: str
    reference: str
    held_out: bool


def page_text(
    key: str, text: str, marks: Iterable[Mark], asked: Callable[[Asked], None], another: str
) -> None:
    """Show a page's text, no taller than the window, from the mark that is "here".

    A passage may be selected and a question typed to it; `asked` is called with it before the page
    is drawn again. `another` is a question that a passage can be added to, or empty.
    """

    def told() -> None:
        asked(Asked(**st.session_state[key].marked))

    data = {"look": "page", "asks": {"another": another}, "streaming": False, "waiting": False}
    _component(
        key=key,
        data=data | {"pieces": pieces(text, marks)},
        on_cited_change=_nothing,
        on_marked_change=told,
    )


def _show(
    key: str,
    look: str,
    text: str,
    marks: Iterable[Mark],
    *,
    streaming: bool = False,
    waiting: bool = False,
) -> int | None:
    data = {
        "look": look,
        "pieces": pieces(text, marks),
        "streaming": streaming,
        "waiting": waiting,
    }
    clicked: int | None = _component(key=key, data=data, on_cited_change=_nothing).cited
    return clicked


def _nothing() -> None:
    """A trigger reaches Python only where a callback is named."""
