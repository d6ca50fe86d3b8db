// Comes in: tokens and, on every update, a weight per token. Goes out: the text as prose, each token shaded, hovered,
// pinned by click and walked by arrow keys. Knows nothing of heads or matrices.

import { element, roving } from "./elements.js";
import { blanksAndWord, proseText } from "./token_text.js";
import { place } from "./color_scale.js";

/** The token an arrow key leads to; up and down go to the nearest token of the line above or below. */
export function neighbour(key, from, items) {
  const along = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: items.length - 1 }[key];
  if (along !== undefined) return along;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const here = items[from].getClientRects()[0];
  if (!here) return null;
  const step = key === "ArrowDown" ? 1 : -1;
  let line = null;
  let best = from;
  for (let to = from + step; to >= 0 && to < items.length; to += step) {
    const there = items[to].getClientRects()[0];
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
  return element("span", { role: "option", "aria-selected": "false", ...attributes }, [
    blanks,
    element("span", { class: "aigc-word", "data-blank": word.trim() === "", text: word }),
  ]);
}

/** {node, update({weights, most, curve, selected, hovered, scale})}; calls back with a position, or null on leaving. */
export function tokenRow(tokens, text, { onHover, onSelect }) {
  const node = element("div", { class: "aigc-prose aigc-text", role: "listbox", "aria-label": text.tokens });
  const items = tokens.map((token, position) =>
    proseToken(token, { class: "aigc-token", tabindex: -1, "data-position": position }),
  );
  node.append(...items);
  const positionOf = (event) => {
    const item = event.target.closest?.(".aigc-token");
    return item ? Number(item.dataset.position) : null;
  };
  node.addEventListener("pointerover", (event) => event.pointerType !== "touch" && onHover(positionOf(event)));
  node.addEventListener("pointerleave", () => onHover(null));
  node.addEventListener("click", (event) => positionOf(event) !== null && onSelect(positionOf(event)));
  roving(node, () => items, neighbour, onSelect);

  const update = ({ weights, most, curve, selected, hovered, scale, skipFirst }) => {
    items.forEach((item, position) => {
      const weight = weights && !(skipFirst && position === 0) ? weights[position] : 0;
      const share = weight > 0 ? place(weight, most, curve) : 0;
      const word = item.lastChild;
      word.style.backgroundColor = share > 0.004 ? scale.css(share) : "";
      word.style.color = share > 0.004 ? scale.ink(share) : "";
      item.setAttribute("aria-selected", String(position === selected));
      item.tabIndex = position === selected ? 0 : -1;
      item.toggleAttribute("data-hovered", position === hovered);
    });
    if (selected !== shownAt) scrollTo(selected);
    shownAt = selected;
  };
  let shownAt = null;
  const scrollTo = (position) => {
    const [box, token] = [node.getBoundingClientRect(), items[position].getBoundingClientRect()];
    if (token.bottom > box.bottom) node.scrollTop += token.bottom - box.bottom + 8;
    if (token.top < box.top) node.scrollTop -= box.top - token.top + 8;
  };
  return { node, update };
}
