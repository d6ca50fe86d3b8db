// Comes in: the links that are drawn. Goes out: the same as a table with names, positions and weights, for a reader who
// does not see lines. Its rows are made when it is opened.

import { element } from "./elements.js";
import { decimals, share } from "./numbers.js";

const MOST_ROWS = 200;

export function linesTable(text) {
  const body = element("tbody");
  const more = element("p", { class: "aigc-note" });
  const titles = [text.query, text.key, text.weight].map((words) => element("th", { scope: "col", text: words }));
  const head = element("thead", {}, [element("tr", {}, titles)]);
  const table = element("table", { class: "aigc-table", "aria-label": text.linksTable }, [head, body]);
  const region = { tabindex: 0, role: "region", "aria-label": text.linksTable };
  const scroller = element("div", { class: "aigc-table-scroll", ...region }, [table]);
  const node = element("details", { class: "aigc-lines-table" }, [element("summary", { text: text.linksTable }), scroller, more]);
  let latest = null;

  const fill = () => {
    if (!node.open || !latest) return;
    const { shown, axes } = latest;
    const own = axes.focusSide;
    titles[0].textContent = axes.reading === "predict" ? text.predictedColumn : text.query;
    const number = (value) => (shown.state.of === "difference" ? decimals(value, 4) : share(value));
    const named = (side, index) => `${axes[side].label(index)}  ${axes[side].place(index)}`;
    const links = shown.rows.flatMap(({ focus, links: found }) => found.map((link) => ({ focus, ...link })));
    const rows = links.slice(0, MOST_ROWS).map(({ focus, index, weight }) => {
      const ends = own === "query" ? [focus, index] : [index, focus];
      const words = [named("query", ends[0]), named("key", ends[1]), number(weight)];
      return element("tr", {}, words.map((word) => element("td", { text: word })));
    });
    body.replaceChildren(...rows);
    more.textContent = links.length > MOST_ROWS ? text.moreRows(links.length - MOST_ROWS) : "";
  };
  node.addEventListener("toggle", fill);
  const update = (shown, axes) => {
    latest = { shown, axes };
    fill();
  };
  return { node, update };
}
