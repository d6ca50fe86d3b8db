// Comes in: a query, a key and their weight. Goes out: both tokens by name and position, and the number. Asks for nothing.

import { element } from "./elements.js";
import { share } from "./numbers.js";
import { labelText } from "./token_text.js";

/** What stands where a weight is not simply a number: null where it is one. */
export function specialWeight(part, { layer, skip_first: skipFirst }, query, key, text) {
  const window = part.sees?.[layer]?.window ?? null;
  const isSink = part.sinks && key === (part.key_tokens ?? part.tokens).length - 1;
  if (isSink) return null;
  if (part.causal && key > query) return text.masked;
  if (window !== null && Math.abs(query - key) >= window) return text.beyondWindow;
  return skipFirst && key === 0 ? text.leftOut : null;
}

const SMALLEST = "< 6e−8"; // of float16, in which weights travel: below it they arrive as 0

/** {node, update({part, query, key, weight, special})}; weight null is a long dash. */
export function readOut(text) {
  const values = [element("dd"), element("dd"), element("dd")];
  const weightName = element("dt", { text: text.weight });
  const pairs = [
    [element("dt", {}, [text.query, element("span", { text: text.queryMeaning })]), values[0]],
    [element("dt", {}, [text.key, element("span", { text: text.keyMeaning })]), values[1]],
    [weightName, values[2]],
  ];
  const node = element("dl", { class: "aigc-readout" }, pairs.map((pair) => element("div", {}, pair)));
  const named = (tokens, position) => (position === null ? "—" : `${labelText(tokens[position], { spaces: true })}  ${position}`);
  const signed = (weight) => (weight === null ? "—" : `${weight > 0 ? "+" : weight < 0 ? "−" : ""}${share(Math.abs(weight))}`);
  const update = ({ part, query, key, weight, special, isSigned }) => {
    const keys = part.key_tokens ?? part.tokens;
    const isSink = part.sinks && key === keys.length - 1;
    values[0].textContent = named(part.tokens, query);
    values[1].textContent = isSink ? text.sinkName : named(keys, key);
    values[2].textContent = special ?? (isSigned ? signed(weight) : weight === 0 ? SMALLEST : share(weight));
    weightName.textContent = isSigned ? text.weightDifference : text.weight;
  };
  return { node, update };
}
