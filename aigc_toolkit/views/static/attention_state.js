// Comes in: the payload, and what the host knows of the state. Goes out: a state in which every position exists, kept the
// same here and at the host: changes are told to it once they have settled. Does not know how a state is drawn.

import { createStore } from "./store.js";

const SETTLED = 150; // milliseconds without a change before the host is told

export function partOf(payload, { of, kind }) {
  return payload.attentions[of === "difference" ? 0 : of].parts[kind];
}

/** Tokens down and tokens across, a learned sink not counted. */
export function extentOf(part) {
  return { numRows: part.tokens.length, numColumns: (part.key_tokens ?? part.tokens).length - (part.sinks ? 1 : 0) };
}

export function headsOf(part, layer) {
  return part.heads_of_layers?.[layer] ?? part.num_heads;
}

/** What a change of the attention, kind or layer leaves pointing at nothing goes to the nearest that exists. */
function mended(payload, state) {
  const part = partOf(payload, state);
  const { numRows, numColumns } = extentOf(part);
  const numKeys = numColumns + (part.sinks ? 1 : 0);
  const parts = state.of === "difference" ? payload.attentions.map((attention) => attention.parts[state.kind]) : [part];
  const layer = Math.min(state.layer, ...parts.map((one) => one.num_layers - 1));
  const head = Math.min(state.head, ...parts.map((one) => headsOf(one, layer) - 1));
  const token = state.token === null ? null : Math.min(state.token, (state.reading === "column" ? numKeys : numRows) - 1);
  const isInside = (zoom) => zoom && zoom[1] <= numRows && zoom[3] <= numKeys;
  const cell = state.cell && state.cell[0] < numRows && state.cell[1] < numKeys ? state.cell : null;
  return { ...state, layer, head, token, cell, zoom: isInside(state.zoom) ? state.zoom : null };
}

/** {store, close()} */
export function openState(payload, model) {
  const known = { ...payload.state, ...(model.get("state") ?? {}) };
  const store = createStore(known, (state) => mended(payload, state));
  let timer = null;
  const tell = () => {
    model.set?.("state", store.get());
    model.save_changes?.();
  };
  const stop = store.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(tell, SETTLED);
  });
  const take = () => store.set(model.get("state") ?? {});
  model.on("change:state", take);
  const close = () => {
    stop();
    clearTimeout(timer);
    model.off("change:state", take);
  };
  return { store, close };
}
