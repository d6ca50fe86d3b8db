// Comes in: the view of two attentions. Goes out: which of the two is shown, or their difference, and whether their maps
// stand side by side. Two texts with other tokens have no difference, and it says so.

import { choice, element } from "./elements.js";

const check = (radios, value) => {
  const input = radios.querySelector(`input[value="${value}"]`);
  if (input) input.checked = true;
};

/** {node, update(state)}; the node is hidden while there is one attention only. */
export function compareBar({ payload, text, store }) {
  const node = element("div", { class: "aigc-compare" });
  const { attentions, same_tokens: isSame } = payload;
  node.hidden = attentions.length < 2;
  if (node.hidden) return { node, update() {} };
  const named = attentions.map(({ model_name: name }, at) => [String(at), `${"AB"[at]}  ${name}`]);
  const options = [...named, ...(isSame ? [["difference", text.difference]] : [])];
  const value = ({ of }) => String(of);
  const show = (of) => store.set({ of: of === "difference" ? of : Number(of), map: "one" });
  const which = choice(text.comparison, options, value(store.get()), show);
  const maps = choice(text.mapChoice, [["one", text.oneMap], ["side by side", text.sideBySide]], store.get().map, (map) =>
    store.set(map === "one" ? { map } : { map, panel: "map", of: store.get().of === "difference" ? 0 : store.get().of }),
  );
  const legend = element("span", { class: "aigc-note aigc-compare-cue" });
  node.append(element("span", { class: "aigc-title", text: text.comparison }), which, maps, legend);
  if (!isSame) node.append(element("p", { class: "aigc-note", text: text.otherTokens }));
  const update = (state) => {
    check(which, value(state));
    check(maps, state.map);
    legend.textContent = state.of === "difference" ? text.differenceCue : "";
  };
  update(store.get());
  return { node, update };
}
