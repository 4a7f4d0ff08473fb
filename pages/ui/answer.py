"""An answer on screen: set as text, never as HTML or Markdown; clamped, with "more"."""

import streamlit as st

HTML = """
<div class="answer" part="answer"></div>
<button class="more" type="button" hidden></button>
"""

CSS = """
:host { display: block; }
.answer {
  font-family: "Source Serif", Georgia, serif;
  font-size: 1.14rem;
  line-height: 1.5;
  color: var(--st-text-color);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
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
export default function ({ parentElement, data }) {
  const answer = parentElement.querySelector(".answer");
  const more = parentElement.querySelector(".more");
  const state = (parentElement.triptych ??= { open: false });
  answer.textContent = data.text;
  answer.classList.toggle("waiting", data.waiting);
  if (data.streaming && !data.waiting) {
    const cursor = document.createElement("span");
    cursor.className = "cursor";
    answer.append(" ", cursor);
  }
  const draw = () => {
    answer.classList.toggle("clamped", !state.open && !data.streaming);
    const hidden = answer.scrollHeight > answer.clientHeight + 2;
    more.hidden = data.streaming || !(hidden || state.open);
    more.textContent = state.open ? "less" : "more";
    more.setAttribute("aria-expanded", String(state.open));
  };
  more.onclick = () => { state.open = !state.open; draw(); };
  draw();
  const watch = new ResizeObserver(draw);
  watch.observe(answer);
  return () => watch.disconnect();
}
"""

_component = st.components.v2.component("triptych_answer", html=HTML, css=CSS, js=JS)


def answer(key: str, text: str, *, streaming: bool = False, waiting: bool = False) -> None:
    """Show the text; `streaming` draws a cursor behind it, `waiting` says it is no answer yet."""
    _component(key=key, data={"text": text, "streaming": streaming, "waiting": waiting})
