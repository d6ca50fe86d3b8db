// Comes in: the host's model and the payload. Goes out: a source with head(layer, head) -> Promise<Float32Array> of
// T x T weights, row-major. Three ways to get them: asking Python (a notebook), from the page itself (a saved file),
// by address (the Gradio page). Does not know how weights are drawn. Heads fetched once are kept, up to a budget.

const KEPT_BYTES = 256 * 2 ** 20;

/** IEEE 754 half precision, little endian, to single precision. */
export function halfToFloat(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < floats.length; i += 1) {
    const half = view.getUint16(2 * i, true);
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    let size = (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 0) size = fraction * 2 ** -24;
    if (exponent === 31) size = fraction ? NaN : Infinity;
    floats[i] = half & 0x8000 ? -size : size;
  }
  return floats;
}

export function base64Bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function squareOf(floats, numTokens, packing) {
  const expected = packing === "lower" ? (numTokens * (numTokens + 1)) / 2 : numTokens * numTokens;
  if (floats.length !== expected) throw new Error(`${floats.length} weights came, ${expected} were expected`);
  if (packing !== "lower") return floats;
  const square = new Float32Array(numTokens * numTokens);
  for (let row = 0, from = 0; row < numTokens; from += row + 1, row += 1) {
    square.set(floats.subarray(from, from + row + 1), row * numTokens);
  }
  return square;
}

/** A saved page: one element of base64 per head, decoded when somebody looks. */
function inlineFetch(payload) {
  return async (layer, head) => {
    const holder = document.getElementById(`aigc-head-${layer}-${head}`);
    if (!holder) throw new Error("this page does not carry it");
    return squareOf(halfToFloat(base64Bytes(holder.textContent)), payload.tokens.length, payload.packing);
  };
}

/** A web page: one binary address per head, under the root of the app. */
function urlFetch(payload) {
  return async (layer, head) => {
    const address = payload.head_url.replace("{layer}", layer).replace("{head}", head);
    const root = address.startsWith("/") ? (window.gradio_config?.root ?? "").replace(/\/$/, "") : "";
    const response = await fetch(root + address);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return squareOf(halfToFloat(new Uint8Array(await response.arrayBuffer())), payload.tokens.length, "full");
  };
}

/** A notebook: messages matched by id; when no buffer arrives, asks once more for base64. */
function messageFetch(model, payload) {
  const waiting = new Map();
  const mine = Math.random().toString(36).slice(2); // two outputs may show one widget: their ids must differ
  let numAsked = 0;
  const ask = (layer, head, base64) =>
    new Promise((resolve, reject) => {
      const id = `${mine}-${(numAsked += 1)}`;
      waiting.set(id, { resolve, reject });
      model.send({ id, type: "head", layer, head, base64 });
    });
  const answer = (content, buffers) => {
    const asked = waiting.get(content.id);
    if (!asked) return;
    waiting.delete(content.id);
    if (content.type === "error") asked.reject(new Error(content.message));
    else asked.resolve({ content, buffer: buffers?.[0] });
  };
  model.on("msg:custom", answer);
  const fetchHead = async (layer, head) => {
    let { content, buffer } = await ask(layer, head, false);
    if (!buffer) ({ content, buffer } = await ask(layer, head, true));
    const bytes = content.data
      ? base64Bytes(content.data)
      : new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength);
    return squareOf(halfToFloat(bytes), payload.tokens.length, "full");
  };
  return { fetchHead, close: () => model.off("msg:custom", answer) };
}

/** {head(layer, head), waitsForPython, close()} for the payload's own way of getting weights. */
export function openSource(model, payload) {
  const asksPython = !payload.head_url && !payload.packing;
  const messages = asksPython ? messageFetch(model, payload) : null;
  const fetchHead = messages?.fetchHead ?? (payload.head_url ? urlFetch(payload) : inlineFetch(payload));
  const kept = new Map();
  const numKept = Math.max(4, Math.floor(KEPT_BYTES / (4 * payload.tokens.length ** 2)));
  const head = (layer, number) => {
    const name = `${layer} ${number}`;
    if (!kept.has(name)) {
      const promise = fetchHead(layer, number);
      promise.catch(() => kept.delete(name));
      kept.set(name, promise);
      if (kept.size > numKept) kept.delete(kept.keys().next().value);
    }
    return kept.get(name);
  };
  return { head, waitsForPython: asksPython, close: () => messages?.close() };
}
