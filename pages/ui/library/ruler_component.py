"""The chunk ruler on screen: one line a setting, its chunks as bars, the chosen one's text below.

What the embedder never sees is hatched on the bar and struck out in the text. Gold has a line of
its own above the settings and is marked in the text.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import labels
from core.metrics import within
from core.retrieval import Cut
from core.types import Span
from pages.ui.shared.marks import GOLD, Mark, golden, pieces

HTML = '<div class="rulers"></div><div class="chosen" aria-live="polite"></div>'

CSS = """
:host { display: block; }
.rulers, .chosen { font-family: var(--st-font); color: var(--st-text-color); }
.name { font-size: 0.9rem; margin: 0.55rem 0 0.2rem; }
.name b { color: var(--cut); }
.name span { opacity: 0.75; }
.lane {
  position: relative;
  height: 46px;
  border-top: 1px solid var(--st-border-color);
  border-bottom: 1px solid var(--st-border-color);
}
.bar {
  position: absolute;
  height: 21px;
  padding: 0 0 0 4px;
  font: inherit;
  font-size: 0.72rem;
  text-align: left;
  line-height: 18px;
  overflow: hidden;
  color: var(--st-text-color);
  background: color-mix(in srgb, var(--cut) 26%, transparent);
  border: 1.5px solid var(--cut);
  border-radius: 3px;
  cursor: pointer;
}
.bar.upper { top: 1px; }
.bar.lower { bottom: 1px; }
.bar.chosen-bar { background: color-mix(in srgb, var(--cut) 60%, transparent); }
.bar i {
  position: absolute;
  inset: 0 0 0 auto;
  background: repeating-linear-gradient(
    135deg, var(--st-text-color) 0 1.5px, var(--st-background-color) 1.5px 5px
  );
  opacity: 0.75;
}
.bar:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 1px; }
.chosen { border-left: 3px solid var(--cut); padding-left: 0.8rem; margin-top: 0.9rem; }
.facts { font-size: 0.9rem; }
.text {
  font-family: "Source Serif", Georgia, serif;
  font-size: 1rem;
  line-height: 1.45;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  position: relative;
  max-height: 22rem;
  overflow-y: auto;
  margin-top: 0.3rem;
}
.text .unseen {
  opacity: 0.6;
  text-decoration: line-through;
  text-decoration-thickness: 1.5px;
}
.name .gold-word { margin-right: 0.35em; opacity: 1; }
.places { position: relative; height: 15px; }
.places i {
  position: absolute;
  height: 9px;
  min-width: 4px;
  background: light-dark(#fff3c4, #463a10);
  border-bottom: 4px double light-dark(#8a6500, #f2d26b);
}
.through {
  position: absolute;
  inset-block: 0;
  min-width: 4px;
  background: light-dark(#8a6500, #f2d26b);
  opacity: 0.16;
  pointer-events: none;
}
"""

# All texts are set through textContent. Pointing at a bar shows its chunk; a click, or the
# keyboard, keeps it there.
JS = """
export default function ({ parentElement, data }) {
  const rulers = parentElement.querySelector(".rulers");
  const chosen = parentElement.querySelector(".chosen");
  const state = (parentElement.triptych ??= { kept: null });
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  };
  const show = (setting, chunk, bar) => {
    rulers.querySelector(".chosen-bar")?.classList.remove("chosen-bar");
    bar.classList.add("chosen-bar");
    chosen.style.setProperty("--cut", setting.colour);
    const text = make("div", "text");
    for (const piece of chunk.pieces) {
      const gold = piece.kinds.includes("gold");
      const node = make(gold ? "mark" : "span", piece.kinds.join(" "), piece.text);
      if (piece.label) node.dataset.label = piece.label;
      text.append(node);
    }
    chosen.replaceChildren(make("div", "facts", `${setting.name}: ${chunk.facts}`), text);
    const end = text.querySelector(".unseen");
    if (end) text.scrollTop = end.offsetTop - text.clientHeight / 2;
  };
  rulers.replaceChildren();
  const place = (node, at) => {
    node.style.left = `${100 * at.left}%`;
    node.style.width = `${100 * at.width}%`;
    return node;
  };
  if (data.gold.length) {
    const name = make("div", "name");
    name.append(make("span", "gold-word", "gold"), make("span", "", data.places));
    const places = make("div", "places");
    for (const each of data.gold) {
      const passage = place(make("i"), each);
      passage.title = each.question;
      places.append(passage);
    }
    rulers.append(name, places);
  }
  let first = null;
  let kept = null;
  data.settings.forEach((setting, row) => {
    const name = make("div", "name");
    name.style.setProperty("--cut", setting.colour);
    name.append(make("b", "", setting.name), make("span", "", ` · ${setting.summary}`));
    const lane = make("div", "lane");
    lane.style.setProperty("--cut", setting.colour);
    lane.append(...data.gold.map((each) => place(make("div", "through"), each)));
    for (const chunk of setting.chunks) {
      const bar = make("button", `bar ${chunk.number % 2 ? "upper" : "lower"}`, chunk.number);
      bar.type = "button";
      bar.style.left = `${100 * chunk.left}%`;
      bar.style.width = `${100 * chunk.width}%`;
      bar.setAttribute("aria-label", `${setting.name}, ${chunk.facts}`);
      if (chunk.hidden > 0) {
        const hatch = make("i");
        hatch.style.width = `${100 * chunk.hidden}%`;
        bar.append(hatch);
      }
      const key = `${row}:${chunk.number}`;
      bar.onpointerenter = () => show(setting, chunk, bar);
      bar.onfocus = bar.onclick = () => { state.kept = key; show(setting, chunk, bar); };
      if (state.kept === key) kept = () => show(setting, chunk, bar);
      if (!first || (chunk.unseen && !first.cut)) {
        first = { cut: Boolean(chunk.unseen), show: () => show(setting, chunk, bar) };
      }
      lane.append(bar);
    }
    rulers.append(name, lane);
  });
  const rest = () => (kept ?? first?.show ?? (() => chosen.replaceChildren()))();
  rest();
}
"""

_component = st.components.v2.component("triptych_ruler", html=HTML, css=GOLD + CSS, js=JS)


def rulers(
    key: str,
    start: int,
    end: int,
    names: Sequence[str],
    colours: Sequence[str],
    cuts: Sequence[Cut],
    gold: Sequence[tuple[Span, str]],
) -> None:
    """Draw how settings cut `text[start:end]`: for each its name, its colour and its cut of the
    whole paper. `gold` is that of this paper, each place with the question that it answers."""
    here = [(span, asked) for span, asked in gold if span.start < end and span.end > start]
    spans = [span for span, _ in here]
    lanes = [
        {"name": name, "colour": colour, **_lane(cut, start, end, spans)}
        for name, colour, cut in zip(names, colours, cuts, strict=True)
    ]
    places = [
        {"question": asked, **_place(span.start, span.end, start, end)} for span, asked in here
    ]
    one = len(here) == 1
    said = f"{labels.counted(len(here), 'passage')} here {'answers' if one else 'answer'} questions"
    _component(key=key, data={"settings": lanes, "gold": places, "places": said})


def _place(first: int, last: int, start: int, end: int) -> dict[str, float]:
    """A place as shares of what is shown."""
    left, right = max(start, first), min(end, last)
    return {"left": (left - start) / (end - start), "width": (right - left) / (end - start)}


def _lane(cut: Cut, start: int, end: int, gold: Sequence[Span]) -> dict[str, Any]:
    here = cut.within(start, end)
    said = [f"{labels.counted(len(here), 'chunk')} here"]
    too_long = sum(each.tokens > cut.room for _, each in here)
    if too_long:
        said.append(f"{too_long} too long for the embedder")
    if gold:
        whole = sum(
            any(each.chunk.start <= span.start and span.end <= each.chunk.end for _, each in here)
            for span in gold
        )
        said.append(f"{whole} of {labels.counted(len(gold), 'gold passage')} whole in one chunk")
    return {
        "summary": ", ".join(said),
        "chunks": [_bar(cut, number, start, end, gold) for number, _ in here],
    }


def _bar(cut: Cut, number: int, start: int, end: int, gold: Sequence[Span]) -> dict[str, Any]:
    """A chunk, its place as shares of what is shown, and the share of its bar that is hatched."""
    each = cut.chunks[number - 1]
    left, right = max(start, each.chunk.start), min(end, each.chunk.end)
    unread = max(left, min(right, each.chunk.start + each.reads))
    facts = (
        f"chunk {number:,} of {len(cut.chunks):,}, "
        f"{labels.counted(len(each.chunk.text), 'character')}, "
        f"{labels.counted(each.tokens, 'token')}"
    )
    if each.tokens > cut.room:
        facts += f"; the embedder reads {cut.room:,} tokens, {each.reads:,} characters"
    marks = golden(within(gold, each.chunk))
    marks.append(Mark(start=each.reads, end=len(each.chunk.text), kind="unseen"))
    return {
        "number": number,
        **_place(left, right, start, end),
        "hidden": (right - unread) / (right - left),
        "facts": facts,
        "pieces": pieces(each.chunk.text, marks),
    }
