// Comes in: the view. Goes out: the maps on its screen as numbers, as a table, and as a drawing whose names stand exactly at
// their tokens. The same measures as aigc_toolkit/views/export_drawing.py.

import { index, place, weightAt } from "./color_scale.js";
import { exactly, table } from "./export_csv.js";
import { labelText, shortened } from "./token_text.js";

const [SIDE, LARGEST_CELL, LEFT, TOP, GAP] = [560, 26, 132, 64, 48]; // pixels
const [NUM_RECTANGLES, PICTURE_SIDE, LARGEST_TABLE] = [4096, 512, 4e6]; // cells
const SMALL = 10; // type, in pixels
export const NORMAL = 12;
export const LARGE = 14;
export const LONGEST = 18; // characters of a name

/** The maps on the screen: [{part, model, of, rows, columns}], two where they stand side by side. */
function shownMaps({ payload, store, part }) {
  const state = store.get();
  const { attentions } = payload;
  const ofs = state.map === "side by side" && attentions.length === 2 ? [0, 1] : [state.of];
  return ofs.map((of) => {
    const its = part({ ...state, of });
    const [numRows, numKeys] = [its.tokens.length, (its.key_tokens ?? its.tokens).length];
    const [top, bottom, left, right] = state.zoom ?? [0, numRows, 0, numKeys];
    const ends = { rows: [top, Math.min(bottom, numRows)], columns: [left, Math.min(right, numKeys)] };
    return { part: its, keys: its.key_tokens ?? its.tokens, of, model: attentions[of === "difference" ? 0 : of].model_name, ...ends };
  });
}

const lengthOf = ([first, end]) => end - first;

async function tableOf({ source, store, text }, { part, keys, of, model, rows, columns }) {
  const { kind, layer, head } = store.get();
  if (lengthOf(rows) * lengthOf(columns) > LARGEST_TABLE) throw new Error(text.exportTooLarge(lengthOf(rows), lengthOf(columns)));
  const name = `${of === "difference" ? "difference of weights" : "weights"} of ${model}`;
  const header = ["query", name, ...keys.slice(...columns).map((token, i) => `${columns[0] + i} ${token}`)];
  const written = [header];
  const step = Math.max(1, Math.floor(2 ** 20 / keys.length));
  for (let first = rows[0]; first < rows[1]; first += step) {
    const end = Math.min(rows[1], first + step);
    const weights = await source.rows({ of, kind, layer, head, first, end });
    for (let row = first; row < end; row += 1) {
      const start = (row - first) * keys.length;
      written.push([row, part.tokens[row], ...Array.from(weights.subarray(start + columns[0], start + columns[1]), exactly)]);
    }
  }
  return table(written);
}

export async function mapTable(view) {
  const tables = [];
  for (const map of shownMaps(view)) tables.push(await tableOf(view, map));
  return tables.join("\n");
}

/** Cells whose every key comes after its every query, where attention is causal. */
function hiddenCells({ part, rows, columns }, kind, { height, width }) {
  if (!part.causal || kind === "cross") return () => false;
  const last = (row) => rows[0] + Math.floor(((row + 1) * lengthOf(rows)) / height) - 1;
  const first = (column) => columns[0] + Math.floor((column * lengthOf(columns)) / width);
  return (row, column) => first(column) > last(row) && first(column) < part.tokens.length;
}

function cellItems(map, state, { height, width, weights }, { x, y, cell }, look) {
  const isHidden = hiddenCells(map, state.kind, { height, width });
  const at = (row, column) => look.at(state.skip_first && map.columns[0] === 0 && column === 0 ? 0 : weights[row * width + column]);
  const [tall, wide] = [lengthOf(map.rows), lengthOf(map.columns)];
  if (height === tall && width === wide && height * width <= NUM_RECTANGLES) {
    const items = [];
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        if (isHidden(row, column)) continue;
        items.push({ type: "rect", x: x + column * cell, y: y + row * cell, width: cell, height: cell, color: look.hex(at(row, column)) });
      }
    }
    return items;
  }
  const bytes = new Uint8ClampedArray(4 * height * width); // hidden cells stay transparent
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (!isHidden(row, column)) bytes.set([...look.rgb(at(row, column)), 255], 4 * (row * width + column));
    }
  }
  return [{ type: "picture", x, y, width: wide * cell, height: tall * cell, pixels: { width, height, bytes } }];
}

function nameItems(tokens, [first, end], cell, item) {
  const stride = Math.max(1, Math.ceil(12 / cell));
  const items = [];
  for (let position = first; position < end; position += stride) {
    items.push({ type: "text", size: SMALL, anchor: "end", ...item(position, (position - first + 0.5) * cell, shortened(labelText(tokens[position]), LONGEST)) });
  }
  return items;
}

function legendItems(x, y, look, text) {
  const [wide, count] = [160, 64];
  const items = Array.from({ length: count }, (_, i) => ({
    type: "rect", x: x + (i * wide) / count, y, width: wide / count, height: 10, color: look.hex(i / (count - 1)),
  }));
  for (const t of [0, 0.5, 1]) {
    const value = look.signed ? (2 * t - 1) * look.most : weightAt(t, look.most, look.curve);
    const words = `${look.curve === "log" && t === 0 && !look.signed ? "≤ " : ""}${Number(value.toPrecision(2))}`.replace("-", "−");
    items.push({ type: "text", x: x + t * wide, y: y + 20, text: words, size: SMALL, color: look.muted, anchor: "middle" });
  }
  const name = text.exportWeight[look.signed ? "signed" : look.curve];
  items.push({ type: "text", x: x + wide + 16, y: y + 5, text: name, size: SMALL, color: look.muted });
  return items;
}

/** How numbers look: signed ones on the diverging scale, others on the sequential one and the curve. */
function lookOf(view, { of, columns }, weights, width) {
  const { curve, skip_first: skipFirst } = view.store.get();
  const signed = of === "difference";
  const { sequential, diverging } = view.colors();
  const scale = signed ? diverging : sequential;
  let most = 0;
  weights.forEach((weight, i) => {
    if (!(skipFirst && columns[0] === 0 && i % width === 0)) most = Math.max(most, Math.abs(weight));
  });
  most ||= 1;
  const at = (weight) => (signed ? 0.5 + (0.5 * weight) / most : place(weight, most, curve));
  const rgb = (t) => scale.bytes.subarray(3 * index(t), 3 * index(t) + 3);
  const hex = (t) => `#${Array.from(rgb(t), (part) => part.toString(16).padStart(2, "0")).join("")}`;
  return { signed, most, curve, at, rgb, hex };
}

/** {width, height, items}; `colors` are {ink, muted, line} of the theme. */
export async function mapDrawing(view, colors) {
  const { store, source, text } = view;
  const state = store.get();
  const drawing = { width: 0, height: 0, items: [] };
  for (const map of shownMaps(view)) {
    const { kind, layer, head } = state;
    const [numRows, numColumns] = [lengthOf(map.rows), lengthOf(map.columns)];
    const size = numRows * numColumns <= NUM_RECTANGLES ? Math.max(numRows, numColumns) : PICTURE_SIDE;
    const region = await source.region({ of: map.of, kind, layer, head, rows: map.rows, columns: map.columns, size });
    const look = { ...lookOf(view, map, region.weights, region.width), ...colors };
    const cell = Math.min(LARGEST_CELL, SIDE / Math.max(numRows, numColumns));
    const left = drawing.width + (drawing.width ? GAP : 0);
    const [x, y, wide, tall] = [left + LEFT, TOP, numColumns * cell, numRows * cell];
    const names = nameItems(map.keys, map.columns, cell, (position, at, name) => ({ x: x + at, y: y + tall + 6, text: `${position}  ${name}`, color: colors.ink, upright: true }));
    const under = 30 + 6 * Math.max(...names.map((item) => item.text.length));
    const model = map.of === "difference" ? text.exportDifference : labelText(map.model);
    drawing.items.push(
      ...cellItems(map, state, region, { x, y, cell }, look),
      { type: "line", x0: x, y0: y, x1: x, y1: y + tall, color: colors.line },
      { type: "line", x0: x, y0: y + tall, x1: x + wide, y1: y + tall, color: colors.line },
      ...nameItems(map.part.tokens, map.rows, cell, (position, at, name) => ({ x: x - 6, y: y + at, text: `${name}  ${position}`, color: colors.ink })),
      ...names,
      { type: "text", x: left + 12, y: 22, text: text.exportTitle({ model, kind, layer: map.part.layer_numbers?.[layer] ?? layer, head }), size: LARGE, color: colors.ink },
      { type: "text", x: left + 12, y: 42, text: text.exportMap(state.skip_first), size: NORMAL, color: colors.muted },
      ...legendItems(x, y + tall + under, look, text),
    );
    drawing.width = Math.max(drawing.width, left + LEFT + Math.max(wide, 300) + 24);
    drawing.height = Math.max(drawing.height, y + tall + under + 48);
  }
  return drawing;
}
