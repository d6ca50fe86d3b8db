// Comes in: the heads of a part, in which order, and their small pictures as they arrive. Goes out: a button per head, laid
// out as layers x heads or as one sorted row that wraps; one is chosen by click or arrow keys. Asks for nothing.

import { extentOf } from "./attention_state.js";
import { element } from "./elements.js";
import { paintHead, seenPixels } from "./head_picture.js";
import { decimals } from "./numbers.js";

const LAYER_LABEL = 28;
const GAP = 4;
const GROUP_GAP = 10; // between heads of two key/value heads
const SMALLEST = 20; // with the gap, a target of 24 px
const LARGEST = 64;

function label(axis, words) {
  return element("span", { class: "aigc-note", "data-axis": axis, "aria-hidden": "true", text: words });
}

/** {node, build({part, heads, values, isSorted, nameOf}), paint(layer, tiles, look), mark(state), resize(width, height)} */
export function headGrid(text, onChoose) {
  const grid = element("div", { class: "aigc-grid", role: "radiogroup", "aria-label": text.heads });
  const node = element("div", { class: "aigc-grid-scroll" }, [grid]);
  let [shown, tiles, part, groupSize, isSorted, room] = [[], [], null, 0, false, [0, 0]];

  const tileOf = (head, { values, nameOf }) => {
    const name = nameOf(head);
    const note = values ? `${name}: ${decimals(values[head.index], 3)}` : name;
    const picture = element("canvas", { width: 1, height: 1 });
    const attributes = { class: "aigc-tile", type: "button", role: "radio", "aria-label": note, title: head.isCarried ? note : `${note}. ${text.notInPage}`, tabindex: -1 };
    const tile = element("button", { ...attributes, "aria-checked": "false", disabled: !head.isCarried }, [picture]);
    tile.addEventListener("click", () => onChoose(head));
    if (values) tile.append(element("span", { class: "aigc-score", text: decimals(values[head.index], 2) }));
    return tile;
  };
  const isGrouped = () => part.num_key_value_heads > 1 && part.num_key_value_heads < part.num_heads;

  const column = (head) => 2 + head + (isGrouped() ? Math.floor(head / groupSize) : 0);
  const inPlace = () => {
    const nodes = [];
    for (let head = 0; head < part.num_heads; head += 1) nodes.push(at(label("head", head), 2, column(head)));
    if (isGrouped()) {
      for (let group = 0; group < part.num_key_value_heads; group += 1) {
        const brace = label("group", text.keyValueHead(group));
        brace.style.gridArea = `1 / ${column(group * groupSize)} / 2 / span ${groupSize}`;
        nodes.push(brace);
      }
    }
    rowsOf(part).forEach(({ layer, number, what }, i) => {
      if (layer === null) {
        const band = element("span", { class: "aigc-note aigc-other-layer", text: text.otherLayer(number, what) });
        band.style.gridArea = `${i + 3} / 1 / ${i + 4} / -1`;
        nodes.push(band);
        return;
      }
      nodes.push(at(label("layer", number), i + 3, 1));
      shown.forEach((head, j) => head.layer === layer && nodes.push(at(tiles[j], i + 3, column(head.head))));
    });
    return nodes;
  };
  const at = (item, row, place) => {
    item.style.gridArea = `${row} / ${place}`;
    return item;
  };

  const build = (next) => {
    [part, shown, isSorted] = [next.part, next.heads, next.isSorted];
    groupSize = Math.max(1, part.num_heads / part.num_key_value_heads);
    tiles = shown.map((head) => tileOf(head, next));
    grid.toggleAttribute("data-sorted", isSorted);
    const nothing = element("p", { class: "aigc-note", text: text.noHeads });
    grid.replaceChildren(...(isSorted ? (tiles.length ? tiles : [nothing]) : inPlace()));
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
    if (chosen >= 0 && node.scrollHeight > node.clientHeight + 4) keepInSight(tiles[chosen]);
  };
  const keepInSight = (tile) => {
    const [box, inner] = [node.getBoundingClientRect(), tile.getBoundingClientRect()];
    if (inner.bottom > box.bottom) node.scrollTop += inner.bottom - box.bottom + 6;
    if (inner.top < box.top) node.scrollTop -= box.top - inner.top + 6;
  };

  const widthFor = (size) => (isGrouped() ? part.num_key_value_heads - 1 : 0) * GROUP_GAP + LAYER_LABEL + part.num_heads * (size + GAP);
  const fit = () => {
    if (!part || !room[0]) return;
    const numRows = rowsOf(part).filter((row) => row.layer !== null).length;
    const heading = isGrouped() ? 36 : 18;
    const bands = 18 * Object.keys(part.other_layers ?? {}).length;
    const byWidth = Math.floor((room[0] - widthFor(0) - 8) / part.num_heads);
    const byHeight = Math.floor((room[1] - heading - bands) / numRows) - GAP;
    const size = isSorted ? 44 : Math.max(SMALLEST, Math.min(byWidth, byHeight, LARGEST));
    grid.style.setProperty("--tile", `${size}px`);
    node.style.maxHeight = `${Math.max(room[1], 120)}px`;
    node.style.width = isSorted ? `${room[0] + 8}px` : "";
    if (isSorted) {
      grid.style.gridTemplateColumns = "";
      return;
    }
    const group = `repeat(${groupSize}, ${size}px)`;
    const columns = isGrouped() ? Array(part.num_key_value_heads).fill(group).join(` ${GROUP_GAP - GAP - GAP}px `) : `repeat(${part.num_heads}, ${size}px)`;
    grid.style.gridTemplateColumns = `${LAYER_LABEL - GAP}px ${columns}`;
  };
  const resize = (width, height) => {
    room = [width, height];
    fit();
  };

  const move = (key, from) => {
    const { layer, head } = shown[from];
    const index = (l, h) => shown.findIndex((one) => one.layer === l && one.head === h);
    if (key === "ArrowRight") return from + 1;
    if (key === "ArrowLeft") return from - 1;
    if (key === "Home") return isSorted ? 0 : index(layer, 0);
    if (key === "End") return isSorted ? shown.length - 1 : from - head + shown.filter((one) => one.layer === layer).length - 1;
    const down = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!down) return null;
    if (!isSorted) return index(layer + down, head);
    const perRow = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
    return from + down * (perRow < 0 ? shown.length : perRow);
  };
  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = tiles.indexOf(document.activeElement);
    if (from < 0 || move(event.key, from) === null) return;
    event.preventDefault();
    const step = ["ArrowLeft", "ArrowUp"].includes(event.key) ? -1 : 1;
    let to = move(event.key, from);
    while (to >= 0 && to < tiles.length && tiles[to].disabled) to += step;
    if (!tiles[to]) return;
    tiles[to].focus();
    onChoose(shown[to]);
  });
  return { node, build, paint, mark, resize };
}

/** Rows of the grid, top to bottom: layers with attention, and between them those without. */
function rowsOf(part) {
  const others = Object.entries(part.other_layers ?? {}).map(([number, what]) => ({ layer: null, number: Number(number), what }));
  const own = (part.layer_numbers ?? Array.from({ length: part.num_layers }, (_, i) => i)).map((number, layer) => ({ layer, number }));
  return [...own, ...others].sort((a, b) => a.number - b.number);
}
