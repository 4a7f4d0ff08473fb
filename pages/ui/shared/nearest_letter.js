// Which letter of a text on screen is nearest to a point. A part of highlighted_text.js. Offsets are
// UTF-16 units into the text; what the style sets before a mark is no part of it.

// The node that holds an offset, and the offset in it: where two nodes meet the end of the first,
// or the start of the one `ahead`.
const pointOf = (text, offset, ahead = false) => {
  const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let [node, last] = [walk.nextNode(), null];
  for (let seen = 0; node; node = walk.nextNode()) {
    const within = offset - seen;
    if (ahead ? within < node.data.length : within <= node.data.length) return [node, within];
    seen += node.data.length;
    last = node;
  }
  return [last ?? text, last?.data.length ?? 0];
};

const rangeOf = (text, start, end) => {
  const range = document.createRange();
  range.setStart(...pointOf(text, start, true));
  range.setEnd(...pointOf(text, end));
  return range;
};

// The boundary between two letters (an offset) that is nearest to a point of the window. A point
// outside of what is seen of the text counts as the nearest one within. Lines follow each other
// from above, so a line is found by halving; letters of one may run in either direction.
function nearestLetter(text, whole, x, y) {
  const seen = text.getBoundingClientRect();
  const [top, bottom] = [Math.max(seen.top, 0), Math.min(seen.bottom, window.innerHeight)];
  const height = Math.min(Math.max(y, top + 1), bottom - 1);
  const box = (at) => {
    for (let each = at; each < whole.length; each += 1) {
      const found = rangeOf(text, each, each + 1).getBoundingClientRect();
      if (found.height) return found; // what joins to the letter before has none
    }
    return { top: Infinity, bottom: Infinity, left: 0, right: 0 };
  };
  // The first letter for which a question is answered with yes, as all behind it are.
  const first = (asked) => {
    let [low, high] = [0, whole.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (asked(box(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const middleOf = (at) => {
    const { top: above, bottom: below } = box(at);
    return (above + below) / 2;
  };
  let from = first((letter) => letter.bottom > height);
  const before = from > 0 && Math.abs(box(from - 1).bottom - height);
  if (from > 0 && before < box(from).top - height) from -= 1;
  const line = middleOf(from);
  const [start, end] = [first((each) => each.bottom > line), first((each) => each.top > line)];
  let [best, place] = [Infinity, Math.min(from, whole.length)];
  for (let at = start; at < end; at += 1) {
    const { left, right } = box(at);
    const away = Math.max(left - x, x - right, 0);
    if (away >= best) continue;
    const [letter, behind] = [whole[at], x > (left + right) / 2];
    const leftward = /[\u0590-\u08ff]/.test(letter);
    [best, place] = [away, letter !== "\n" && behind !== leftward ? at + 1 : at];
  }
  return /[\udc00-\udfff]/.test(whole[place] ?? "") ? place - 1 : place; // not within a letter
}
