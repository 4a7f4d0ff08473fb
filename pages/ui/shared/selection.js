// The small form that stands beside a passage just selected: a question is typed to it. A part of
// highlighted_text.js. It tells a passage as offsets into the text, read from what is on screen:
// words that the style sets before a mark are no part of that. Offsets are counted in code points,
// as Python counts them, and not in the browser's UTF-16 units.
//
// `write` draws the text again, with `state.chosen` (in UTF-16 units) marked in it; while
// `state.down`, a hand is selecting and the text is left alone. The form outlives a redraw, which
// comes while the next question is typed already.
const points = (text) => [...text].length;

function selecting({ text, form, whole, state, write, signal, setTriggerValue, another }) {
  const [question, reference, heldOut, join] = ["question", "reference", "held-out", "join"].map(
    (name) => form.querySelector("." + name),
  );
  join.hidden = !another;
  join.textContent = `Add it to “${another}”`;
  join.title = another;

  // The part of the selection that lies in the text, in UTF-16 units; null if there is none.
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
      place.setStart(range.startContainer, range.startOffset);
    }
    if (ends) place.setEnd(range.endContainer, range.endOffset);
    else place.setEnd(text, text.childNodes.length);
    if (!whole.slice(start, end).trim()) return null;
    return { start, end, boxes: [...place.getClientRects()] };
  };

  // Below the passage, or above it where there is no room.
  const show = ({ start, end, boxes }) => {
    state.chosen = { start, end };
    form.hidden = false;
    const frame = form.parentElement.getBoundingClientRect();
    const [first, last] = [boxes[0], boxes[boxes.length - 1]];
    const room = window.innerHeight - last.bottom > form.offsetHeight + 12;
    const top = room ? last.bottom + 6 : Math.max(first.top - form.offsetHeight - 6, 8);
    const left = Math.min(last.left - frame.left, frame.width - form.offsetWidth);
    form.style.top = `${top - frame.top}px`;
    form.style.left = `${Math.max(left, 0)}px`;
  };

  const leave = () => {
    form.hidden = true;
    state.chosen = null;
    question.value = reference.value = "";
    write();
  };

  const send = (asked) => {
    const { start, end } = state.chosen;
    const quote = whole.slice(start, end);
    const before = points(whole.slice(0, start));
    setTriggerValue("marked", {
      start: before,
      end: before + points(quote),
      quote,
      question: asked,
      reference: reference.value,
      held_out: heldOut.checked,
    });
    leave();
  };

  const ours = (event) => event.composedPath().includes(form);
  document.addEventListener("pointerdown", (event) => {
    state.down = event.composedPath().includes(text);
    state.touch = event.pointerType === "touch";
  }, { signal });
  const typing = () => form.contains(text.getRootNode().activeElement);
  const settle = (event) => {
    state.down = false;
    if (ours(event)) return;
    // The browser settles a selection only after this event.
    setTimeout(() => {
      const found = selected();
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
  // On a touch screen the handles still move; whoever taps the field is done with them.
  document.addEventListener("selectionchange", () => {
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
  // The field took the focus, and with it the selection; what is copied is still the passage.
  form.addEventListener("copy", (event) => {
    const field = text.getRootNode().activeElement;
    if (!state.chosen || field?.selectionStart !== field?.selectionEnd) return;
    event.clipboardData.setData("text/plain", whole.slice(state.chosen.start, state.chosen.end));
    event.preventDefault();
  }, { signal });
}
