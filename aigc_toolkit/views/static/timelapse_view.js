// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.TimeLapseView, or says that it is to be
// asked for. Goes out: one slider through training that moves the loss, the heads' scores, the sample, the expected tokens and the
// attention together. Queries and keys come one snapshot at a time: from the page, from Python or from an address.

import { element } from "./elements.js";
import { halfToFloat } from "./half.js";
import { loadPayload } from "./source.js";
import { messageCarrier } from "./source_messages.js";
import { savedNumbers } from "./source_saved.js";
import { urlCarrier } from "./source_urls.js";
import { statusLine } from "./status_line.js";
import { words } from "./texts.js";
import { timelapseWords } from "./texts_timelapse.js";
import { followTheme } from "./theme.js";
import { openTimelapse } from "./timelapse_parts.js";

const SLOW = 1000; // milliseconds before a wait is spoken of

/** {load(prompt, at) -> Promise of Float32Array, close()} */
function openNumbers(model, payload, text) {
  if (payload.elements) return { load: (prompt, at) => savedNumbers(payload.elements[prompt][at], "float16"), close() {} };
  const carrier = payload.address ? urlCarrier(payload.address, text) : messageCarrier(model, text);
  const load = async (prompt, at) => halfToFloat(await carrier.ask("snapshot", { prompt, at }));
  return { load, close: carrier.close };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc aigc-timelapse" });
  el.append(root);
  let [close, numDrawn] = [() => {}, 0];
  const heard = (content) => content?.type !== "error" && draw(); // a late answer: a kernel that was busy is there again
  const draw = async () => {
    const mine = (numDrawn += 1);
    model.off("msg:custom", heard);
    close();
    close = followTheme(root, () => {});
    const value = model.get("value");
    const base = words(value?.language ?? null);
    const text = { ...base, ...timelapseWords(base.tag) };
    root.lang = base.tag === "zh" ? "zh-CN" : "en";
    const status = statusLine(base);
    const isThere = value?.ask || value?.prompts;
    root.replaceChildren(isThere ? status.node : element("p", { class: "aigc-note", text: text.empty }));
    if (!isThere) return;
    const timer = setTimeout(() => mine === numDrawn && status.say(text.loading), SLOW);
    try {
      const payload = await loadPayload(model);
      if (mine !== numDrawn) return;
      close();
      const numbers = openNumbers(model, payload, base);
      const closeParts = openTimelapse({ root, payload, text, send: (message) => model.send(message), load: numbers.load });
      close = () => [closeParts(), numbers.close()];
    } catch (error) {
      if (mine !== numDrawn) return;
      status.say(text.failed(error.message), draw);
      model.on("msg:custom", heard);
    } finally {
      clearTimeout(timer);
    }
  };
  model.on("change:value", draw);
  draw();
  return () => {
    model.off("change:value", draw);
    model.off("msg:custom", heard);
    numDrawn += 1;
    close();
  };
}

export default { render };
