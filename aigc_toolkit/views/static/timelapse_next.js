// Comes in: a prompt of a time-lapse, a snapshot and one of its tokens. Goes out: the tokens that the model expected after it, as bars,
// the prompt's own next token marked. Knows nothing of attention.

import { bar, barTable } from "./bars.js";
import { element } from "./elements.js";
import { share } from "./numbers.js";
import { labelText, shortened } from "./token_text.js";

const LONGEST = 20;

/** {node, update({prompt, at, token})} */
export function nextTokens(text, tokenTexts) {
  const title = element("h3", { class: "aigc-title" });
  const own = element("p", { class: "aigc-note" });
  const table = barTable();
  const node = element("section", { class: "aigc-most aigc-next" }, [title, table.node, own]);
  const name = (words) => shortened(labelText(words, { spaces: true }), LONGEST);

  const update = ({ prompt, at, token }) => {
    const ids = prompt.next_ids[at][token];
    const probabilities = prompt.next_probabilities[at][token];
    const ownId = prompt.ids[token + 1];
    const rows = ids.map((id, i) => bar(name(tokenTexts[id]), probabilities[i], { kind: id === ownId && "chosen" }));
    const rest = Math.max(0, 1 - probabilities.reduce((sum, value) => sum + value, 0));
    rows.push(bar(text.allOthers, rest, { kind: "rest" }));
    title.textContent = text.expectedAfter(name(prompt.part.prose[token]));
    table.update(rows, title.textContent);
    own.textContent = ownId === undefined ? text.endOfPrompt : text.ownNext(name(prompt.part.prose[token + 1]), share(prompt.own_probabilities[at][token]));
  };
  return { node, update };
}
