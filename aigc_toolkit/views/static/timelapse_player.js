// Comes in: the steps of the snapshots. Goes out: a slider through them with a mark for each, and a button that plays. Under reduced
// motion it plays at half the speed. Knows nothing of what is shown at a snapshot.

import { element } from "./elements.js";

const PACE = 500; // milliseconds a snapshot

/** {node, update(at, words), stop(), close()}; `onGo(at)` may give a promise: playing waits for it. */
export function player(text, name, steps, onGo) {
  const last = steps.length - 1;
  const list = element("datalist", { id: `aigc-snapshots-${Math.random().toString(36).slice(2)}` }, steps.map((_, i) => element("option", { value: i })));
  const slider = element("input", { type: "range", min: 0, max: last, step: 1, list: list.id, "aria-label": text.slider });
  const play = element("button", { type: "button", class: "aigc-button aigc-play" });
  const place = element("span", { class: "aigc-place" });
  const node = element("div", { class: "aigc-player" }, [element("h3", { class: "aigc-name", text: name }), play, slider, list, place]);
  let [timer, at] = [null, 0];

  const stop = () => {
    clearTimeout(timer);
    timer = null;
    play.textContent = text.play;
  };
  const next = async () => {
    const mine = timer;
    await onGo(at + 1);
    if (timer !== mine) return;
    if (at >= last) stop();
    else wait();
  };
  const wait = () => {
    timer = setTimeout(next, matchMedia("(prefers-reduced-motion: reduce)").matches ? 2 * PACE : PACE);
  };
  play.addEventListener("click", async () => {
    if (timer !== null) {
      stop();
      return;
    }
    play.textContent = text.pause;
    if (at >= last) await onGo(0);
    wait();
  });
  slider.addEventListener("input", () => {
    stop();
    onGo(Number(slider.value));
  });
  const update = (now, words) => {
    at = now;
    slider.value = now;
    slider.setAttribute("aria-valuetext", words);
    place.textContent = words;
  };
  stop();
  return { node, update, stop, close: stop };
}
