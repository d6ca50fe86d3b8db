// Comes in: the heads of a part and their scores. Goes out: which heads are shown, and in which order. Draws nothing.

import { headsOf } from "./attention_state.js";

/** All heads, a layer after the other: [{layer, head, index, isCarried}], index into a row-major layers x heads list. */
export function allHeads(part) {
  const carried = part.carried && new Set(part.carried.map(([layer, head]) => `${layer} ${head}`));
  const heads = [];
  for (let layer = 0; layer < part.num_layers; layer += 1) {
    for (let head = 0; head < headsOf(part, layer); head += 1) {
      const isCarried = !carried || carried.has(`${layer} ${head}`);
      heads.push({ layer, head, index: layer * part.num_heads + head, isCarried });
    }
  }
  return heads;
}

/** The values of one measure, null where it is the position or not known. */
export function valuesOf(scores, measure) {
  const at = scores?.names?.indexOf(measure) ?? -1;
  return at < 0 ? null : scores.values[at];
}

/** Heads by score, the largest first, those without one last; `least` leaves out smaller ones. Equal ones stay in order. */
export function sortedHeads(heads, values, least = null) {
  const kept = heads.filter(({ index }) => least === null || (values[index] !== null && values[index] >= least));
  const size = ({ index }) => values[index] ?? -Infinity;
  return kept.sort((a, b) => (size(b) > size(a) ? 1 : size(b) < size(a) ? -1 : a.index - b.index));
}
