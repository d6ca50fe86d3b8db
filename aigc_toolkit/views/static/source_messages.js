// Comes in: an anywidget-like model. Goes out: ask(name, arguments) -> Promise of bytes or JSON from Python. Messages carry an
// id of their own, since two outputs may show one widget; when no buffer arrives, the answer is asked for again as base64.
// Gives up after 20 seconds without any sign of life from the kernel, and at once when the connection to it closes.

import { base64Bytes } from "./half.js";

const SECONDS_OF_SILENCE = 20;
const SECONDS_AFTER_LOSS = 2; // once the kernel was lost, it answers soon or not at all

function bytesOf(buffer) {
  return new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength);
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function messageCarrier(model, text) {
  const waiting = new Map();
  const mine = Math.random().toString(36).slice(2);
  let numAsked = 0;
  let lastSign = 0;
  let isLost = false;
  let watch = null;

  const rejectAll = (message) => {
    const asked = [...waiting.values()];
    waiting.clear();
    for (const { reject } of asked) reject(new Error(message));
  };
  const look = () => {
    const seconds = isLost ? SECONDS_AFTER_LOSS : SECONDS_OF_SILENCE;
    if (waiting.size && Date.now() - lastSign >= 1000 * seconds) rejectAll(isLost ? text.kernelGone : text.noAnswer(seconds));
    if (waiting.size) return;
    clearInterval(watch);
    watch = null;
  };
  const post = (name, given, base64) =>
    new Promise((resolve, reject) => {
      const id = `${mine}-${(numAsked += 1)}`;
      if (!waiting.size) lastSign = Date.now();
      waiting.set(id, { resolve, reject });
      watch ??= setInterval(look, 500);
      try {
        model.send({ id, type: name, ...given, base64 });
      } catch {
        waiting.delete(id); // the widget of a kernel that was restarted has nobody to send to
        reject(new Error(text.kernelGone));
      }
    });
  const answer = (content, buffers) => {
    lastSign = Date.now();
    const asked = waiting.get(content?.id);
    if (!asked) return;
    isLost = false;
    waiting.delete(content.id);
    if (content.type === "error") asked.reject(new Error(content.message));
    else asked.resolve({ content, buffer: buffers?.[0] });
  };
  const lose = () => {
    isLost = true;
    rejectAll(text.kernelGone);
  };
  model.on("msg:custom", answer);
  model.on("comm_live_update", lose); // ipywidgets' word that the kernel went or came back
  const ask = async (name, given = {}) => {
    let { content, buffer } = await post(name, given, false);
    if (content.value !== undefined) return content.value;
    if (!buffer) ({ content, buffer } = await post(name, given, true));
    if (content.data) return base64Bytes(content.data);
    return content.deflated ? inflated(bytesOf(buffer)) : bytesOf(buffer);
  };
  const close = () => {
    model.off("msg:custom", answer);
    model.off("comm_live_update", lose);
    clearInterval(watch);
    rejectAll(text.viewClosed);
  };
  return { ask, close };
}
