// The text arrives as data and is set through textContent. While it streams it is never clamped
// at its end, since that is where the reader looks.
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
