// Comes in: one small picture per layer and head (bytes, square-root coded). Goes out: the grid of all heads, one of
// them chosen by click or arrow keys. Knows nothing of tokens.

import { element, roving } from "./elements.js";

const GAP = 4;
const LABEL_WIDTH = 28;

function paint(canvas, picture, side, { scale, skipFirst, causal }) {
  const image = new ImageData(side, side);
  for (let i = 0; i < picture.length; i += 1) {
    const empty = (skipFirst && i % side === 0) || (causal && i % side > Math.floor(i / side));
    image.data.set(scale.bytes.subarray(3 * picture[i], 3 * picture[i] + 3), 4 * i);
    image.data[4 * i + 3] = empty ? 0 : 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** {node, update({layer, head, scale, skipFirst}), resize(width, height)}; `pictures(layer, head)` gives side x side bytes. */
export function headGrid({ numLayers, numHeads, side, pictures, causal }, text, onChoose) {
  const node = element("div", { class: "aigc-grid-scroll" });
  const grid = element("div", { class: "aigc-grid", role: "radiogroup", "aria-label": text.heads });
  node.append(grid);
  const label = (axis, words) => element("span", { class: "aigc-note", "data-axis": axis, "aria-hidden": "true", text: words });
  grid.append(label("layer", ""), ...Array.from({ length: numHeads }, (_, head) => label("head", head)));
  const tiles = [];
  for (let layer = 0; layer < numLayers; layer += 1) {
    grid.append(label("layer", layer));
    for (let head = 0; head < numHeads; head += 1) {
      const name = text.headName(layer, head);
      const attributes = { class: "aigc-tile", type: "button", role: "radio", "aria-label": name, title: name, tabindex: -1 };
      const tile = element("button", attributes, [element("canvas", { width: side, height: side })]);
      tile.addEventListener("click", () => onChoose(layer, head));
      tiles.push(tile);
      grid.append(tile);
    }
  }
  const move = (key, from) => {
    const head = from % numHeads;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, ArrowDown: from + numHeads, ArrowUp: from - numHeads }[key];
    return to ?? { Home: from - head, End: from - head + numHeads - 1 }[key] ?? null;
  };
  roving(grid, () => tiles, move, (to) => onChoose(Math.floor(to / numHeads), to % numHeads));

  let painted = null;
  const update = ({ layer, head, scale, skipFirst }) => {
    tiles.forEach((tile, i) => {
      const chosen = i === layer * numHeads + head;
      tile.setAttribute("aria-checked", String(chosen));
      tile.tabIndex = chosen ? 0 : -1;
    });
    if (painted?.scale === scale && painted.skipFirst === skipFirst) return;
    painted = { scale, skipFirst };
    tiles.forEach((tile, i) =>
      paint(tile.firstChild, pictures(Math.floor(i / numHeads), i % numHeads), side, { scale, skipFirst, causal }),
    );
  };
  const resize = (width, height) => {
    const byWidth = Math.floor((width - LABEL_WIDTH - 8) / numHeads) - GAP;
    const byHeight = Math.floor((height - 20) / numLayers) - GAP;
    const tile = Math.max(20, Math.min(byWidth, byHeight, 72));
    grid.style.gridTemplateColumns = `${LABEL_WIDTH}px repeat(${numHeads}, ${tile}px)`;
    for (const item of tiles) item.style.height = `${tile}px`;
    node.style.maxHeight = `${Math.max(height, 120) + 8}px`;
  };
  return { node, update, resize };
}
