// Comes in: the weights of the selected token's row or column. Goes out: the largest of them as bars with numbers (the
// table a screen reader gets instead of the shades) and a sentence that says how to read them.

import { bar, barTable } from "./bars.js";
import { element } from "./elements.js";
import { labelText, shortened } from "./token_text.js";

const NUM_SHOWN = 8;

function largestPositions(weights, skipFirst) {
  const positions = Array.from(weights.keys()).filter((position) => weights[position] > 0 && !(skipFirst && position === 0));
  return positions.sort((a, b) => weights[b] - weights[a]).slice(0, NUM_SHOWN);
}

/** {note, node, update({weights, focus, reading, skipFirst, causal}) -> position of the largest weight or null} */
export function weightList(tokens, text) {
  const note = element("p", { class: "aigc-note aigc-reading" });
  const heading = element("h3", { class: "aigc-title" });
  const table = barTable();
  const node = element("section", {}, [element("div", { class: "aigc-bar" }, [heading]), table.node]);
  const named = (position) => shortened(labelText(tokens[position], { spaces: true }), 18);
  const quoted = (position) => `“${shortened(labelText(tokens[position]), 18)}”`;

  const sentence = (focus, reading, causal) => {
    if (reading === "column") return text.columnNote(quoted(focus));
    if (!causal) return text.rowOnly(quoted(focus));
    return focus + 1 < tokens.length ? text.predicted(quoted(focus), quoted(focus + 1)) : text.lastRow(quoted(focus));
  };
  const update = ({ weights, focus, reading, skipFirst, causal }) => {
    const top = weights ? largestPositions(weights, skipFirst) : [];
    const rows = top.map((position) => bar(`${named(position)} `, weights[position], { most: weights[top[0]] }));
    heading.textContent = reading === "row" ? text.mostLookedAt(quoted(focus)) : text.mostLooking(quoted(focus));
    table.update(rows, heading.textContent);
    note.textContent = sentence(focus, reading, causal);
    return top.length ? top[0] : null;
  };
  return { note, node, update };
}
