// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.TimeLapseView, or says that it is to be
// asked for. Goes out: one slider through training that moves the loss, the heads' scores, the sample, the expected tokens and the
// attention together. Queries and keys come one snapshot at a time: from the page, from Python or from an address.

import { askedView } from "./asked_view.js";
import { element } from "./elements.js";
import { halfToFloat } from "./half.js";
import { messageCarrier } from "./source_messages.js";
import { savedNumbers } from "./source_saved.js";
import { urlCarrier } from "./source_urls.js";
import { words } from "./texts.js";
import { timelapseWords } from "./texts_timelapse.js";
import { openTimelapse } from "./timelapse_parts.js";

/** {load(prompt, at) -> Promise of Float32Array, close()} */
function openNumbers(model, payload, text) {
  if (payload.elements) return { load: (prompt, at) => savedNumbers(payload.elements[prompt][at], "float16"), close() {} };
  const carrier = payload.address ? urlCarrier(payload.address, text) : messageCarrier(model, text);
  const load = async (prompt, at) => halfToFloat(await carrier.ask("snapshot", { prompt, at }));
  return { load, close: carrier.close };
}

function wordsOf(language) {
  const base = words(language);
  const text = { ...base, ...timelapseWords(base.tag) };
  return { ...text, waiting: () => text.loading };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc aigc-timelapse" });
  el.append(root);
  const open = (payload, text) => {
    const numbers = openNumbers(model, payload, text);
    const closeParts = openTimelapse({ root, payload, text, send: (message) => model.send(message), load: numbers.load });
    return () => [closeParts(), numbers.close()];
  };
  return askedView({ model, root, isThere: (value) => Boolean(value?.ask || value?.prompts), wordsOf, open });
}

export default { render };
