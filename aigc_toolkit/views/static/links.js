// Comes in: rows of weights and the edges of groups of tokens. Goes out: what one group gives to or takes from every
// other, and the fewest links that hold a share of it. Knows no text, no colour and nobody to ask.

/** First indices and the end of every group on one side of a part: tokens themselves, or what Python put together. */
export function edgesOf(part, side, grouping) {
  const count = side === "query" ? part.tokens.length : (part.key_tokens ?? part.tokens).length - (part.sinks ? 1 : 0);
  const groups = side === "query" ? part.groups : (part.key_groups ?? part.groups);
  return (grouping !== "tokens" && groups[grouping]) || Array.from({ length: count + 1 }, (_, i) => i);
}

/** The group that holds a position: the last one that starts at or before it. */
export function groupAt(edges, position) {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Query rows to read for a group, [first, end): its own, or under "predict" those of the token before each of its own. */
export function rowsToRead(edges, group, reading) {
  const shift = reading === "predict" ? 1 : 0;
  return [Math.max(0, edges[group] - shift), edges[group + 1] - shift];
}

/** Per key group: the sum over its keys, the mean over the rows (Clark et al. 2019, section 4.1); a sink stays alone. */
export function rowOfGroup(rows, numKeys, keyEdges, { skipFirst = false } = {}) {
  const numRows = rows.length / numKeys;
  const numInText = keyEdges[keyEdges.length - 1];
  const numGroups = keyEdges.length - 1;
  const values = new Float64Array(numGroups + numKeys - numInText);
  for (let row = 0; row < numRows; row += 1) {
    const start = row * numKeys;
    for (let group = 0; group < numGroups; group += 1) {
      for (let key = keyEdges[group]; key < keyEdges[group + 1]; key += 1) {
        if (!(skipFirst && key === 0)) values[group] += rows[start + key];
      }
    }
    for (let key = numInText; key < numKeys; key += 1) values[numGroups + key - numInText] += rows[start + key];
  }
  return values.map((value) => value / numRows);
}

/** Per query group: the mean over its queries of what they give to all columns of `block` (T x width) together. */
export function columnOfGroup(block, width, queryEdges) {
  const values = new Float64Array(queryEdges.length - 1);
  for (let group = 0; group < values.length; group += 1) {
    const [first, end] = [queryEdges[group], queryEdges[group + 1]];
    for (let at = first * width; at < end * width; at += 1) values[group] += block[at];
    values[group] /= end - first;
  }
  return values;
}

/** The fewest values that together hold `mass` (0..1) of all: {links: [{index, weight}, …], held, most}, largest first. */
export function linksByMass(values, mass) {
  const size = (index) => Math.abs(values[index]);
  const order = Array.from(values.keys()).filter((index) => size(index) > 0).sort((a, b) => size(b) - size(a));
  const total = order.reduce((sum, index) => sum + size(index), 0);
  const links = [];
  let held = 0;
  for (const index of order) {
    if (held >= (mass - 1e-9) * total) break;
    held += size(index);
    links.push({ index, weight: values[index] });
  }
  return { links, held: total > 0 ? Math.min(1, held / total) : 0, most: links.length ? Math.abs(links[0].weight) : 0 };
}
