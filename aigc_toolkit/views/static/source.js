// Comes in: the host's model and the payload. Goes out: one source for all that draws, whatever the weights come from: Python
// (a notebook), an address (the Gradio page) or the page itself (a saved file). Answers are kept, up to a budget.
//
//   rows({of, kind, layer, head, first, end})                  -> Float32Array (end - first) x key tokens, a sink included
//   region({of, kind, layer, head, rows, columns, size})       -> {height, width, weights}: largest of near-equal bins; of a
//                                                                 difference the value of largest magnitude, with its sign
//   tiles({of, kind, layer})                                   -> {side, bytes}: 255 * sqrt(weight), heads x side x side; of a
//                                                                 difference 128 + 127 * sign * sqrt(|difference|)
//   cell({of, kind, layer, head, query, key}), scores({of, kind}) -> JSON, or {unknown: reason}

import { byteCache } from "./byte_cache.js";
import { halfToFloat } from "./half.js";
import { messageCarrier } from "./source_messages.js";
import { savedCarrier } from "./source_saved.js";
import { urlCarrier } from "./source_urls.js";
import { checkedState } from "./state_check.js";
import { words } from "./texts.js";

const KEPT_BYTES = 192 * 2 ** 20;
const TILE_SIDE = 32;

/** The payload: the model's value, or asked of Python or of an address where the value says so. */
export async function loadPayload(model) {
  const value = model.get("value");
  if (!value?.ask) return value;
  const text = words(value.language ?? null);
  const carrier = value.address ? urlCarrier(value.address, text) : messageCarrier(model, text);
  try {
    const payload = await carrier.ask("payload");
    return value.address ? { ...payload, address: value.address, state: checkedState(payload, value.state) } : payload;
  } finally {
    carrier.close();
  }
}

function partOf(payload, of, kind) {
  return payload.attentions[of === "difference" ? 0 : of].parts[kind];
}

function tileSide(part) {
  const numKeys = (part.key_tokens ?? part.tokens).length - (part.sinks ? 1 : 0);
  return Math.min(TILE_SIDE, Math.max(part.tokens.length, numKeys));
}

/** `own` is a carrier, ask(name, arguments) and close(), that takes the place of the model's. */
export function openSource(model, payload, own = null) {
  const text = words(payload.language);
  const waitsForPython = !own && !payload.saved && !payload.address;
  const usual = () => {
    if (payload.saved) return savedCarrier(payload, text);
    return payload.address ? urlCarrier(payload.address, text) : messageCarrier(model, text);
  };
  const carrier = own ?? usual();
  const cache = byteCache(KEPT_BYTES);
  const once = (name, given, read) => cache.get(`${name} ${JSON.stringify(given)}`, () => carrier.ask(name, given).then(read));
  const expect = (numbers, expected) => {
    if (numbers.length !== expected) throw new Error(text.wrongSize(numbers.length, expected));
    return numbers;
  };
  const floats = (answer, expected) => expect(answer instanceof Float32Array ? answer : halfToFloat(answer), expected);
  const same = (answer) => answer;

  const rows = ({ of, kind, layer, head, first, end }) => {
    const part = partOf(payload, of, kind);
    const expected = (end - first) * (part.key_tokens ?? part.tokens).length;
    return once("rows", { of, kind, layer, head, first, end }, (answer) => floats(answer, expected));
  };
  const region = ({ of, kind, layer, head, rows: chosen, columns, size }) => {
    const [height, width] = [chosen, columns].map(([first, end]) => Math.min(end - first, size));
    const read = (answer) => ({ height, width, weights: floats(answer, height * width) });
    return once("region", { of, kind, layer, head, rows: chosen, columns, size }, read);
  };
  const tiles = ({ of, kind, layer }) => {
    const side = tileSide(partOf(payload, of, kind));
    const parts = of === "difference" ? [0, 1] : [of];
    const numHeads = Math.min(...parts.map((one) => partOf(payload, one, kind).num_heads));
    return once("tiles", { of, kind, layer }, (answer) => ({ side, bytes: expect(answer, numHeads * side * side) }));
  };
  const cell = ({ of, kind, layer, head, query, key }) => once("cell", { of, kind, layer, head, query, key }, same);
  const scores = ({ of, kind }) => once("scores", { of, kind }, same);
  const close = () => {
    cache.clear();
    carrier.close();
  };
  return { rows, region, tiles, cell, scores, waitsForPython, close };
}
