// Comes in: a part. Goes out: where its heads stand in the grid of all heads, how large their pictures are, and where arrow keys
// lead from one to the next. Pure arithmetic.

const LAYER_LABEL = 28; // pixels
const GAP = 4;
const GROUP_GAP = 10; // between heads of two key/value heads
const [SMALLEST, LARGEST] = [20, 64]; // of a picture; the smallest is, with the gap, a target of 24 px
const SORTED = 44;

/** Rows of the grid, top to bottom: layers with attention, and between them those without ({layer: null, number, what}). */
export function layerRows(part) {
  const others = Object.entries(part.other_layers ?? {}).map(([number, what]) => ({ layer: null, number: Number(number), what }));
  const numbers = part.layer_numbers ?? Array.from({ length: part.num_layers }, (_, layer) => layer);
  return [...numbers.map((number, layer) => ({ layer, number })), ...others].sort((a, b) => a.number - b.number);
}

/** Query heads per key/value head, and whether several share one. */
export function headGroups(part) {
  const isGrouped = part.num_key_value_heads > 1 && part.num_key_value_heads < part.num_heads;
  return { size: Math.max(1, part.num_heads / part.num_key_value_heads), isGrouped, count: part.num_key_value_heads };
}

/** The grid line at which a head's column starts: after the layer's number, and an empty column between groups. */
export function columnOf(part, head) {
  const { size, isGrouped } = headGroups(part);
  return 2 + head + (isGrouped ? Math.floor(head / size) : 0);
}

/** {tile, columns}: pixels a side of each picture and the columns of the grid, so that all fit into width x height. */
export function gridSize(part, [width, height], isSorted) {
  if (isSorted) return { tile: SORTED, columns: "" };
  const { size, isGrouped, count } = headGroups(part);
  const between = isGrouped ? (count - 1) * GROUP_GAP : 0;
  const numBands = Object.keys(part.other_layers ?? {}).length;
  const byWidth = Math.floor((width - 8 - LAYER_LABEL - between) / part.num_heads) - GAP;
  const byHeight = Math.floor((height - (isGrouped ? 36 : 18) - 18 * numBands) / part.num_layers) - GAP;
  const tile = Math.max(SMALLEST, Math.min(byWidth, byHeight, LARGEST));
  const group = `repeat(${size}, ${tile}px)`;
  const columns = isGrouped ? Array(count).fill(group).join(` ${GROUP_GAP - 2 * GAP}px `) : `repeat(${part.num_heads}, ${tile}px)`;
  return { tile, columns: `${LAYER_LABEL - GAP}px ${columns}` };
}

/** The index an arrow key leads to from `from`, null for other keys; `perRow` counts those of one line of a sorted list. */
export function neighbourHead(key, from, shown, { isSorted, perRow }) {
  const { layer, head } = shown[from];
  const indexOf = (l, h) => shown.findIndex((one) => one.layer === l && one.head === h);
  const along = { ArrowRight: from + 1, ArrowLeft: from - 1 }[key];
  if (along !== undefined) return along;
  const down = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (isSorted) return { Home: 0, End: shown.length - 1 }[key] ?? (down ? from + down * perRow : null);
  if (down) return indexOf(layer + down, head);
  return { Home: indexOf(layer, 0), End: indexOf(layer + 1, 0) < 0 ? shown.length - 1 : indexOf(layer + 1, 0) - 1 }[key] ?? null;
}
