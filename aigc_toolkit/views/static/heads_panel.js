// Comes in: the view. Goes out: all heads as small pictures that arrive layer by layer, sorted and filtered by any head score,
// which is asked for after the first picture. Lays nothing out; the grid does.

import { element } from "./elements.js";
import { headGrid } from "./head_grid.js";
import { allHeads, sortedHeads, valuesOf } from "./heads_order.js";
import { headSorting } from "./head_sorting.js";
import { extentOf, headsOf } from "./attention_state.js";

const SCORED_UNASKED = 2048; // tokens up to which scores are measured without being asked for

export function headsPanel(view) {
  const { text, store } = view;
  const title = element("h3", { class: "aigc-title", text: text.heads, title: text.headsNote });
  const progress = element("span", { class: "aigc-note", role: "status" });
  const sorting = headSorting(text, { onMeasure: (measure) => chooseMeasure(measure), onLeast: (least) => store.set({ least }) });
  const grid = headGrid(text, ({ layer, head }) => store.set({ layer, head }));
  const node = element("section", { class: "aigc-heads" }, [
    element("div", { class: "aigc-bar" }, [element("div", { class: "aigc-bar-start" }, [title, progress]), sorting.node]),
    grid.node,
  ]);
  let [part, pictures, numAsked, scores, isScoring, isStale] = [null, [], 0, null, false, false];

  const nameOf = ({ layer, head, index }) => {
    const kind = view.kindOf(scores, index);
    return `${text.headName(part.layer_numbers?.[layer] ?? layer, head)}${kind ? ` · ${kind}` : ""}`;
  };
  const look = (state) => {
    const isSigned = state.of === "difference";
    const { sequential, diverging } = view.colors();
    const { numRows, numColumns } = extentOf(part);
    const isExact = pictures.find(Boolean)?.side === numColumns && numRows === numColumns;
    return { scale: isSigned ? diverging : sequential, isSigned, skipsFirst: state.skip_first && isExact };
  };
  const arrange = (state) => {
    const values = valuesOf(scores, state.measure);
    const hasFocus = grid.node.contains(document.activeElement);
    const heads = allHeads(part);
    const shown = values ? sortedHeads(heads, values, state.least) : heads;
    grid.build({ part, heads: shown, values, isSorted: Boolean(values), nameOf });
    sorting.update({ scores, measure: state.measure, least: state.least, isScoring, numShown: shown.length, numAll: heads.length });
    paintAll(state);
    grid.mark(state);
    if (hasFocus) grid.focus();
  };
  const paintAll = (state) => pictures.forEach((tiles, layer) => tiles && grid.paint(layer, tiles, look(state)));

  /** Small pictures, the chosen layer's first, one request at a time so that whoever looks at a head need not wait. */
  const load = async (state) => {
    const mine = (numAsked += 1);
    const { of, kind } = state;
    const order = Array.from({ length: part.num_layers }, (_, layer) => layer).sort((a, b) => (b === state.layer) - (a === state.layer));
    const total = order.reduce((sum, layer) => sum + headsOf(part, layer), 0);
    let numDrawn = 0;
    await view.firstPicture();
    for (const layer of order) {
      if (mine !== numAsked) return;
      progress.textContent = numDrawn ? text.headsDrawn(numDrawn, total) : "";
      try {
        const tiles = await view.source.tiles({ of, kind, layer });
        if (mine !== numAsked) return;
        pictures[layer] = tiles;
        grid.paint(layer, tiles, look(store.get()));
        numDrawn += headsOf(part, layer);
      } catch (error) {
        if (mine === numAsked) view.say(text.picturesFailed(error.message), drawAgain);
        return;
      }
    }
    progress.textContent = "";
    if ((scores === null || isStale) && (part.tokens.length <= SCORED_UNASKED || state.measure !== "position")) score(store.get());
  };
  const score = async (state) => {
    const mine = numAsked;
    isScoring = true;
    if (!isStale) sorting.update({ scores, measure: state.measure, least: state.least, isScoring, numShown: 0, numAll: 0 });
    try {
      const found = await view.source.scores({ of: state.of, kind: state.kind });
      if (mine !== numAsked) return;
      [scores, isStale] = [found, false];
    } catch (error) {
      if (mine === numAsked) view.say(text.scoresFailed(error.message), scoreAgain);
      return;
    } finally {
      isScoring = false;
    }
    view.scored(scores);
    arrange(store.get());
  };
  const drawAgain = () => load(store.get());
  const scoreAgain = () => score(store.get());
  const chooseMeasure = (measure) => {
    if (measure === "ask") score(store.get());
    else store.set({ measure, least: null });
  };

  const update = (state, changed) => {
    const is = (...names) => !part || !changed || names.some((name) => changed.has(name));
    if (is("of", "kind")) {
      isStale = part === view.part(state); // another moment of the same text: what is there stays until the new is
      part = view.part(state);
      if (!isStale) {
        [pictures, scores] = [[], null];
        view.scored(null);
        arrange(state);
      }
      load(state);
    } else if (is("measure", "least")) arrange(state);
    else if (is("skip_first", "colors")) paintAll(state);
    if (is("layer", "head")) grid.mark(state);
  };
  const close = () => {
    numAsked += 1;
  };
  return { node, update, resize: (width, height) => grid.resize(width, height - 32), close };
}
