// Comes in: the view. Goes out: the head a map shows: its whole picture, its tiles, how it is coloured. Answers that are no
// longer wanted are dropped. Draws nothing.

import { headBase } from "./head_base.js";
import { mapTiles } from "./map_tiles.js";

/** {base(), tiles(), look(), load(part, state), restyle(part, state), forget(), close()}; `onChange()` when there is more to draw. */
export function mapHead(view, { onChange, onFail }) {
  let [base, tiles, look, numAsked] = [null, null, null, 0];

  const restyle = (part, state) => {
    const isSigned = state.of === "difference";
    const { sequential, diverging } = view.colors();
    const sees = { causal: part.causal, window: part.sees?.[state.layer]?.window ?? null };
    const [most, scale, firstKey] = [base?.most ?? null, isSigned ? diverging : sequential, state.skip_first ? 1 : 0];
    look = { most, curve: state.curve, scale, isSigned, sees, firstKey };
    tiles?.repaint(look);
  };
  /** True once the head is there, false when another one was asked for meanwhile. */
  const load = async (part, state) => {
    const mine = (numAsked += 1);
    tiles?.close();
    tiles = null;
    const next = await headBase(view, part, state);
    if (mine !== numAsked) return false;
    base = next;
    return true;
  };
  const openTiles = (state) => {
    tiles = base.isWhole ? null : mapTiles(view.source, state, look, { onArrive: onChange, onFail });
  };
  const forget = () => {
    base = null;
    tiles?.close();
    tiles = null;
  };
  const close = () => {
    numAsked += 1;
    forget();
  };
  return { base: () => base, tiles: () => tiles, look: () => look, load, restyle, openTiles, forget, close };
}
