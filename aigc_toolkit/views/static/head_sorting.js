// Comes in: the head scores, once they are measured. Goes out: the choice by which score heads are sorted, and the smallest
// value shown. Sorts nothing itself.

import { element } from "./elements.js";
import { decimals } from "./numbers.js";
import { valuesOf } from "./heads_order.js";

const NUM_STEPS = 100;

/** {node, update({scores, measure, least, isScoring, numShown, numAll})} */
export function headSorting(text, { onMeasure, onLeast }) {
  const select = element("select", { class: "aigc-select" });
  const range = element("input", { type: "range", min: 0, max: NUM_STEPS, "aria-label": text.least });
  const shown = element("span", { class: "aigc-mono" });
  const filter = element("label", { class: "aigc-least", hidden: true }, [element("span", { text: text.atLeast }), range, shown]);
  const node = element("div", { class: "aigc-sorting" }, [
    filter,
    element("label", { class: "aigc-sort" }, [element("span", { text: text.sortBy }), select]),
  ]);
  let ends = [0, 1];
  select.addEventListener("change", () => onMeasure(select.value));
  range.addEventListener("input", () => {
    const step = Number(range.value);
    onLeast(step === 0 ? null : ends[0] + (step / NUM_STEPS) * (ends[1] - ends[0]));
  });

  const update = ({ scores, measure, least, isScoring, numShown, numAll }) => {
    const names = scores?.names ?? [];
    const rest = scores === null ? [["ask", isScoring ? text.measuring : text.measureHeads]] : [];
    const options = [["position", text.byPosition], ...names.map((name) => [name, text.scoreNames[name] ?? name.replaceAll("_", " ")]), ...rest];
    select.replaceChildren(
      ...options.map(([value, words]) => element("option", { value, text: words, disabled: value === "ask" && isScoring, title: scores?.definitions?.[value] })),
    );
    select.value = names.includes(measure) ? measure : "position";
    select.title = text[scores?.why] ?? scores?.unknown ?? scores?.definitions?.[measure] ?? "";
    const values = valuesOf(scores, measure)?.filter((value) => value !== null) ?? [];
    filter.hidden = values.length === 0;
    if (!values.length) return;
    ends = [Math.min(...values), Math.max(...values)];
    range.value = least === null ? 0 : Math.round((NUM_STEPS * (least - ends[0])) / (ends[1] - ends[0] || 1));
    shown.textContent = least === null ? text.allHeads(numAll) : `${decimals(least, 2)} · ${numShown}`;
  };
  return { node, update };
}
