// Comes in: the groups of tokens on both sides and the links to draw. Goes out: the text as prose with arcs behind it,
// above the line or from line to line. Of a long text only the passages around the links are shown. Fetches nothing.

import { element, roving } from "./elements.js";
import { arc, lineLook, strokeOf } from "./line_look.js";
import { shape } from "./svg.js";
import { neighbour, proseToken } from "./token_row.js";

const WHOLE_TEXT = 600; // groups up to which the whole text stands there
const AROUND = 14; // groups shown on each side of one that is linked
const PASSAGES = 16; // links whose surroundings are shown
const WORD = 25; // pixels a line of words takes
const LINES = [46, 104]; // least and most height of a line of text with the room for arcs above it

/** Indices to show, in order: all, or those around the `wanted` ones. */
function passages(size, wanted) {
  if (size <= WHOLE_TEXT) return Array.from({ length: size }, (_, i) => i);
  const shown = new Set();
  for (const index of wanted) {
    for (let i = Math.max(0, index - AROUND); i <= Math.min(size - 1, index + AROUND); i += 1) shown.add(i);
  }
  return Array.from(shown).sort((a, b) => a - b);
}

/** One block of prose: {node, items: Map of index -> element, show(indices)}. */
function block(axis, text) {
  const node = element("div", { class: "aigc-prose" });
  const items = new Map();
  let shown = "";
  const show = (indices) => {
    if (indices.join() === shown) return;
    shown = indices.join();
    items.clear();
    const parts = [];
    let last = -1;
    const gap = (from, to) => {
      if (to > from) parts.push(element("span", { class: "aigc-gap", text: text.groupsBetween(to - from) }));
    };
    for (const index of indices) {
      gap(last + 1, index);
      const item = proseToken(axis.prose(index), { class: "aigc-token", "data-index": index });
      if (axis.isSink(index)) item.classList.add("aigc-sink");
      items.set(index, item);
      parts.push(item);
      last = index;
    }
    gap(last + 1, axis.size);
    node.replaceChildren(...parts);
  };
  return { node, items, show };
}

const middle = (item, content) => {
  const rects = Array.from(item.lastChild.getClientRects());
  if (!rects.length) return null;
  const rect = rects.reduce((widest, next) => (next.width > widest.width ? next : widest));
  const box = content.getBoundingClientRect();
  return { x: rect.left + rect.width / 2 - box.left, top: rect.top - box.top, bottom: rect.bottom - box.top };
};

/** {d, pad}: the path, and the edge of the word at which it arrives. */
function pathBetween(from, to, look) {
  const isSameLine = Math.abs(from.top - to.top) < 4;
  const isUp = to.top < from.top;
  const pad = isUp && !isSameLine ? "bottom" : "top";
  const start = isUp || isSameLine ? from.top : from.bottom;
  return { d: arc([from.x, start], [to.x, to[pad]], { ...look, isSameLine }), pad };
}

/** {node, build(axes), draw(look)}; calls back with a group's index, or null on leaving. */
export function textLines(text, { onHover, onSelect }) {
  const curves = shape("svg", { class: "aigc-arcs", "aria-hidden": "true" });
  const content = element("div", { class: "aigc-arc-text" });
  const node = element("div", { class: "aigc-lines-text" }, [content]);
  let blocks = null;
  let [height, line] = [320, LINES[0]];

  const heading = (words) => element("h4", { class: "aigc-muted", text: words });
  const build = ({ query, key, isCross, focusSide }) => {
    const keys = block(key, text);
    const queries = isCross ? block(query, text) : keys;
    const focused = focusSide === "key" ? keys : queries;
    focused.node.setAttribute("role", "listbox");
    focused.node.setAttribute("aria-label", text.tokens);
    blocks = { keys, queries, focused, isCross, query, key, focusSide };
    content.replaceChildren(curves, ...(isCross ? [heading(text.source), keys.node, heading(text.target)] : []), queries.node);
    const indexOf = (event) => {
      const item = event.target.closest?.(".aigc-token");
      return item && focused.node.contains(item) ? Number(item.dataset.index) : null;
    };
    focused.node.addEventListener("pointerover", (event) => event.pointerType !== "touch" && onHover(indexOf(event)));
    focused.node.addEventListener("pointerleave", () => onHover(null));
    focused.node.addEventListener("click", (event) => indexOf(event) !== null && onSelect(indexOf(event)));
    const list = () => Array.from(focused.items.values());
    roving(focused.node, list, neighbour, (at) => onSelect(Number(list()[at].dataset.index), { isKeyboard: true }));
  };

  const showText = ({ rows, pinned }) => {
    const { keys, queries, query, key, isCross, focusSide } = blocks;
    const wanted = { query: new Set(), key: new Set() };
    if (pinned !== null) wanted[focusSide].add(pinned);
    for (const { focus, links } of rows) {
      wanted[focusSide].add(focus);
      for (const { index } of links.slice(0, PASSAGES)) wanted[focusSide === "query" ? "key" : "query"].add(index);
    }
    const fallback = [0, query.size - 1];
    const chosen = (side) => (wanted[side].size ? wanted[side] : fallback);
    if (!isCross) keys.show(passages(key.size, [...chosen("query"), ...wanted.key]));
    else {
      keys.show(passages(key.size, chosen("key")));
      queries.show(passages(query.size, chosen("query")));
    }
  };

  const mark = ({ pinned, focus }) => {
    const { keys, queries, focused } = blocks;
    for (const item of new Set([...keys.items.values(), ...queries.items.values()])) {
      for (const name of ["data-sign", "data-pad"]) item.removeAttribute(name);
    }
    const tab = focused.items.has(pinned) ? pinned : focused.items.keys().next().value;
    for (const [index, item] of focused.items) {
      item.setAttribute("aria-selected", String(index === pinned));
      item.toggleAttribute("data-focus", index === focus);
      item.tabIndex = index === tab ? 0 : -1;
    }
  };
  /** A bar on the edge of the word where its line arrives, so that a line to a short word is told from its neighbour's. */
  const land = (item, pad, { color, sign }) => {
    item.dataset.pad = pad;
    item.style.setProperty("--aigc-link", color);
    if (sign) item.dataset.sign = sign;
  };
  /** A short text gets higher lines, so that arcs have more room. */
  const space = () => {
    const prose = [...new Set([blocks.keys.node, blocks.queries.node])];
    const numLines = prose.reduce((sum, box) => sum + Math.round(box.offsetHeight / line), 0);
    if (!numLines) return;
    line = Math.round(Math.min(LINES[1], Math.max(LINES[0], (height - 30 * prose.length) / (numLines + 0.5))));
    content.style.setProperty("--aigc-line-height", `${line}px`);
  };

  /** look: {rows: [{focus, links}], most, focus, pinned, isFaint, state, scales}; gives the number of links not in sight. */
  const draw = (look) => {
    if (look.mayMove) showText(look);
    mark(look);
    space();
    const { focused, keys, queries, focusSide } = blocks;
    const others = focusSide === "query" ? keys : queries;
    const places = new Map();
    const at = (item) => {
      if (!places.has(item)) places.set(item, middle(item, content));
      return places.get(item);
    };
    const paths = [];
    let numHidden = 0;
    for (const { focus, links } of look.rows) {
      const from = focused.items.get(focus);
      for (const { index, weight } of links) {
        const to = others.items.get(index);
        const ends = from && to && [at(from), at(to)];
        if (!ends?.[0] || !ends[1]) numHidden += 1;
        else {
          const style = lineLook(look.scales, look.state, weight, look.most);
          const { d, pad } = pathBetween(...ends, { room: line - WORD, width: content.clientWidth });
          if (!look.isFaint) land(to, pad, style);
          if (from !== to) paths.push([weight, { d, "data-from": focus, "data-to": index, ...strokeOf(style, look) }]);
        }
      }
    }
    paths.sort((a, b) => Math.abs(a[0]) - Math.abs(b[0])); // the strongest on top
    curves.replaceChildren(...paths.map(([, attributes]) => shape("path", attributes)));
    return numHidden;
  };
  const resize = (room) => {
    height = room;
  };
  /** Scrolls this box, and nothing around it, until the group is in sight. */
  const reveal = (index) => {
    const item = blocks?.focused.items.get(index);
    if (!item) return;
    const [box, place] = [node.getBoundingClientRect(), item.getBoundingClientRect()];
    if (place.bottom > box.bottom) node.scrollTop += place.bottom - box.bottom + 8;
    if (place.top - line + WORD < box.top) node.scrollTop -= box.top - place.top + line;
  };
  const focusOn = (index) => blocks?.focused.items.get(index)?.focus({ preventScroll: true });
  return { node, build, draw, resize, reveal, focusOn };
}
