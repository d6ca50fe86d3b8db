// Comes in: an anywidget-like `model` whose "value" is a payload or says that one is to be asked for, and how a view of it is
// opened. Goes out: the view, drawn anew with every value. Says so while there is nothing yet, while it waits, and when it could
// not be had; an answer that comes late is taken. Knows nothing of what is drawn.

import { element } from "./elements.js";
import { loadPayload } from "./source.js";
import { statusLine } from "./status_line.js";
import { followTheme } from "./theme.js";

const SLOW = 1000; // milliseconds before a wait is spoken of

/**
 * `wordsOf(language)` gives `tag`, `empty`, `waiting(value)`, `failed(reason)` and what a status line says; `open(payload, words)`
 * draws and gives how to close.
 */
export function askedView({ model, root, isThere, wordsOf, open }) {
  let [close, numDrawn] = [() => {}, 0];
  const heard = (content) => content?.type !== "error" && draw(); // a late answer: a kernel that was busy is there again
  const draw = async () => {
    const mine = (numDrawn += 1);
    model.off("msg:custom", heard);
    close();
    close = followTheme(root, () => {});
    const value = model.get("value");
    const text = wordsOf(value?.language ?? null);
    root.lang = text.tag === "zh" ? "zh-CN" : "en";
    const status = statusLine(text);
    root.replaceChildren(isThere(value) ? status.node : element("p", { class: "aigc-note", text: text.empty }));
    if (!isThere(value)) return;
    const timer = setTimeout(() => mine === numDrawn && status.say(text.waiting(value)), SLOW);
    try {
      const payload = await loadPayload(model);
      if (mine !== numDrawn) return;
      close();
      close = open(payload, text);
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
