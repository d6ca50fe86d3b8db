// Comes in: the view. Goes out: the arithmetic of the pointed, pinned or heaviest cell as a ledger with its real numbers,
// and how much the key really adds. Arrow keys move the cell. Of two models both are shown, and what one has more.

import { cellProducts } from "./cell_products.js";
import { cellSteps, number, valueSteps } from "./cell_steps.js";
import { element } from "./elements.js";
import { lineAxis } from "./line_axis.js";
import { lineValues } from "./line_values.js";
import { share } from "./numbers.js";
import { queryOf, readingIn } from "./readings.js";
import { oncePerFrame } from "./svg.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const largest = (values) => values.reduce((best, value, at) => (Math.abs(value) > Math.abs(values[best]) ? at : best), 0);

/** [query, key] that the state names, else the heaviest cell of the chosen token, else null. */
async function cellOf(view, state) {
  const pointed = view.hover.get().cell ?? state.cell;
  if (pointed || state.token === null) return pointed;
  const part = view.part(state);
  const reading = readingIn(part, state);
  const line = { of: state.of, kind: state.kind, layer: state.layer, head: state.head, reading, grouping: "tokens" };
  const values = await lineValues({ source: view.source, part }, { ...line, group: state.token, skipFirst: state.skip_first });
  if (!values) return null;
  return reading === "column" ? [largest(values), state.token] : [queryOf(reading, state.token), largest(values)];
}

export function cellPanel(view) {
  const { text, store, hover } = view;
  const title = element("h4", { title: text.cellHelp });
  const products = cellProducts(text);
  const body = element("tbody");
  const head = element("thead");
  const values = element("tbody");
  const ledger = element("table", { class: "aigc-ledger", "aria-label": text.arithmeticTable }, [head, body, values]);
  const meaning = element("p", { class: "aigc-note", text: text.valueWeightedNote });
  const reason = element("p", { class: "aigc-note aigc-cell-reason" });
  const page = element("div", { class: "aigc-cell-page" }, [products.node, ledger, meaning]);
  const name = `${text.arithmeticTable}. ${text.cellHelp}`;
  const node = element("section", { class: "aigc-cell", tabindex: 0, role: "group", "aria-label": name }, [title, reason, page]);
  const redraw = oncePerFrame(() => load());
  let [numAsked, at] = [0, null];

  const row = (id, name, formula, results) =>
    element("tr", { "data-step": id }, [
      element("th", { scope: "row", text: name }),
      ...(formula ? [element("td", {}, formula)] : []),
      ...results.map((result) => element("td", { text: result })),
    ]);

  /** One row per step that any of the cells has; of two cells the third result is A − B. */
  const rowsOf = (lists) => {
    const longest = lists.reduce((a, b) => (b.length > a.length ? b : a));
    return longest.map((one) => {
      const found = lists.map((list) => list.find(({ id }) => id === one.id));
      const results = found.map((step) => step?.written ?? "—");
      if (lists.length > 1) {
        const difference = found[0] && found[1] ? found[0].value - found[1].value : NaN;
        results.push(Number.isFinite(difference) ? `${difference < 0 ? "" : "+"}${number(difference)}` : "—");
      }
      return row(one.id, one.name, lists.length > 1 ? null : one.formula, results);
    });
  };

  const show = (cells, place, scales) => {
    const isMany = cells.length > 1;
    const names = isMany ? ["", "A", "B", "A − B"].map((words) => element("th", { scope: "col", text: words })) : [];
    head.replaceChildren(...(isMany ? [element("tr", {}, names)] : []));
    page.toggleAttribute("data-many", isMany);
    const unknown = cells.find((cell) => cell.unknown);
    products.update(unknown || isMany || place.isSink ? null : cells[0], scales);
    reason.textContent = unknown ? text.unknownPieces(text[unknown.why] ?? unknown.unknown) : "";
    const empty = { head_dim: null, dot: NaN, scaling: NaN, softcap: null, bias: null, score: NaN, log_sum_exp: NaN, sink: null };
    page.toggleAttribute("data-unknown", Boolean(unknown));
    const whole = cells.map((cell) => (cell.unknown ? { ...empty, value_norm: null, weight: cell.weight } : cell));
    body.replaceChildren(...rowsOf(whole.map((cell) => cellSteps(cell, place, text))));
    values.hidden = place.isSink;
    meaning.hidden = place.isSink || Boolean(unknown);
    values.replaceChildren(...rowsOf(whole.map((cell) => valueSteps(cell, text))));
  };

  const ask = async (state, of, [query, key], isSink) => {
    const name = { of, kind: state.kind, layer: state.layer, head: state.head };
    const cell = await view.source.cell({ ...name, query, key: isSink ? 0 : key });
    if (!cell.unknown) return cell;
    const row = await view.source.rows({ ...name, first: query, end: query + 1 });
    return { ...cell, weight: row[key] };
  };

  const load = async () => {
    const [state, mine] = [store.get(), (numAsked += 1)];
    const part = view.part(state);
    const [query, key] = ["query", "key"].map((side) => lineAxis(part, side, "tokens", text));
    try {
      at = await cellOf(view, state);
      if (mine !== numAsked) return;
      page.hidden = !at;
      const named = (axis, index) => `“${axis.label(index)}” ${axis.place(index)}`.trim();
      title.textContent = at ? text.cellOf(named(query, at[0]), named(key, at[1])) : text.pointAtCell;
      if (!at) return;
      const place = { query: at[0], key: at[1], isSink: key.isSink(at[1]) };
      const asked = state.of === "difference" ? [0, 1] : [state.of];
      const cells = await Promise.all(asked.map((of) => ask(state, of, at, place.isSink)));
      if (mine === numAsked) show(cells, place, view.colors());
    } catch (error) {
      if (mine === numAsked) view.say(text.failed(error.message), load);
    }
  };

  node.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !at || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const part = view.part();
    const sizes = [part.tokens.length, (part.key_tokens ?? part.tokens).length];
    store.set({ cell: at.map((index, side) => Math.min(sizes[side] - 1, Math.max(0, index + step[side]))) });
    view.announce(title.textContent);
  });

  const update = (state) => state.panel === "cell" && redraw.ask();
  const stopHover = hover.subscribe((_, changed) => changed.has("cell") && update(store.get()));
  const close = () => {
    stopHover();
    redraw.stop();
    numAsked += 1;
  };
  return { node, update, resize() {}, close };
}
