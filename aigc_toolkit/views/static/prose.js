// Comes in: the pieces of a text and, on every update, a weight per token. Goes out: the text as prose, each token shaded,
// hovered, pinned by click and walked by arrow keys. A long text is plain text where nobody looks: its tokens become elements
// when they come into sight, and only those in sight are shaded. Knows nothing of heads or matrices.

import { element } from "./elements.js";
import { place } from "./color_scale.js";
import { neighbour, proseToken } from "./token_row.js";
import { proseText } from "./token_text.js";

const CHUNK = 256; // tokens that become elements together
const FAINTEST = 0.004; // of the scale: below it a token stays as it is

/** Tokens as elements, chunk by chunk: {items (sparse), dress(position), seen()}. */
function chunked(node, pieces, onSeen) {
  const items = [];
  const chunks = [];
  const visible = new Set();
  for (let first = 0; first < pieces.length; first += CHUNK) {
    chunks.push({ first, end: Math.min(pieces.length, first + CHUNK), node: element("span", { class: "aigc-chunk" }), isDressed: false });
  }
  const dressChunk = (chunk) => {
    if (chunk.isDressed) return;
    chunk.isDressed = true;
    for (let position = chunk.first; position < chunk.end; position += 1) {
      items[position] = proseToken(pieces[position], { class: "aigc-token", tabindex: -1, "data-position": position });
    }
    chunk.node.replaceChildren(...items.slice(chunk.first, chunk.end));
  };
  node.append(...chunks.map((chunk) => chunk.node));
  const isShort = chunks.length <= 2;
  let watcher = null;
  if (isShort) {
    chunks.forEach(dressChunk);
    chunks.forEach((chunk) => visible.add(chunk));
  } else {
    for (const chunk of chunks) chunk.node.textContent = pieces.slice(chunk.first, chunk.end).map(proseText).join("");
    const byNode = new Map(chunks.map((chunk) => [chunk.node, chunk]));
    watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const chunk = byNode.get(target);
        if (isIntersecting) dressChunk(chunk);
        visible[isIntersecting ? "add" : "delete"](chunk);
      }
      onSeen();
    }, { root: node, rootMargin: "160px 0px" });
    for (const chunk of chunks) watcher.observe(chunk.node);
  }
  const dress = (position) => dressChunk(chunks[Math.floor(position / CHUNK)]);
  const dressAround = (position) => {
    for (const by of [-CHUNK, 0, CHUNK]) if (position + by >= 0 && position + by < pieces.length) dress(position + by);
  };
  return { items, dress, dressAround, visible, close: () => watcher?.disconnect() };
}

/** {node, update({weights, most, curve, scale, isSigned, selected, hovered}), close()}; calls back with a position, or null. */
export function prose(pieces, label, { onHover, onSelect }) {
  const node = element("div", { class: "aigc-prose aigc-text", role: "listbox", "aria-label": label });
  let look = null;
  const text = chunked(node, pieces, () => look && shade());
  const positionOf = (event) => {
    const item = event.target.closest?.(".aigc-token");
    return item ? Number(item.dataset.position) : null;
  };
  node.addEventListener("pointerover", (event) => event.pointerType !== "touch" && onHover(positionOf(event)));
  node.addEventListener("pointerleave", () => onHover(null));
  node.addEventListener("click", (event) => positionOf(event) !== null && onSelect(positionOf(event)));
  node.addEventListener("keydown", (event) => {
    const from = positionOf(event);
    if (event.ctrlKey || event.metaKey || event.altKey || from === null) return;
    text.dressAround(from);
    const to = neighbour(event.key, from, pieces.length === text.items.length ? text.items : Object.assign([], text.items, { length: pieces.length }));
    if (to === null || to < 0 || to >= pieces.length) return;
    event.preventDefault();
    text.dress(to);
    text.items[to].focus();
    onSelect(to);
  });

  const shadeOne = (item, position) => {
    const { weights, most, curve, scale, isSigned, selected, hovered } = look;
    const weight = weights?.[position] ?? 0;
    const size = weight === 0 ? 0 : place(Math.abs(weight), most, curve);
    const at = isSigned ? 0.5 + (Math.sign(weight) * size) / 2 : size;
    const style = item.lastChild.style;
    style.backgroundColor = size > FAINTEST ? scale.css(at) : "";
    style.color = size > FAINTEST ? scale.ink(at) : "";
    item.setAttribute("aria-selected", String(position === selected));
    item.tabIndex = position === (selected ?? 0) ? 0 : -1;
    item.toggleAttribute("data-hovered", position === hovered);
  };
  const shade = () => {
    for (const { first, end } of text.visible) {
      for (let position = first; position < end; position += 1) shadeOne(text.items[position], position);
    }
  };
  let shownAt = null;
  const update = (next) => {
    look = next;
    if (look.selected !== null && look.selected !== shownAt) text.dress(look.selected);
    shade();
    if (look.selected !== null && look.selected !== shownAt && node.clientHeight) scrollTo(look.selected);
    shownAt = look.selected;
  };
  const scrollTo = (position) => {
    const [box, token] = [node.getBoundingClientRect(), text.items[position].getBoundingClientRect()];
    if (token.bottom > box.bottom) node.scrollTop += token.bottom - box.bottom + 8;
    if (token.top < box.top) node.scrollTop -= box.top - token.top + 8;
  };
  return { node, update, close: text.close };
}
