// Comes in: the view and which head. Goes out: the picture of the whole head that everything starts from, and the largest
// weight in it: every weight of a short text, the largest of each bin of a long one. Draws nothing.

import { extentOf } from "./attention_state.js";

export const WHOLE_HEAD = 2 ** 18; // weights up to which a head is fetched whole: 512 x 512

export function isWhole(part) {
  const { numRows, numColumns } = extentOf(part);
  return numRows * (numColumns + 1) <= WHOLE_HEAD;
}

export function headName({ of, kind, layer, head }) {
  return { of, kind, layer, head };
}

function largest(weights, stride = 0) {
  let most = 0;
  for (let i = 0; i < weights.length; i += 1) {
    const size = weights[i] < 0 ? -weights[i] : weights[i];
    if (size > most && !(stride && i % stride === 0)) most = size;
  }
  return most;
}

/** Rows of a short text, the sink's column apart. */
function parted(weights, numRows, numColumns, hasSink) {
  if (!hasSink) return { kept: weights, sink: null };
  const [kept, sink] = [new Float32Array(numRows * numColumns), new Float32Array(numRows)];
  for (let row = 0; row < numRows; row += 1) {
    const from = row * (numColumns + 1);
    kept.set(weights.subarray(from, from + numColumns), row * numColumns);
    sink[row] = weights[from + numColumns];
  }
  return { kept, sink };
}

async function wholeHead(source, part, name) {
  const { numRows, numColumns } = extentOf(part);
  const weights = await source.rows({ ...name, first: 0, end: numRows });
  const { kept, sink } = parted(weights, numRows, numColumns, part.sinks);
  return { rows: [0, numRows], columns: [0, numColumns], height: numRows, width: numColumns, weights: kept, sink };
}

async function pooledHead(source, part, name, firstKey) {
  const { numRows, numColumns } = extentOf(part);
  const size = window.devicePixelRatio > 1 ? 1024 : 512;
  const [rows, columns] = [[0, numRows], [firstKey, numColumns]];
  const [region, sink] = await Promise.all([
    source.region({ ...name, rows, columns, size }),
    part.sinks ? source.region({ ...name, rows, columns: [numColumns, numColumns + 1], size }) : null,
  ]);
  return { rows, columns, ...region, sink: sink?.weights ?? null };
}

/** {rows, columns, height, width, weights, sink, most, isWhole}: a region, with the sink's column and the largest size. */
export async function headBase({ source }, part, state) {
  const [name, firstKey] = [headName(state), state.skip_first ? 1 : 0];
  if (isWhole(part)) {
    const head = await wholeHead(source, part, name);
    const most = Math.max(largest(head.weights, firstKey * head.width), head.sink ? largest(head.sink) : 0);
    return { ...head, most, isWhole: true };
  }
  const head = await pooledHead(source, part, name, firstKey);
  return { ...head, most: Math.max(largest(head.weights), head.sink ? largest(head.sink) : 0), isWhole: false };
}
