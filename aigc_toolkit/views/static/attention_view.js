// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.AttentionView, or says that it is to
// be asked for. Goes out: the view of it, in any home.

import { askedView } from "./asked_view.js";
import { openShell } from "./attention_shell.js";
import { element } from "./elements.js";
import { words } from "./texts.js";

function wordsOf(language) {
  const text = words(language);
  return { ...text, empty: text.noAttention, failed: text.viewFailed, waiting: (value) => (value.address ? text.loading : text.busy) };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc" });
  el.append(root);
  const isThere = (value) => Boolean(value?.ask || value?.attentions?.length);
  return askedView({ model, root, isThere, wordsOf, open: (payload) => openShell(payload, model, root).close });
}

export default { render };
