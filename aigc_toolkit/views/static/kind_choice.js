// Comes in: the view. Goes out: a choice between encoder, decoder and cross attention by name, with a note that says who
// looks at whom. Nothing where a model has one kind.

import { choice, element } from "./elements.js";

/** {node, update(state)}; the node is hidden while there is nothing to choose. */
export function kindChoice({ payload, text, store }) {
  const note = element("span", { class: "aigc-note" });
  const node = element("div", { class: "aigc-kinds" });
  const { kinds } = payload.attentions[0];
  node.hidden = kinds.length < 2;
  const options = kinds.map((kind) => [kind, text.kindNames[kind]]);
  const radios = choice(text.kind, options, store.get().kind, (kind) => store.set({ kind, cell: null, zoom: null }));
  node.append(radios, note);
  const update = ({ kind }) => {
    const input = radios.querySelector(`input[value="${kind}"]`);
    if (input) input.checked = true;
    note.textContent = text.kindNotes[kind];
  };
  update(store.get());
  return { node, update };
}
