// Comes in: the numbers of one cell. Goes out: the steps of its arithmetic in the order in which models compute it, each
// with its name, its formula as nodes and its result. Draws nothing and asks nobody.

import { element } from "./elements.js";
import { decimals, share } from "./numbers.js";

const sub = (name, index) => [element("var", { text: name }), element("sub", { text: String(index) })];
const exp = (nodes) => ["exp(", ...nodes, ")"];
const total = () => element("span", { text: "log Σ exp" });

/** A score: three decimals, a power of ten when smaller, −∞ where the mask hid it. */
export function number(value) {
  if (value === Infinity || value === -Infinity) return value < 0 ? "−∞" : "∞";
  if (value === null || value === undefined) return "—";
  if (value !== 0 && Math.abs(value) < 0.0005) return value.toExponential(1).replaceAll("-", "−");
  return decimals(value, 3);
}

/** a − b as it is written; a number below zero that is taken away stands in brackets. */
const minus = (a, b) => `${number(a)} − ${b < 0 ? `(${number(b)})` : number(b)}`;

/** Steps whose result is a share are written as weights are, all others as scores. */
const step = (id, name, formula, value, write = number) => ({ id, name, formula, value, written: write(value) });

/** Of a learned sink, which has a score of its own and no key. */
function sinkSteps(cell, text) {
  const weight = Math.exp(cell.sink - cell.log_sum_exp);
  return [
    step("score", text.score, [text.learned], cell.sink),
    step("sum", text.logSumExp, [total()], cell.log_sum_exp),
    step("weight", text.weight, exp([minus(cell.sink, cell.log_sum_exp)]), weight, share),
  ];
}

/** [{id, name, formula: nodes, value, written}, …], from "dot" and "scaled" to "weight". */
export function cellSteps(cell, { query, key, isSink }, text) {
  if (isSink) return sinkSteps(cell, text);
  const isHidden = cell.mask === "hidden";
  const score = isHidden ? -Infinity : cell.score;
  const sum = cell.log_sum_exp ?? Infinity; // a query that may see nothing
  const steps = [
    step("dot", text.dotProduct(cell.head_dim), [...sub("q", query), " · ", ...sub("k", key)], cell.dot),
    step("scaled", text.scaled, ["× ", share(cell.scaling)], cell.dot * cell.scaling),
  ];
  if (cell.softcap !== null) {
    const cap = decimals(cell.softcap, 1);
    steps.push(step("capped", text.capped, [`${cap} · tanh(x / ${cap})`], cell.after_softcap));
  }
  const before = cell.after_softcap ?? cell.dot * cell.scaling;
  if (cell.bias !== null) {
    const added = [cell.bias < 0 ? "− " : "+ ", number(Math.abs(cell.bias))];
    steps.push(step("biased", text.biased, added, before + cell.bias));
  }
  steps.push(step("mask", text.maskStep, [isHidden ? text.hidden : text.seen], score));
  steps.push(step("sum", text.logSumExp, [total()], sum));
  if (cell.sink !== null) {
    const taken = Math.exp(cell.sink - sum);
    steps.push(step("sink", text.ofSink, exp([minus(cell.sink, sum)]), taken, share));
  }
  steps.push(step("weight", text.weight, exp([minus(score, sum)]), cell.weight, share));
  return steps;
}

/** The lines under the ledger: how long the vector is that this key really adds. */
export function valueSteps(cell, text) {
  const isKnown = cell.value_norm !== null && cell.value_norm !== undefined;
  const length = ["|", element("var", { text: "v" }), " ", ...sub("W", "O"), "|"];
  const added = [`${share(cell.weight)} × |`, element("var", { text: "v" }), " ", ...sub("W", "O"), "|"];
  return [
    step("length", text.valueLength, length, isKnown ? cell.value_norm : null),
    step("added", text.valueWeighted, added, isKnown ? cell.weight * cell.value_norm : null),
    step("share", text.valueShare, [text.ofTheRow], isKnown ? cell.value_weight : null, share),
  ];
}
