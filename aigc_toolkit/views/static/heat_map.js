// Comes in: one head's T x T weights. Goes out: the map on a canvas, query down, key across; tokens on both axes when
// they fit, positions when they do not; a cross-hair that follows pointer and arrow keys. Fetches nothing.

import { element } from "./elements.js";
import { labelText, shortened } from "./token_text.js";
import { index, place } from "./color_scale.js";

const FONT_PIXELS = 11; // of axis tokens: the small size of type, tightened to sit one per row
const SPACE_FOR_LABEL = 12; // pixels per token from which every token is named

/** The largest weight of each of n x n blocks: what a picture smaller than the matrix may show without hiding a peak. */
function pooled(weights, numTokens, n) {
  const blocks = new Float32Array(n * n);
  const block = Uint16Array.from({ length: numTokens }, (_, i) => Math.floor((i * n) / numTokens));
  for (let q = 0; q < numTokens; q += 1) {
    for (let k = 0; k < numTokens; k += 1) {
      const at = block[q] * n + block[k];
      const weight = weights[q * numTokens + k];
      if (weight > blocks[at]) blocks[at] = weight;
    }
  }
  return blocks;
}

function picture(weights, n, { most, curve, scale, skipFirst, causal }) {
  const image = new ImageData(n, n);
  for (let q = 0; q < n; q += 1) {
    for (let k = 0; k < (causal ? q + 1 : n); k += 1) {
      if (skipFirst && k === 0) continue;
      const color = 3 * index(place(weights[q * n + k], most, curve));
      image.data.set(scale.bytes.subarray(color, color + 3), 4 * (q * n + k));
      image.data[4 * (q * n + k) + 3] = 255;
    }
  }
  const canvas = element("canvas", { width: n, height: n });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Where things stand, in CSS pixels: `left` and `top` for the labels, `side` of the square, `cell` per token. */
function layout(width, numTokens, height) {
  const ratio = window.devicePixelRatio || 1;
  const left = width < 420 ? 60 : 84;
  const cellFor = (top) => Math.min(36, Math.max(120, Math.min(width - left - 2, height - top)) / numTokens);
  const isNamed = cellFor(left) >= SPACE_FOR_LABEL;
  const top = isNamed ? left : 24;
  const cell = isNamed ? Math.floor(cellFor(top) * ratio) / ratio : cellFor(top);
  return { left, top, cell, side: cell * numTokens, isNamed };
}

function prepare(canvas, { left, top, side }) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [left + side + 2, top + side + 2];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = `${FONT_PIXELS}px ${getComputedStyle(canvas).getPropertyValue("--aigc-mono")}`;
  context.textBaseline = "middle";
  return context;
}

function fitted(context, text, room) {
  let label = shortened(text, 24);
  for (let n = 23; n > 1 && context.measureText(label).width > room; n -= 1) label = shortened(text, n);
  return label;
}

/** A query's label stands left of its row; a key's above its column, upright when every token is named. */
function drawLabel(context, text, axis, { left, top, cell, side, isNamed }, position, ground) {
  const label = fitted(context, text, left - 8);
  const width = context.measureText(label).width + 4;
  const ink = context.fillStyle;
  context.save();
  if (axis === "query") context.translate(left - 6, top + (position + 0.5) * cell);
  else if (isNamed) context.translate(left + (position + 0.5) * cell, top - 6);
  else context.translate(Math.min(left + (position + 0.5) * cell, left + side - width / 2 + 2), top - 12);
  if (axis === "key" && isNamed) context.rotate(-Math.PI / 2);
  context.textAlign = axis === "query" ? "right" : isNamed ? "left" : "center";
  if (ground) {
    context.fillStyle = ground;
    if (axis === "query") context.fillRect(4 - left, -9, left - 2, 18);
    else if (isNamed) context.fillRect(-3, -8, top - 2, 16);
    else context.fillRect(-width / 2 - 8, -9, width + 16, 18);
    context.fillStyle = ink;
  }
  context.fillText(label, 0, 0);
  context.restore();
}

function drawAxes(context, labels, frame, color) {
  context.fillStyle = color("--aigc-muted");
  const step = frame.isNamed ? 1 : ([2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((n) => n * frame.cell >= 36) ?? 5000);
  for (let i = 0; i < labels.length; i += step) {
    for (const axis of ["query", "key"]) drawLabel(context, frame.isNamed ? labels[i] : String(i), axis, frame, i);
  }
}

function drawCrossHair(context, labels, frame, { query, key }, color) {
  const { left, top, cell, side } = frame;
  const thick = Math.max(cell, 3);
  const from = (i) => (i + 0.5) * cell - thick / 2;
  const ground = color("--aigc-ground");
  context.strokeStyle = context.fillStyle = color("--aigc-accent");
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  if (query !== null) context.strokeRect(left - 0.5, top + from(query) - 0.5, side + 1, thick + 1);
  if (key !== null) context.strokeRect(left + from(key) - 0.5, top - 0.5, thick + 1, side + 1);
  context.lineWidth = 2;
  context.globalAlpha = 1;
  if (query !== null && key !== null) context.strokeRect(left + from(key) - 1, top + from(query) - 1, thick + 2, thick + 2);
  if (query !== null) drawLabel(context, labels[query], "query", frame, query, ground);
  if (key !== null) drawLabel(context, labels[key], "key", frame, key, ground);
}

/** {node, draw(look), point(cell), resize(width, height)}; calls onPoint({query, key}) or onPoint(null). */
export function heatMap(tokens, text, { onPoint, onPick }) {
  const base = element("canvas", { "aria-hidden": "true" });
  const over = element("canvas", { "aria-hidden": "true" });
  const name = `${text.map}. ${text.mapHelp}`;
  const node = element("div", { class: "aigc-map", tabindex: 0, role: "group", "aria-label": name }, [base, over]);
  const labels = tokens.map((token) => labelText(token));
  let frame = null;
  let look = null;
  let cell = { query: null, key: null };
  const color = (name) => getComputedStyle(node).getPropertyValue(name).trim();

  const draw = (next) => {
    look = next;
    if (!frame) return;
    const { left, top, side, cell: size } = frame;
    const context = prepare(base, frame);
    drawAxes(context, labels, frame, color);
    if (look.weights) {
      const pixels = Math.floor(side * (window.devicePixelRatio || 1));
      const n = Math.min(tokens.length, pixels);
      const shown = n === tokens.length ? look.weights : pooled(look.weights, tokens.length, n);
      context.imageSmoothingEnabled = false;
      context.drawImage(picture(shown, n, look), left, top, side, side);
      for (let i = 1; frame.isNamed && i < tokens.length; i += 1) {
        context.clearRect(left + i * size - 0.5, top, 1, side);
        context.clearRect(left, top + i * size - 0.5, side, 1);
      }
    }
    point(cell);
  };
  const point = (next) => {
    cell = next;
    if (frame) drawCrossHair(prepare(over, frame), labels, frame, cell, color);
  };
  const resize = (width, height) => {
    frame = width > 0 ? layout(width, tokens.length, height) : null;
    if (frame) node.style.height = `${frame.top + frame.side + 2}px`;
    if (look) draw(look);
  };
  const cellAt = (event) => {
    const box = base.getBoundingClientRect();
    const query = Math.floor((event.clientY - box.top - frame.top) / frame.cell);
    const key = Math.floor((event.clientX - box.left - frame.left) / frame.cell);
    const inside = (i) => i >= 0 && i < tokens.length;
    return inside(query) && inside(key) ? { query, key } : null;
  };
  over.addEventListener("pointermove", (event) => frame && onPoint(cellAt(event)));
  over.addEventListener("pointerleave", () => onPoint(null));
  over.addEventListener("click", (event) => frame && cellAt(event) && onPick(cellAt(event)));
  node.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const held = (i) => Math.min(tokens.length - 1, Math.max(0, i));
    onPoint({ query: held((cell.query ?? 0) + step[0]), key: held((cell.key ?? 0) + step[1]) });
  });
  node.addEventListener("blur", () => onPoint(null));
  return { node, draw, point, resize };
}
