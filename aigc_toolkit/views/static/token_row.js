// Comes in: the text of a token. Goes out: its element in prose, and the way from one to the next by arrow keys. Knows nothing
// of weights.

import { element } from "./elements.js";
import { blanksAndWord, labelText, proseText } from "./token_text.js";

/** The token an arrow key leads to; up and down go to the nearest token of the line above or below. */
export function neighbour(key, from, items) {
  const along = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: items.length - 1 }[key];
  if (along !== undefined) return along;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const here = items[from]?.getClientRects()[0];
  if (!here) return null;
  const step = key === "ArrowDown" ? 1 : -1;
  let line = null;
  let best = from;
  for (let to = from + step; to >= 0 && to < items.length; to += step) {
    const there = items[to]?.getClientRects()[0]; // a long text has no elements where nobody looks
    if (!there || Math.abs(there.top - here.top) < 4) continue;
    line ??= there.top;
    if (Math.abs(there.top - line) >= 4) break;
    const distance = (rect) => Math.abs(rect.left + rect.width / 2 - here.left - here.width / 2);
    if (best === from || distance(there) < distance(items[best].getClientRects()[0])) best = to;
  }
  return best;
}

/** A token in prose: its leading blanks stay bare, the word after them is what gets shaded. */
export function proseToken(text, attributes) {
  const [blanks, word] = blanksAndWord(proseText(text));
  const isBlank = word.trim() === "";
  const name = isBlank ? { "aria-label": labelText(text) } : {};
  return element("span", { role: "option", "aria-selected": "false", ...name, ...attributes }, [
    blanks,
    element("span", { class: "aigc-word", "data-blank": isBlank, text: word }),
  ]);
}
