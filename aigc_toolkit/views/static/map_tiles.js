// Comes in: what is seen of a long head. Goes out: its tiles, each 256 bins a side of a power-of-two number of cells, asked
// for when somebody looks, painted once and kept. Until a tile is there the coarser picture shows through.

import { headName } from "./head_base.js";
import { mayBeSeen, painted, shrunk } from "./map_picture.js";

const SIDE = 256; // bins a side of a tile
const KEPT = 96; // painted tiles
const AT_ONCE = 3; // requests under way

/** Cells per bin, a power of two, so that a bin is at least one device pixel and no peak falls between two. */
export function binCells(cellsPerPixel) {
  return 2 ** Math.max(0, Math.ceil(Math.log2(cellsPerPixel) - 1e-6));
}

/** Tiles of the window, the middle ones first: [{name, rows, columns}]. */
export function tilesIn(window, cells, { numRows, numColumns }, { firstKey, sees }) {
  const size = SIDE * cells;
  const found = [];
  const [middleRow, middleColumn] = [(window.top + window.bottom) / 2, (window.left + window.right) / 2];
  const near = (range, middle) => Math.abs((range[0] + range[1]) / 2 - middle);
  for (let i = Math.floor(window.top / size); i * size < window.bottom; i += 1) {
    const rows = [i * size, Math.min(numRows, (i + 1) * size)];
    for (let j = Math.max(0, Math.floor((window.left - firstKey) / size)); firstKey + j * size < window.right; j += 1) {
      const columns = [firstKey + j * size, Math.min(numColumns, firstKey + (j + 1) * size)];
      if (columns[0] < columns[1] && mayBeSeen(rows, columns, sees)) found.push({ name: `${cells} ${i} ${j}`, rows, columns, cells });
    }
  }
  return found.sort((a, b) => near(a.rows, middleRow) + near(a.columns, middleColumn) - near(b.rows, middleRow) - near(b.columns, middleColumn));
}

/** {ask(tiles), get(name) -> {rows, columns, canvas}, repaint(look), close()}; tells `onArrive`, or `onFail(error)`. */
export function mapTiles(source, state, look, { onArrive, onFail }) {
  const kept = new Map();
  const asked = new Set();
  let [waiting, isClosed, now] = [[], false, look];
  const next = () => {
    while (asked.size < AT_ONCE && waiting.length) fetchTile(waiting.shift());
  };
  const fetchTile = async ({ name, rows, columns, cells }) => {
    if (kept.has(name) || asked.has(name)) return;
    asked.add(name);
    try {
      const region = await source.region({ ...headName(state), rows, columns, size: SIDE });
      if (isClosed) return;
      const bins = [rows, columns].map(([first, end]) => Math.ceil((end - first) / cells)); // fewer than SIDE at the edges
      const tile = shrunk({ ...region, rows, columns }, ...bins);
      kept.set(name, { region: tile, rows, columns, canvas: painted(tile, now) });
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      onArrive();
    } catch (error) {
      if (!isClosed) onFail(error);
    } finally {
      asked.delete(name);
    }
    if (!isClosed) next();
  };
  const ask = (tiles) => {
    waiting = tiles.filter(({ name }) => !kept.has(name) && !asked.has(name));
    next();
  };
  const repaint = (newLook) => {
    now = newLook;
    for (const tile of kept.values()) tile.canvas = painted(tile.region, now);
  };
  const close = () => {
    isClosed = true;
    waiting = [];
  };
  return { ask, get: (name) => kept.get(name), repaint, close };
}
