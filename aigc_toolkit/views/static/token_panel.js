// Comes in: one group of generated tokens. Goes out: its probability, rank, entropy and what the model considered
// instead, as bars with numbers. Knows nothing of the text around it.

import { bar, barTable } from "./bars.js";
import { element } from "./elements.js";
import { decimals, share, shown } from "./numbers.js";
import { labelText, shortened } from "./token_text.js";
import { typedToken } from "./typed_token.js";

const LONGEST = 24;

/** The alternatives, the chosen token among them even if it was none of the likeliest, and all the rest as one row. */
function bars(step, text, onChoose) {
  const name = (words) => (words === "" ? text.noText : shortened(labelText(words, { spaces: true }), LONGEST));
  const press = (id, words) =>
    onChoose && id !== step.id ? { label: text.branch(name(words)), onPress: () => onChoose({ position: step.position, id }) } : null;
  const rows = step.alternatives.map(({ id, text: words, logprob }) =>
    bar(name(words), Math.exp(logprob), { kind: id === step.id && "chosen", press: press(id, words) }),
  );
  let rest = 1 - step.alternatives.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
  if (step.logprob !== undefined && !step.alternatives.some(({ id }) => id === step.id)) {
    const chosen = Math.exp(step.logprob);
    rows.push(bar(name(step.text), chosen, { kind: "chosen" }));
    rest -= chosen;
  }
  if (step.alternatives.length && rest > 0) rows.push(bar(text.others, rest, { kind: "rest" }));
  return rows;
}

/** `onChoose({position, id})` or `({position, text})`: another token is wanted there. */
export function tokenPanel(text, onChoose) {
  const token = element("p", { class: "aigc-panel-token" });
  const values = [element("dd"), element("dd"), element("dd")];
  const names = [text.probability, text.rank, text.entropy];
  const pairs = names.map((name, i) => element("div", {}, [element("dt", { text: name }), values[i]]));
  const numbers = element("dl", { class: "aigc-numbers" }, pairs);
  const pieces = element("p", { class: "aigc-note" });
  const table = barTable();
  const heading = element("h3", { class: "aigc-title", text: text.alternatives });
  const hint = element("p", { class: "aigc-note", text: text.branchHint });
  const typed = typedToken(text, onChoose);
  const parts = [token, numbers, pieces, heading, table.node, hint, typed.node];
  const node = element("section", { class: "aigc-panel", "aria-live": "polite", hidden: true }, parts);

  const update = (group, canBranch = false) => {
    const { open: step, steps } = group;
    node.hidden = false;
    token.textContent = group.text === "" ? text.noText : shortened(labelText(group.text, { spaces: true }), LONGEST);
    values[0].textContent = share(group.probability);
    values[1].textContent = shown(step.rank, String);
    values[2].textContent = `${decimals(step.entropy)} ${text.nats}`;
    const product = steps.map(({ logprob }) => share(Math.exp(logprob))).join(" × ");
    pieces.textContent = steps.length > 1 ? text.pieces(steps.length, product) : "";
    table.update(bars(step, text, canBranch ? onChoose : null), text.alternatives);
    hint.hidden = typed.node.hidden = !canBranch;
    typed.at(steps[0].position);
  };
  const clear = () => {
    node.hidden = true;
  };
  return { node, update, clear, isTyping: typed.isTyping };
}
