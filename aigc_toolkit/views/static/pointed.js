// Comes in: what is pinned and what the pointer is on. Goes out: the one token everything follows, and the row or column
// that is read for it. Asks for nothing and draws nothing.

import { queryOf, readingIn } from "./readings.js";

/** The token of the focus side that belongs to a cell [query, key]. */
export function tokenOfCell(part, reading, [query, key]) {
  if (reading === "column") return key;
  return reading === "predict" ? Math.min(query + 1, part.tokens.length - 1) : query;
}

/** {reading, token, query, key}: `token` is followed, and `query` or `key` says which row or column that is. */
export function pointedAt(part, state, { token: hovered, cell }) {
  const reading = readingIn(part, state);
  const token = hovered ?? (cell ? tokenOfCell(part, reading, cell) : state.token);
  const query = queryOf(reading, token);
  return { reading, token, query, key: reading === "column" ? token : null };
}

/** The position of the largest value, null where there is none above 0. */
export function largestAt(values) {
  let at = null;
  values?.forEach((value, i) => {
    if (value !== 0 && (at === null || Math.abs(value) > Math.abs(values[at]))) at = i;
  });
  return at;
}
