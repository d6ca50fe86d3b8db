// Comes in: the weights of the followed token's row or column. Goes out: the largest of them as bars with numbers (the table a
// screen reader gets instead of the shades) and a sentence that says how to read them.

import { bar, barTable } from "./bars.js";
import { element } from "./elements.js";
import { labelText, shortened } from "./token_text.js";

const NUM_SHOWN = 8;

function largestPositions(values) {
  const positions = Array.from(values.keys()).filter((position) => values[position] !== 0);
  return positions.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, NUM_SHOWN);
}

/** {note, node, update({part, values, pointed, isSigned})} */
export function weightList(text) {
  const note = element("p", { class: "aigc-note aigc-reading" });
  const heading = element("h3", { class: "aigc-title" });
  const table = barTable();
  const node = element("section", { class: "aigc-most" }, [element("div", { class: "aigc-bar" }, [heading]), table.node]);
  const quoted = (token) => `“${shortened(labelText(token), 18)}”`;

  const sentence = (part, { reading, token, query }) => {
    const [tokens, keys] = [part.tokens, part.key_tokens ?? part.tokens];
    if (reading === "column") return text.columnNote(quoted(keys[token]));
    if (query === null) return text.nothingBefore(quoted(tokens[token]));
    if (!part.causal) return text.rowOnly(quoted(tokens[query]));
    return query + 1 < tokens.length ? text.predicted(quoted(tokens[query]), quoted(tokens[query + 1])) : text.lastRow(quoted(tokens[query]));
  };
  const title = (part, { reading, token }) => {
    if (reading === "column") return text.mostLooking(quoted((part.key_tokens ?? part.tokens)[token]));
    return reading === "predict" ? text.mostPredicting(quoted(part.tokens[token])) : text.mostLookedAt(quoted(part.tokens[token]));
  };
  const update = ({ part, values, pointed, isSigned }) => {
    if (pointed.token === null) {
      heading.textContent = text.largestWeights;
      note.textContent = text.followNothing;
      table.update([], heading.textContent);
      return;
    }
    const keys = part.key_tokens ?? part.tokens;
    const others = pointed.reading === "column" ? part.tokens : keys;
    const named = (position) => (part.sinks && others === keys && position === keys.length - 1 ? text.sinkName : shortened(labelText(others[position], { spaces: true }), 18));
    const top = values ? largestPositions(values) : [];
    const most = top.length ? Math.abs(values[top[0]]) : 0;
    heading.textContent = isSigned ? text.mostChanged(quoted((pointed.reading === "column" ? keys : part.tokens)[pointed.token])) : title(part, pointed);
    table.update(top.map((position) => bar(`${named(position)}  ${position}`, values[position], { most, isSigned })), heading.textContent);
    note.textContent = sentence(part, pointed);
  };
  return { note, node, update };
}
