// The small form that stands beside a passage just selected: a question is typed to it. A part of
// highlighted_text.js, behind nearest_letter.js. It tells a passage as offsets into the text, read
// from what is on screen: words that the style sets before a mark are no part of that. Offsets are
// counted in code points, as Python counts them, and not in the browser's UTF-16 units.
//
// `write` draws the text again, with `state.chosen` (in UTF-16 units) marked in it; while
// `state.down`, a hand is selecting and the text is left alone. The form outlives a redraw, which
// comes while the next question is typed already.
const LONG = 1500; // characters of a passage that is asked about
const ENDS = 5; // words of a long passage that are shown, of its beginning and of its end
const HEADER = 68; // pixels from above that the page's own bar may cover
const BESIDE = 24; // pixels beside the text where a hand that selects may begin
const points = (text) => [...text].length;

// The first and the last words of a passage, and how long it is.
const extent = (passage) => {
  const words = passage.trim().split(/\s+/);
  const all = words.length <= 2 * ENDS;
  const first = (all ? words : words.slice(0, ENDS)).join(" ");
  const shown = all ? first : `${first} … ${words.slice(-ENDS).join(" ")}`;
  const count = points(passage.trim());
  return `“${shown}” · ${count.toLocaleString("en")} character${count === 1 ? "" : "s"}`;
};

function selecting({ text, form, whole, state, write, signal, setTriggerValue, another }) {
  const [question, reference, heldOut, join, other, really, keep] = [
    "question", "reference", "held-out", "join", "other", "really", "keep",
  ].map((name) => form.querySelector("." + name));
  for (const [button, said] of [[join, "Also needed for"], [other, "Another answer to"]]) {
    button.hidden = !another;
    button.textContent = `${said} “${another}”`;
    button.title = another;
  }
  const part = (start, end) => {
    if (!whole.slice(start, end).trim()) return null;
    return { start, end, boxes: [...rangeOf(text, start, end).getClientRects()] };
  };

  // The part of the browser's selection that lies in the text, in UTF-16 units; null if there is
  // none.
  const selected = () => {
    const root = text.getRootNode();
    const all = document.getSelection();
    const one = root.getSelection?.() ?? all;
    const range = all.getComposedRanges
      ? all.getComposedRanges({ shadowRoots: [root] })[0]
      : one.rangeCount ? one.getRangeAt(0) : null;
    if (!range) return null;
    const begins = text.contains(range.startContainer);
    const ends = text.contains(range.endContainer);
    if (!begins && !ends) return null;
    const place = document.createRange();
    place.selectNodeContents(text);
    if (ends) place.setEnd(range.endContainer, range.endOffset);
    const end = place.toString().length;
    let start = 0;
    if (begins) {
      place.selectNodeContents(text);
      place.setEnd(range.startContainer, range.startOffset);
      start = place.toString().length;
    }
    return part(start, end);
  };

  // A hand that left the text has selected up to the letter nearest to it. The browser would take
  // the page's other texts along, and may turn to the text's beginning, so these cannot be selected
  // meanwhile.
  const alone = (yes) => {
    document.body.style.userSelect = yes ? "none" : "";
  };
  signal.addEventListener("abort", () => alone(false));
  const reached = () => {
    const to = nearestLetter(text, whole, state.at.x, state.at.y);
    return [Math.min(state.from, to), Math.max(state.from, to), to];
  };
  const hold = () => {
    if (!state.down || !state.left) return;
    const [start, end, to] = reached();
    const now = selected();
    if (now?.start === start && now?.end === end) return;
    const [anchor, focus] = [pointOf(text, state.from), pointOf(text, to)];
    document.getSelection().setBaseAndExtent(...anchor, ...focus);
  };

  // Below the passage, or above it where there is no room.
  const show = ({ start, end, boxes }) => {
    state.chosen = { start, end };
    form.querySelector(".extent").textContent = extent(whole.slice(start, end));
    doubt(0);
    form.hidden = false;
    const frame = form.parentElement.getBoundingClientRect();
    const [first, last] = [boxes[0], boxes[boxes.length - 1]];
    const room = window.innerHeight - last.bottom > form.offsetHeight + 12;
    const top = room ? last.bottom + 6 : Math.max(first.top - form.offsetHeight - 6, HEADER);
    const left = Math.min(last.left - frame.left, frame.width - form.offsetWidth);
    form.style.top = `${top - frame.top}px`;
    form.style.left = `${Math.max(left, 0)}px`;
  };

  // A passage so long is asked about once, and kept with the next Enter or click.
  const doubt = (length) => {
    really.hidden = !length;
    really.textContent = `Really all ${length.toLocaleString("en")} characters? A setting must find`
      + " every one of them; a sentence or two is usual.";
    keep.textContent = length ? "Keep all of it" : "Keep";
  };

  const leave = () => {
    form.hidden = true;
    state.chosen = null;
    question.value = reference.value = "";
    write();
  };

  const send = (asked, eachAnswers = false) => {
    const { start, end } = state.chosen;
    const quote = whole.slice(start, end);
    const length = points(quote.trim());
    if (really.hidden && length > LONG) {
      doubt(length);
      return;
    }
    const before = points(whole.slice(0, start));
    setTriggerValue("marked", {
      start: before,
      end: before + points(quote),
      quote,
      question: asked,
      reference: reference.value,
      held_out: heldOut.checked,
      each_answers: eachAnswers,
    });
    leave();
  };

  const ours = (event) => event.composedPath().includes(form);
  const within = (event) => event.composedPath().includes(text);
  // In the text and not on its scroll bar, or close beside it.
  const begins = (event) => {
    const box = text.getBoundingClientRect();
    const x = event.clientX - box.left;
    if (within(event)) return x < text.clientWidth;
    const high = event.clientY > box.top && event.clientY < box.bottom;
    const beside = (x < 0 && x > -BESIDE) || (x > box.width && x < box.width + BESIDE);
    return high && beside && !event.composedPath()[0].closest?.("a, button, input, img");
  };
  const follow = (event) => {
    state.at = { x: event.clientX, y: event.clientY };
    state.left = !within(event) && !ours(event);
  };
  document.addEventListener("pointerdown", (event) => {
    state.down = begins(event);
    state.touch = event.pointerType === "touch";
    if (!state.down) return;
    alone(true);
    state.from = nearestLetter(text, whole, event.clientX, event.clientY);
    state.outside = !within(event);
    follow(event);
  }, { signal });
  document.addEventListener("pointermove", (event) => {
    if (!state.down || state.touch) return;
    follow(event);
    state.left ||= state.outside; // the browser's own begins elsewhere
    setTimeout(hold); // the browser selects behind this event
  }, { signal });
  text.addEventListener("scroll", hold, { signal }); // under a hand that rests above or below
  const typing = () => form.contains(text.getRootNode().activeElement);
  const settle = (event) => {
    const dragged = state.down && !state.touch && event.type === "pointerup";
    if (dragged) follow(event);
    const aside = dragged && (state.left || state.outside);
    const held = aside ? part(...reached()) : null;
    state.down = false;
    alone(false);
    if (ours(event)) return;
    // The browser settles a selection only after this event.
    setTimeout(() => {
      const found = aside ? held : selected();
      if (found && !state.touch) {
        show(found);
        question.focus({ preventScroll: true });
      } else if (!found && !typing() && !question.value && !form.hidden) leave();
      write();
    });
  };
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, settle, { signal });
  }
  document.addEventListener("selectionchange", () => {
    hold();
    // On a touch screen the handles still move; whoever taps the field is done with them.
    const found = state.touch && !typing() && selected();
    if (found) show(found);
  }, { signal });
  document.addEventListener("keyup", (event) => {
    const found = event.key === "Shift" && !ours(event) && selected();
    if (!found) return;
    show(found);
    question.focus({ preventScroll: true });
  }, { signal });
  form.addEventListener("focusin", write, { signal });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the page has keys of its own
    if (event.key === "Escape") leave();
  }, { signal });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (question.value.trim()) send(question.value);
  }, { signal });
  join.addEventListener("click", () => send(another), { signal });
  other.addEventListener("click", () => send(another, true), { signal });
  // The field took the focus, and with it the selection; what is copied is still the passage.
  form.addEventListener("copy", (event) => {
    const field = text.getRootNode().activeElement;
    if (!state.chosen || field?.selectionStart !== field?.selectionEnd) return;
    event.clipboardData.setData("text/plain", whole.slice(state.chosen.start, state.chosen.end));
    event.preventDefault();
  }, { signal });
}
