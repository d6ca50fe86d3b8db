// Comes in: the view. Goes out: the text as prose, shaded by the row or column of the token that is pointed at or pinned; how
// to read it, in words; the largest weights as a table; the read-out of one cell. Of cross attention both texts are shown.

import { choice, element } from "./elements.js";
import { headBase } from "./head_base.js";
import { lineValues } from "./line_values.js";
import { patches } from "./patches.js";
import { largestAt, pointedAt } from "./pointed.js";
import { prose } from "./prose.js";
import { readOut, specialWeight } from "./read_out.js";
import { readingsOf } from "./readings.js";
import { latestOnly } from "./watched_source.js";
import { weightList } from "./weight_list.js";

export function readingPanel(view) {
  const { text, store, hover } = view;
  const readings = element("div");
  const texts = element("div", { class: "aigc-texts" });
  const list = weightList(text);
  const readout = readOut(text);
  const node = element("section", { class: "aigc-reading-panel" }, [
    element("div", { class: "aigc-bar" }, [element("h3", { class: "aigc-title", text: text.text }), readings]),
    texts,
    list.note,
  ]);
  let [part, boxes, picture, shown] = [null, [], null, null];

  const select = (position) => {
    store.set({ token: position, cell: null });
    hover.set({ token: null, cell: null });
  };
  const box = (pieces, sides, name) => {
    const own = (reading) => sides.includes(reading === "column" ? "key" : "query");
    const act = {
      onHover: (token) => (token === null || own(store.get().reading) ? hover.set({ token, cell: null }) : undefined),
      onSelect: (token) => own(store.get().reading) && select(token),
    };
    const made = prose(pieces, name, act);
    return { ...made, sides, node: sides.length > 1 ? made.node : element("div", {}, [element("h4", { class: "aigc-note", text: name }), made.node]) };
  };
  const build = (state) => {
    for (const one of boxes) one.close();
    part = view.part(state);
    picture = patches(view);
    const keyPieces = part.key_prose && part.key_prose.slice(0, part.key_prose.length - (part.sinks ? 1 : 0));
    const isCross = state.kind === "cross";
    if (picture) boxes = [];
    else if (isCross) boxes = [box(keyPieces ?? part.prose, ["key"], text.source), box(part.prose, ["query"], text.target)];
    else boxes = [box(part.prose, ["query", "key"], text.tokens)];
    texts.replaceChildren(...(picture ? [picture.node] : boxes.map((one) => one.node)));
  };
  const chooseReading = (state) => {
    const options = readingsOf(part, state.kind, text);
    readings.replaceChildren(choice(text.reading, options, pointedAt(part, state, hover.get()).reading, (reading) => store.set({ reading, token: fitting(reading) })));
  };
  /** Of cross attention a token of one text means nothing in the other. */
  const fitting = (reading) => {
    const state = store.get();
    const changesSide = (reading === "column") !== (state.reading === "column");
    return state.kind === "cross" && changesSide ? 0 : state.token;
  };

  const load = latestOnly(async (isCurrent) => {
    const state = store.get();
    const pointed = pointedAt(part, state, hover.get());
    const { of, kind, layer, head } = state;
    const name = { of, kind, layer, head, grouping: "tokens" };
    const lineOf = (reading, group) => (group === null ? null : lineValues({ source: view.source, part }, { ...name, reading, group, skipFirst: state.skip_first }));
    try {
      const [values, base] = await Promise.all([lineOf(pointed.reading, pointed.token), headBase(view, part, state)]);
      const cell = hover.get().cell ?? (hover.get().token === null ? state.cell : null);
      const strongest = largestAt(values);
      const [query, key] = cell ?? (pointed.reading === "column" ? [strongest, pointed.key] : [pointed.query, strongest]);
      const special = query === null || key === null ? null : specialWeight(part, state, query, key, text);
      const row = query === null || key === null || special ? null : await lineOf("row", query);
      if (!isCurrent()) return;
      shown = { state, pointed, values, most: base.most, query, key, special, strongest, weight: row ? row[key] : null };
      draw();
    } catch (error) {
      if (isCurrent()) view.say(text.failed(error.message), load);
    }
  });
  const draw = () => {
    const { state, pointed, values, most, query, key, weight, special, strongest } = shown;
    const isSigned = state.of === "difference";
    const scale = view.colors()[isSigned ? "diverging" : "sequential"];
    const [focusSide, otherSide] = pointed.reading === "column" ? ["key", "query"] : ["query", "key"];
    for (const { update, sides } of boxes) {
      const isFocus = sides.includes(focusSide);
      const hovered = isFocus && pointed.token !== state.token ? pointed.token : null;
      const weights = sides.includes(otherSide) ? values : null;
      update({ weights, most, curve: state.curve, scale, isSigned, selected: isFocus ? state.token : null, hovered });
    }
    list.update({ part, values, pointed, isSigned });
    readout.update({ part, query, key, weight, special, isSigned });
    hover.set({ top: strongest });
  };

  const update = (state, changed) => {
    const is = (...names) => !part || !changed || names.some((name) => changed.has(name));
    if (is("of", "kind") && part !== view.part(state)) {
      build(state);
      picture?.resize?.(node.clientWidth, 240);
    }
    if (is("of", "kind", "reading")) chooseReading(state);
    picture?.update(state, changed);
    load({ isUrgent: is("of", "kind", "layer", "head") });
  };
  const stopHover = hover.subscribe((_, changed) => (changed.has("token") || changed.has("cell")) && part && load());
  const close = () => {
    stopHover();
    picture?.close();
    for (const one of boxes) one.close();
  };
  return { node, list: list.node, readout: readout.node, update, close };
}
