// Comes in: the view of two attentions. Goes out: which of the two is shown, their difference, or their maps side by side. Two
// texts with other tokens have no difference, and it says so.

import { namesOf } from "./attention_names.js";
import { choice, element } from "./elements.js";

const BOTH = "side by side";

/** {node, update(state)}; the node is hidden where there is one attention only, or one after the other in time. */
export function compareBar({ payload, text, store }) {
  const node = element("div", { class: "aigc-compare" });
  const { attentions, same_tokens: isSame } = payload;
  node.hidden = attentions.length < 2 || payload.is_sequence;
  if (node.hidden) return { node, update() {} };
  const named = namesOf(attentions).map((name, at) => [String(at), `${"AB"[at]}  ${name}`]);
  const options = [...named, ...(isSame ? [["difference", text.difference]] : []), [BOTH, text.sideBySide]];
  const shown = ({ of, map, panel }) => (map === BOTH && panel === "map" ? BOTH : String(of));
  const show = (value) => {
    const { of } = store.get();
    if (value === BOTH) store.set({ map: BOTH, panel: "map", of: of === "difference" ? 0 : of });
    else store.set({ map: "one", of: value === "difference" ? value : Number(value) });
  };
  const which = choice(text.comparison, options, shown(store.get()), show);
  const cue = element("span", { class: "aigc-note" });
  node.append(element("span", { class: "aigc-title", text: text.comparison }), which, cue);
  if (!isSame) node.append(element("span", { class: "aigc-note", text: text.otherTokens }));
  const update = (state) => {
    which.querySelector(`input[value="${shown(state)}"]`).checked = true;
    cue.textContent = state.of === "difference" ? text.differenceCue : "";
  };
  update(store.get());
  return { node, update };
}
