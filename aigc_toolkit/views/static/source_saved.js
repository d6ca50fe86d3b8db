// Comes in: a saved page's payload, whose parts say which elements of the page hold what. Goes out: ask(name, arguments), as
// Python would answer it: heads are unpacked when somebody looks, and kept up to a budget.

import { differenceHead, levelsHead, queryKeyHead } from "./attention_math.js";
import { byteCache } from "./byte_cache.js";
import { base64Bytes, halfToFloat } from "./half.js";
import { regionOf, rowsOf } from "./regions.js";

const KEPT_BYTES = 256 * 2 ** 20;

/** The bytes of one element: base64 of a zlib stream. */
async function unpacked(id) {
  const packed = base64Bytes(document.getElementById(id).textContent);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers whose bytes were sorted by significance. */
export async function savedNumbers(id, precision) {
  const planes = await unpacked(id);
  const size = precision === "float16" ? 2 : 4;
  const count = planes.length / size;
  const bytes = new Uint8Array(planes.length);
  for (let plane = 0; plane < size; plane += 1) {
    for (let i = 0; i < count; i += 1) bytes[i * size + plane] = planes[plane * count + i];
  }
  if (size === 2) return halfToFloat(bytes);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
}

async function openHead(part, layer, head) {
  const { saved } = part;
  const stored = saved.layers[layer];
  const sizes = { numQueries: part.tokens.length, numKeys: (part.key_tokens ?? part.tokens).length - (part.sinks ? 1 : 0) };
  if (saved.form === "weights") {
    const levels = await unpacked(stored.weights[head]);
    return levelsHead({ ...sizes, levels, causal: part.causal, hasSink: part.sinks });
  }
  const group = Math.floor(head / stored.group);
  const [query, key, bias, mask] = await Promise.all([
    savedNumbers(stored.query[head], saved.precision),
    savedNumbers(stored.key[group], saved.precision),
    stored.bias && savedNumbers(stored.bias.heads[head], stored.bias.precision),
    stored.mask && unpacked(stored.mask[head]),
  ]);
  const { head_dim: headDim, scaling, softcap, causal, window } = stored;
  const sink = stored.sinks ? stored.sinks[head] : null;
  return queryKeyHead({ ...sizes, query, key, bias, mask, headDim, scaling, softcap, causal, window, sink });
}

/** What the cell adds up to in the residual stream: the key's ||v W_O||, and its share of the row. */
async function valueWeight(part, { layer, head, query, key }, opened) {
  const stored = part.saved.layers[layer];
  if (!stored.value_norms) return { value_norm: null, value_weight: null };
  const norms = await savedNumbers(stored.value_norms[head], "float32");
  const row = new Float32Array(norms.length);
  opened.fill(query, 0, norms.length, row);
  const total = row.reduce((sum, weight, i) => sum + weight * norms[i], 0);
  return { value_norm: norms[key], value_weight: total > 0 ? (row[key] * norms[key]) / total : 0 };
}

function subtracted([first, second]) {
  if (first.unknown || second.unknown) return first.unknown ? first : second;
  const minus = (a, b) => (a === null || b === null || b === undefined ? null : a - b);
  const values = first.values.map((list, i) => list.map((value, j) => minus(value, second.values[i][j])));
  return { ...first, values, kinds: null };
}

export function savedCarrier(payload, text) {
  const cache = byteCache(KEPT_BYTES);
  let isClosed = false;
  const partsOf = ({ of, kind }) => {
    const shown = of === "difference" ? payload.attentions : [payload.attentions[of]];
    return shown.map((attention) => attention.parts[kind]);
  };
  const isCarried = (part, { layer, head }) => {
    const stored = part.saved.layers[layer];
    return Boolean(stored && head in (stored.weights ?? stored.query));
  };
  const open = async (given) => {
    const parts = partsOf(given);
    if (!parts.every((part) => isCarried(part, given))) throw new Error(text.notCarried);
    const { kind, layer, head } = given;
    const heads = await Promise.all(
      parts.map((part) => {
        const index = payload.attentions.findIndex((attention) => attention.parts[kind] === part);
        return cache.get(`${index} ${kind} ${layer} ${head}`, () => openHead(part, layer, head));
      }),
    );
    return heads.length === 1 ? heads[0] : differenceHead(heads[0], heads[1], numColumns(given));
  };
  const numColumns = (given) => {
    const [part] = partsOf(given);
    return (part.key_tokens ?? part.tokens).length;
  };
  const tiles = async (given) => {
    const parts = partsOf(given);
    const known = parts.length === 2 ? payload.saved.difference_tiles[given.kind] : parts[0].saved.tiles;
    if (!(given.layer in known)) throw new Error(text.notCarried);
    return unpacked(known[given.layer]);
  };
  const cell = async (given) => {
    const [part, other] = partsOf(given);
    if (other) return { unknown: text.noDifferenceCell };
    if (part.sinks && given.key === numColumns(given) - 1) return { unknown: text.sinkCell };
    if (part.saved.form === "weights") return { unknown: text.weightsOnly };
    const opened = await open(given);
    const group = Math.floor(given.head / part.saved.layers[given.layer].group);
    return { ...opened.cell(given.query, given.key), key_value_head: group, ...(await valueWeight(part, given, opened)) };
  };
  const scores = async (given) => {
    const found = partsOf(given).map((part) => part.saved.scores);
    return found.length === 1 ? found[0] : subtracted(found);
  };
  const closed = () => isClosed;
  const answers = {
    rows: async (given) => rowsOf(await open(given), { ...given, numColumns: numColumns(given) }, closed),
    region: async (given) => regionOf(await open(given), given, closed),
    tiles,
    cell,
    scores,
  };
  const close = () => {
    isClosed = true;
    cache.clear();
  };
  return { ask: (name, given) => answers[name](given), close };
}
