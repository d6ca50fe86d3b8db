// Comes in: the view. Goes out: the line on top: which model, how much of it, how far the weights are from the model's own
// output, a link to what is on the screen. Knows nothing of maps and heads.

import { element } from "./elements.js";
import { tiny } from "./numbers.js";

const SAID = 2000; // milliseconds "copied" stays

function proofOf({ verify, parts }, { kind }, text) {
  if (!verify) return "";
  const { max_error: error, layer, tolerance, passed } = verify;
  const failed = passed ? "" : `, ${text.proofFailed(tiny(tolerance))}`;
  const number = parts[kind].layer_numbers?.[layer] ?? layer;
  return [`${text.proof} `, element("b", { class: "aigc-mono", text: tiny(error) }), ` (${text.layer} ${number})${failed}`];
}

/** What a saved page carries, and how far its weights are from the model's. */
function carriedOf({ saved }, text) {
  if (!saved) return "";
  const difference = tiny(saved.max_difference);
  return saved.form === "weights" ? text.carriesWeights(difference) : text.carriesQueriesAndKeys(saved.precision, difference);
}

function linkButton(view, makeLink) {
  const button = element("button", { type: "button", class: "aigc-button", text: view.text.link, title: view.text.linkNote });
  let timer = null;
  const said = (words) => {
    clearTimeout(timer);
    button.textContent = words;
    view.announce(words);
    timer = setTimeout(() => {
      button.textContent = view.text.link;
    }, SAID);
  };
  button.addEventListener("click", async () => {
    const link = makeLink(view.store.get());
    if (!link) {
      view.say(view.text.noLink);
      return;
    }
    const { address, isWhole } = link;
    try {
      await navigator.clipboard.writeText(address);
      said(view.text.linkCopied);
      if (!isWhole) view.say(view.text.linkWithoutModel);
    } catch {
      view.say([view.text.linkByHand(address), isWhole ? "" : view.text.linkWithoutModel].join(" "));
    }
  });
  return button;
}

/** {node, update(state)}; `tools` are further buttons at the right, `title` stands where the model's name would. */
export function headLine(view, { model, tools = [], title = null }) {
  const { text, payload } = view;
  const name = element("h3", { class: "aigc-name" });
  const facts = element("span");
  const proof = element("p", { class: "aigc-note", "data-role": "proof" });
  const carried = element("span", { class: "aigc-note" });
  const buttons = [...(model.link ? [linkButton(view, (state) => model.link(state))] : []), ...tools];
  const trust = element("div", { class: "aigc-facts" });
  const node = element("div", { class: "aigc-head" }, [
    element("div", { class: "aigc-facts" }, title ? [title] : [name, facts]),
    trust,
    element("div", { class: "aigc-head-tools" }, buttons),
  ]);
  const update = (state) => {
    const attention = payload.attentions[state.of === "difference" ? 0 : state.of];
    const part = view.part(state);
    const shown = payload.is_sequence ? [attention] : payload.attentions;
    name.textContent = [...new Set(shown.map((one) => one.model_name))].join(" · ");
    facts.textContent = text.facts(part.tokens.length, part.num_layers, part.num_heads);
    proof.replaceChildren(...proofOf(attention, state, text));
    carried.textContent = carriedOf(part, text);
    trust.replaceChildren(...[proof, carried].filter((one) => one.textContent));
  };
  return { node, update };
}
