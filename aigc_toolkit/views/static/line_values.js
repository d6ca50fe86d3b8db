// Comes in: a source and the name of a head. Goes out: the values of one group's row or column, exact, however long the
// text: a short text's head is fetched once, of a long one only the rows or columns asked for. Draws nothing.

import { columnOfGroup, edgesOf, rowOfGroup, rowsToRead } from "./links.js";

const WHOLE_HEAD = 2 ** 20; // numbers up to which a head is fetched whole
const BLOCK = 256; // rows and columns of a region that is never pooled

async function rowsOf(source, part, name, [first, end]) {
  const numKeys = (part.key_tokens ?? part.tokens).length;
  const numQueries = part.tokens.length;
  if (numQueries * numKeys > WHOLE_HEAD) return source.rows({ ...name, first, end });
  const rows = await source.rows({ ...name, first: 0, end: numQueries });
  return rows.subarray(first * numKeys, end * numKeys);
}

/** Columns first to end of every row, (T, end - first). */
async function columnsOf(source, part, name, [first, end]) {
  const numQueries = part.tokens.length;
  const width = end - first;
  const block = new Float32Array(numQueries * width);
  const numKeys = (part.key_tokens ?? part.tokens).length;
  if (numQueries * numKeys <= WHOLE_HEAD) {
    const rows = await rowsOf(source, part, name, [0, numQueries]);
    for (let row = 0; row < numQueries; row += 1) {
      block.set(rows.subarray(row * numKeys + first, row * numKeys + end), row * width);
    }
    return block;
  }
  for (let top = 0; top < numQueries; top += BLOCK) {
    const bottom = Math.min(numQueries, top + BLOCK);
    for (let left = first; left < end; left += BLOCK) {
      const right = Math.min(end, left + BLOCK);
      const region = await source.region({ ...name, rows: [top, bottom], columns: [left, right], size: BLOCK });
      for (let row = top; row < bottom; row += 1) {
        const from = (row - top) * (right - left);
        block.set(region.weights.subarray(from, from + right - left), row * width + left - first);
      }
    }
  }
  return block;
}

async function valuesOf(source, part, name, { reading, grouping, group, skipFirst }) {
  const queryEdges = edgesOf(part, "query", grouping);
  const keyEdges = edgesOf(part, "key", grouping);
  const numKeys = (part.key_tokens ?? part.tokens).length;
  if (reading !== "column") {
    const [first, end] = rowsToRead(queryEdges, group, reading);
    if (end <= first) return null; // nothing predicted the first token
    return rowOfGroup(await rowsOf(source, part, name, [first, end]), numKeys, keyEdges, { skipFirst });
  }
  const isSink = group === keyEdges.length - 1;
  const [first, end] = isSink ? [numKeys - 1, numKeys] : [keyEdges[group], keyEdges[group + 1]];
  const kept = skipFirst && first === 0 ? 1 : first;
  if (kept >= end) return null; // the first token is left out
  return columnOfGroup(await columnsOf(source, part, name, [kept, end]), end - kept, queryEdges);
}

/** Values between one group and all others, signed for "difference" (A − B); null where there is no such row or column. */
export async function lineValues({ source, part }, { of, kind, layer, head, ...line }) {
  if (of !== "difference") return valuesOf(source, part, { of, kind, layer, head }, line);
  const [a, b] = await Promise.all([0, 1].map((side) => valuesOf(source, part, { of: side, kind, layer, head }, line)));
  return a && a.map((value, index) => value - b[index]);
}
