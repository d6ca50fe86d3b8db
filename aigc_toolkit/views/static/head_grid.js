// Comes in: the heads of a part, in which order, and their small pictures as they arrive. Goes out: a button per head, laid
// out as layers x heads or as one sorted row that wraps; one is chosen by click or arrow keys. Asks for nothing.

import { extentOf } from "./attention_state.js";
import { element } from "./elements.js";
import { columnOf, gridSize, headGroups, layerRows, neighbourHead } from "./head_layout.js";
import { paintHead, seenPixels } from "./head_picture.js";
import { decimals } from "./numbers.js";

const FIRST_ROW = 3; // of the grid: above it the key/value heads and the heads' numbers

function label(axis, words, area) {
  const node = element("span", { class: "aigc-note", "data-axis": axis, "aria-hidden": "true", text: words });
  node.style.gridArea = area;
  return node;
}

function headButton(head, { values, nameOf }, text) {
  const name = nameOf(head);
  const note = values ? `${name}: ${decimals(values[head.index], 3)}` : name;
  const attributes = {
    class: "aigc-tile",
    type: "button",
    role: "radio",
    tabindex: -1,
    "aria-checked": "false",
    disabled: !head.isCarried,
    "aria-label": note,
    title: head.isCarried ? note : `${note}. ${text.notInPage}`,
  };
  const tile = element("button", attributes, [element("canvas", { width: 1, height: 1 })]);
  if (values) tile.append(element("span", { class: "aigc-score", text: decimals(values[head.index], 2) }));
  return tile;
}

/** Numbers of heads and layers, key/value heads, layers without attention, each at its place. */
function labelsOf(part, text) {
  const { size, isGrouped, count } = headGroups(part);
  const heads = Array.from({ length: part.num_heads }, (_, head) => label("head", head, `2 / ${columnOf(part, head)}`));
  const groups = Array.from({ length: isGrouped ? count : 0 }, (_, group) =>
    label("group", text.keyValueHead(group), `1 / ${columnOf(part, group * size)} / 2 / span ${size}`),
  );
  const rows = layerRows(part).map(({ layer, number, what }, i) => {
    if (layer !== null) return label("layer", number, `${FIRST_ROW + i} / 1`);
    const band = element("span", { class: "aigc-note aigc-other-layer", text: text.otherLayer(number, what) });
    band.style.gridArea = `${FIRST_ROW + i} / 1 / ${FIRST_ROW + i + 1} / -1`;
    return band;
  });
  return [...heads, ...groups, ...rows];
}

function putInPlace(part, shown, tiles) {
  const rowOf = new Map(layerRows(part).map(({ layer }, i) => [layer, FIRST_ROW + i]));
  shown.forEach(({ layer, head }, i) => {
    tiles[i].style.gridArea = `${rowOf.get(layer)} / ${columnOf(part, head)}`;
  });
}

/** {node, build({part, heads, values, isSorted, nameOf}), paint(layer, tiles, look), mark(state), focus(), resize(width, height)} */
export function headGrid(text, onChoose) {
  const grid = element("div", { class: "aigc-grid", role: "radiogroup", "aria-label": text.heads });
  const node = element("div", { class: "aigc-grid-scroll" }, [grid]);
  let [shown, tiles, part, isSorted, room] = [[], [], null, false, [0, 0]];

  const build = (next) => {
    [part, shown, isSorted] = [next.part, next.heads, next.isSorted];
    tiles = shown.map((head) => headButton(head, next, text));
    tiles.forEach((tile, i) => tile.addEventListener("click", () => onChoose(shown[i])));
    grid.toggleAttribute("data-sorted", isSorted);
    if (!isSorted) putInPlace(part, shown, tiles);
    const nothing = element("p", { class: "aigc-note", text: text.noHeads });
    grid.replaceChildren(...(isSorted ? [] : labelsOf(part, text)), ...(tiles.length ? tiles : [nothing]));
    fit();
  };
  const paint = (layer, { side, bytes }, look) => {
    const sees = { causal: part.causal, window: part.sees?.[layer]?.window ?? null };
    const seen = seenPixels(side, extentOf(part), sees, look.skipsFirst);
    shown.forEach((head, i) => {
      if (head.layer !== layer || !head.isCarried) return;
      paintHead(tiles[i].firstChild, bytes.subarray(head.head * side * side, (head.head + 1) * side * side), side, seen, look);
      tiles[i].toggleAttribute("data-drawn", true);
    });
  };
  const mark = ({ layer, head }) => {
    const chosen = shown.findIndex((one) => one.layer === layer && one.head === head);
    tiles.forEach((tile, i) => {
      tile.setAttribute("aria-checked", String(i === chosen));
      tile.tabIndex = i === Math.max(0, chosen) ? 0 : -1;
    });
    if (chosen >= 0) keepInSight(tiles[chosen]);
  };
  const keepInSight = (tile) => {
    if (node.scrollHeight <= node.clientHeight + 4 && node.scrollWidth <= node.clientWidth + 4) return;
    const [box, inner] = [node.getBoundingClientRect(), tile.getBoundingClientRect()];
    node.scrollTop += Math.max(0, inner.bottom - box.bottom + 6) - Math.max(0, box.top - inner.top + 6);
    node.scrollLeft += Math.max(0, inner.right - box.right + 6) - Math.max(0, box.left - inner.left + 6);
  };
  const fit = () => {
    if (!part || !room[0]) return;
    const { tile, columns } = gridSize(part, room, isSorted);
    grid.style.setProperty("--tile", `${tile}px`);
    grid.style.gridTemplateColumns = columns;
    node.style.maxHeight = `${Math.max(room[1], 120)}px`;
    node.style.width = isSorted ? `${room[0] + 8}px` : "";
  };
  const resize = (width, height) => {
    room = [width, height];
    fit();
  };

  const perRow = () => {
    const at = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
    return at < 0 ? shown.length : at;
  };
  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = tiles.indexOf(document.activeElement);
    let to = from < 0 ? null : neighbourHead(event.key, from, shown, { isSorted, perRow: perRow() });
    if (to === null) return;
    event.preventDefault();
    while (tiles[to]?.disabled) to += to < from ? -1 : 1; // a page may not carry it
    if (!tiles[to]) return;
    tiles[to].focus();
    onChoose(shown[to]);
  });
  const focus = () => tiles.find((tile) => tile.tabIndex === 0)?.focus();
  return { node, build, paint, mark, focus, resize };
}
