// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.AttentionView, or says that it is to
// be asked for. Goes out: the view of it, in any home. Says so while there is nothing yet, and when it could not be had.

import { openShell } from "./attention_shell.js";
import { element } from "./elements.js";
import { loadPayload } from "./source.js";
import { statusLine } from "./status_line.js";
import { words } from "./texts.js";
import { followTheme } from "./theme.js";

const SLOW = 1000; // milliseconds before a wait is spoken of

function render({ model, el }) {
  const root = element("div", { class: "aigc" });
  el.append(root);
  let [close, numDrawn] = [() => {}, 0];
  const heard = (content) => content?.type !== "error" && draw(); // a late answer: a kernel that was busy is there again
  const draw = async () => {
    const mine = (numDrawn += 1);
    model.off("msg:custom", heard);
    close();
    close = followTheme(root, () => {});
    const value = model.get("value");
    const text = words(value?.language ?? null);
    const status = statusLine(text);
    if (!value?.ask) root.replaceChildren(element("p", { class: "aigc-note", text: text.noAttention }));
    else root.replaceChildren(status.node);
    const timer = setTimeout(() => mine === numDrawn && status.say(value?.address ? text.loading : text.busy), SLOW);
    try {
      const payload = await loadPayload(model);
      if (mine !== numDrawn || !payload?.attentions?.length) return;
      close();
      close = openShell(payload, model, root).close;
    } catch (error) {
      if (mine !== numDrawn) return;
      status.say(text.viewFailed(error.message), draw);
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
