// Comes in: one prompt of a time-lapse and load(at) -> Promise of its queries and keys at a snapshot, all heads in one row. Goes
// out: a carrier for the attention view, ask(name, arguments), whose attention number `of` is the snapshot of that number. Weights
// are computed here. Knows nothing of where the numbers come from.

import { queryKeyHead } from "./attention_math.js";
import { byteCache } from "./byte_cache.js";
import { regionOf, rowsOf } from "./regions.js";

const KEPT_BYTES = 96 * 2 ** 20;
const TILE_SIDE = 32;
const NO_VALUES = { value_norm: null, value_weight: null }; // a time-lapse keeps queries and keys

/** {ask, close, load(at)} */
export function timelapseCarrier(prompt, { names, definitions }, load) {
  const { part, layers, head_dim: headDim, scores } = prompt;
  const numTokens = part.tokens.length;
  const [size, group] = [numTokens * headDim, part.num_heads / part.num_key_value_heads];
  const numQueries = part.num_layers * part.num_heads * size;
  const cache = byteCache(KEPT_BYTES);
  let isClosed = false;
  const closed = () => isClosed;

  const numbers = (at) => cache.get(`numbers ${at}`, () => load(at));
  const open = ({ of, layer, head }) =>
    cache.get(`head ${of} ${layer} ${head}`, async () => {
      const all = await numbers(of);
      const queryAt = (layer * part.num_heads + head) * size;
      const keyAt = numQueries + (layer * part.num_key_value_heads + Math.floor(head / group)) * size;
      const { scaling, softcap, window } = layers[layer];
      const vectors = { query: all.subarray(queryAt, queryAt + size), key: all.subarray(keyAt, keyAt + size), headDim };
      return queryKeyHead({ ...vectors, numKeys: numTokens, scaling, softcap, window, causal: true, mask: null, bias: null, sink: null });
    });
  const tiles = async ({ of, layer }) => {
    const side = Math.min(TILE_SIDE, numTokens);
    const bytes = new Uint8Array(part.num_heads * side * side);
    const whole = [0, numTokens];
    for (let head = 0; head < part.num_heads; head += 1) {
      const weights = await regionOf(await open({ of, layer, head }), { rows: whole, columns: whole, size: side }, closed);
      for (let i = 0; i < weights.length; i += 1) bytes[head * side * side + i] = Math.round(255 * Math.sqrt(weights[i]));
    }
    return bytes;
  };
  const answers = {
    rows: async (given) => rowsOf(await open(given), { ...given, numColumns: numTokens }, closed),
    region: async (given) => regionOf(await open(given), given, closed),
    tiles,
    cell: async (given) => ({ ...(await open(given)).cell(given.query, given.key), key_value_head: Math.floor(given.head / group), ...NO_VALUES }),
    scores: async ({ of }) => ({ names, definitions, ...scores[of] }),
  };
  const close = () => {
    isClosed = true;
    cache.clear();
  };
  return { ask: (name, given) => answers[name](given), close, load: numbers };
}
