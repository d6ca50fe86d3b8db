// Comes in: the payload of a time-lapse, its state and the chosen head's scores. Goes out: a row of numbers per snapshot behind a fold,
// made only while it is open: the pictures for those who read numbers or hear them.

import { element } from "./elements.js";
import { decimals, share } from "./numbers.js";
import { labelText } from "./token_text.js";

/** {node, update(state, scores of the chosen head)} */
export function numbersOf(text, payload) {
  const body = element("tbody");
  const head = element("tr", {}, text.columns.map((name) => element("th", { scope: "col", text: name })));
  const table = element("table", { class: "aigc-table" }, [element("thead", {}, [head]), body]);
  const scroll = element("div", { class: "aigc-table-scroll", tabindex: 0, role: "region", "aria-label": text.table }, [table]);
  const node = element("details", { class: "aigc-fold" }, [element("summary", { text: text.table }), scroll]);
  const losses = new Map(payload.training.steps.map((step, i) => [step, payload.training.losses[i]]));
  let [state, scores] = [null, null];

  const row = (step, at) => {
    const prompt = payload.prompts[state.prompt];
    const [id, probability] = [prompt.next_ids[at].at(-1)[0], prompt.next_probabilities[at].at(-1)[0]];
    const cells = [decimals(losses.get(step), 3), decimals(scores[at], 3), labelText(payload.token_texts[id], { spaces: true }), share(probability)];
    const line = element("tr", {}, [element("th", { scope: "row", text: step }), ...cells.map((words) => element("td", { text: words }))]);
    if (at === state.at) line.setAttribute("aria-current", "true");
    return line;
  };
  const draw = () => node.open && state && body.replaceChildren(...payload.steps.map(row));
  node.addEventListener("toggle", draw);
  const update = (now, ofHead) => {
    [state, scores] = [now, ofHead];
    draw();
  };
  return { node, update };
}
