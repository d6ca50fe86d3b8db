// Comes in: one head's queries and keys with all that shapes its scores, or its weights in 8 bits. Goes out: an object whose
// fill(row, first, end, out) writes the weights of one query for the keys first .. end; a learned sink is the column after the
// last key. The steps are those of the models: scaling * q k, soft cap, bias, mask, softmax. The log-sum-exp of a row is kept,
// so that a further region of it needs only its own scores.

/** Scores of one query for keys first .. end: scaling * (q . k), four keys at a time. */
function dots(query, key, size, row, first, end, out) {
  const q = row * size;
  let k = first;
  for (; k + 3 < end; k += 4) {
    let a = k * size;
    let b = a + size;
    let c = b + size;
    let d = c + size;
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let i = q; i < q + size; i += 1) {
      const value = query[i];
      sumA += value * key[a++];
      sumB += value * key[b++];
      sumC += value * key[c++];
      sumD += value * key[d++];
    }
    out[k - first] = sumA;
    out[k - first + 1] = sumB;
    out[k - first + 2] = sumC;
    out[k - first + 3] = sumD;
  }
  for (; k < end; k += 1) {
    let sum = 0;
    for (let i = 0; i < size; i += 1) sum += query[q + i] * key[k * size + i];
    out[k - first] = sum;
  }
}

/** Keys beyond [first, end) are not seen by the query, by causality and window. */
function seenRange({ causal, window, numKeys }, row) {
  const end = causal ? row + 1 : window ? Math.min(numKeys, row + window) : numKeys;
  return [window ? Math.max(0, row - window + 1) : 0, Math.min(end, numKeys)];
}

const isHidden = (mask, cell) => ((mask[cell >> 3] >> (7 - (cell & 7))) & 1) === 0;

/**
 * A head from {query (Q * D), key (K * D), headDim, numKeys, scaling, softcap, causal, window, mask (bits) | null,
 * bias (1 or Q rows of K) | null, sink | null}.
 */
export function queryKeyHead(head) {
  const { query, key, headDim, numKeys, scaling, softcap, mask, bias, sink } = head;
  const numQueries = query.length / headDim;
  const sums = new Float64Array(numQueries).fill(NaN);
  const scratch = new Float64Array(numKeys);
  const biasRow = (row) => (bias.length > numKeys ? row * numKeys : 0);

  /** Scores of keys first .. end into `out`; -Infinity where the mask hides one. */
  const scores = (row, first, end, out) => {
    dots(query, key, headDim, row, first, end, out);
    const from = bias ? biasRow(row) : 0;
    for (let k = first; k < end; k += 1) {
      let score = scaling * out[k - first];
      if (softcap) score = softcap * Math.tanh(score / softcap);
      if (bias) score += bias[from + k];
      out[k - first] = mask && isHidden(mask, row * numKeys + k) ? -Infinity : score;
    }
  };
  /** Keeps the row's log-sum-exp; leaves exp(score - largest) of the keys it sees in `scratch`, and gives what makes them weights. */
  const sumUp = (row) => {
    const [first, end] = seenRange(head, row);
    scores(row, first, end, scratch);
    let most = sink ?? -Infinity;
    for (let i = 0; i < end - first; i += 1) if (scratch[i] > most) most = scratch[i];
    if (most === -Infinity) {
      sums[row] = Infinity; // sees nothing: all weights are 0
      scratch.fill(0, 0, end - first);
      return 0;
    }
    let sum = sink === null ? 0 : Math.exp(sink - most);
    for (let i = 0; i < end - first; i += 1) sum += scratch[i] = Math.exp(scratch[i] - most);
    sums[row] = most + Math.log(sum);
    return 1 / sum;
  };
  const logSumExp = (row) => {
    if (Number.isNaN(sums[row])) sumUp(row);
    return sums[row];
  };
  const fill = (row, first, end, out) => {
    out.fill(0, 0, end - first);
    const [seenFirst, seenEnd] = seenRange(head, row);
    const from = Math.max(first, seenFirst);
    const to = Math.min(end, seenEnd);
    if (Number.isNaN(sums[row])) {
      const share = sumUp(row);
      for (let k = from; k < to; k += 1) out[k - first] = share * scratch[k - seenFirst];
    } else if (to > from) {
      scores(row, from, to, scratch);
      for (let k = from; k < to; k += 1) out[k - first] = Math.exp(scratch[k - from] - sums[row]);
    }
    if (sink !== null && end > numKeys) out[numKeys - first] = Math.exp(sink - sums[row]);
  };
  const cell = (row, column) => {
    const vectors = [
      query.subarray(row * headDim, (row + 1) * headDim),
      key.subarray(column * headDim, (column + 1) * headDim),
    ].map((vector) => Array.from(vector));
    const products = vectors[0].map((value, i) => value * vectors[1][i]);
    const dot = products.reduce((sum, value) => sum + value, 0);
    const [first, end] = seenRange(head, row);
    const hidden = column < first || column >= end || Boolean(mask && isHidden(mask, row * numKeys + column));
    const capped = softcap ? softcap * Math.tanh((scaling * dot) / softcap) : null;
    const added = bias ? bias[biasRow(row) + column] : null;
    const score = (capped ?? scaling * dot) + (added ?? 0);
    const sum = logSumExp(row);
    return {
      query: vectors[0],
      key: vectors[1],
      products,
      dot,
      scaling,
      softcap: softcap ?? null,
      after_softcap: capped,
      bias: added,
      mask: hidden ? "hidden" : "seen",
      score: hidden ? null : score,
      sink,
      log_sum_exp: Number.isFinite(sum) ? sum : null,
      weight: hidden ? 0 : Math.exp(score - sum),
      head_dim: headDim,
    };
  };
  const byteLength = query.byteLength + key.byteLength + sums.byteLength + (bias?.byteLength ?? 0) + (mask?.byteLength ?? 0);
  return { fill, cell, byteLength };
}

const SQUARES = Float32Array.from({ length: 256 }, (_, level) => (level / 255) ** 2);

/** A head from its weights as 255 times their square root: {levels, numQueries, numKeys, causal, hasSink}. */
export function levelsHead({ levels, numQueries, numKeys, causal, hasSink }) {
  const sinkAt = levels.length - numQueries;
  const fill = (row, first, end, out) => {
    out.fill(0, 0, end - first);
    const from = causal ? (row * (row + 1)) / 2 : row * numKeys;
    const to = Math.min(end, causal ? row + 1 : numKeys);
    for (let k = first; k < to; k += 1) out[k - first] = SQUARES[levels[from + k]];
    if (hasSink && end > numKeys) out[numKeys - first] = SQUARES[levels[sinkAt + row]];
  };
  return { fill, cell: null, byteLength: levels.byteLength };
}

/** A head minus another, column by column. */
export function differenceHead(first, second, numColumns) {
  const other = new Float32Array(numColumns);
  const fill = (row, from, end, out) => {
    first.fill(row, from, end, out);
    second.fill(row, from, end, other);
    for (let i = 0; i < end - from; i += 1) out[i] -= other[i];
  };
  return { fill, cell: null, byteLength: 0 };
}
