// Comes in: head scores by snapshot. Goes out: what each head did as a line over training, the chosen head's among all others; which
// score, and whether it is measured on the prompt or on repeated random tokens. A click near a line chooses its head.

import { element } from "./elements.js";
import { decimals } from "./numbers.js";
import { lineChart } from "./training_chart.js";

function select(label, options, onChoose) {
  const node = element("select", { class: "aigc-select", "aria-label": label }, options.map(([value, words]) => element("option", { value, text: words })));
  node.addEventListener("change", () => onChoose(node.value));
  return node;
}

/** {node, update({at, prompt, layer, head, score, repeated}), redraw()}; `onChoose(changes)` of score, repeated, at, layer, head. */
export function scoreCurves(text, payload, height, onChoose) {
  const { names, definitions } = payload.scores;
  const kind = select(text.score, names.map((name) => [name, text.scoreNames[name]]), (score) => onChoose({ score }));
  const where = select(text.measuredOn, [["repeated", text.onRepeated], ["prompt", text.onPrompt]], (value) => onChoose({ repeated: value === "repeated" }));
  const chart = lineChart({ name: text.headScores, note: "", height, labels: true }, () => {});
  chart.node.firstChild.append(element("span", { class: "aigc-score-choice" }, [kind, where]));
  let shown = null;

  const chosenLine = ({ layer, head }) => layer * payload.prompts[0].part.num_heads + head;
  const pick = (event) => {
    const { index, value } = chart.under(event) ?? {};
    if (index === undefined) return;
    const distances = shown.lines.map((line) => Math.abs((line[index] ?? Infinity) - value));
    const nearest = distances.indexOf(Math.min(...distances));
    const numHeads = payload.prompts[0].part.num_heads;
    onChoose({ at: index, layer: Math.floor(nearest / numHeads), head: nearest % numHeads });
  };
  chart.box.addEventListener("pointerdown", pick);
  const update = (state) => {
    const bySnapshot = state.repeated ? payload.repeated : payload.prompts[state.prompt].scores;
    const values = bySnapshot.map((scores) => scores.values[names.indexOf(state.score)]);
    const lines = values[0].map((_, i) => values.map((heads) => heads[i]));
    shown = { lines };
    const chosen = lines[chosenLine(state)];
    const family = lines.filter((line) => line !== chosen);
    chart.update({ steps: payload.steps, values: chosen, family, points: [], rulers: [], marks: [], dots: true, curve: "log from 0", fromZero: true });
    chart.point(state.at, decimals(chosen[state.at], 3));
    [kind.value, where.value] = [state.score, state.repeated ? "repeated" : "prompt"];
    kind.title = definitions[state.score];
    where.title = state.repeated ? text.repeatedNote : "";
    return chosen;
  };
  return { node: chart.node, update, redraw: chart.redraw };
}
