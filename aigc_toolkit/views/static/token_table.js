// Comes in: generated steps. Goes out: a table of their numbers behind a fold, made only while it is open.

import { element } from "./elements.js";
import { decimals, share, shown } from "./numbers.js";
import { labelText, shortened } from "./token_text.js";

const LONGEST = 32;

export function tokenTable(text) {
  const head = element("tr", {}, text.tokenColumns.map((name) => element("th", { scope: "col", text: name })));
  const body = element("tbody");
  const table = element("table", { class: "aigc-table" }, [element("thead", {}, [head]), body]);
  const scroll = element("div", { class: "aigc-table-scroll", tabindex: 0, role: "region", "aria-label": text.tokenTable }, [table]);
  const node = element("details", { class: "aigc-fold" }, [element("summary", { text: text.tokenTable }), scroll]);
  let steps = [];

  const row = ({ position, text: words, logprob, rank, entropy }) => {
    const name = words === "" ? text.noText : shortened(labelText(words, { spaces: true }), LONGEST);
    const cells = [name, share(Math.exp(logprob)), shown(rank, String), decimals(entropy)].map((value) => element("td", { text: value }));
    return element("tr", {}, [element("th", { scope: "row", text: String(position) }), ...cells]);
  };
  const draw = () => {
    if (!node.open) return;
    const isContinued = body.childElementCount <= steps.length && body.childElementCount > 0;
    if (!isContinued) body.replaceChildren();
    body.append(...steps.slice(body.childElementCount).map(row));
  };
  node.addEventListener("toggle", draw);
  const update = (next) => {
    if (next.length < steps.length || next[0] !== steps[0]) body.replaceChildren();
    steps = next;
    draw();
  };
  return { node, update };
}
