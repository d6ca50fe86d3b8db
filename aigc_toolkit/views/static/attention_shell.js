// Comes in: a payload, the host's model, an element. Goes out: the whole view, its parts joined by one state and one account of
// what is pointed at. Lays them out; what each shows is its own matter.

import { openState, partOf } from "./attention_state.js";
import { cellPanel } from "./cell_panel.js";
import { readScale, scaleName } from "./color_scale.js";
import { compareBar } from "./compare_bar.js";
import { mapsPanel } from "./compare_maps.js";
import { check, choice, element } from "./elements.js";
import { exportMenu } from "./export_menu.js";
import { headLine } from "./head_line.js";
import { headsPanel } from "./heads_panel.js";
import { kindChoice } from "./kind_choice.js";
import { linesPanel } from "./lines_panel.js";
import { readingPanel } from "./reading_panel.js";
import { openSource } from "./source.js";
import { statusLine } from "./status_line.js";
import { createStore } from "./store.js";
import { words } from "./texts.js";
import { followTheme } from "./theme.js";
import { watchedSource } from "./watched_source.js";

const AROUND = 40; // pixels of a page around the view
const ROOM_FOR_LIST = 232; // pixels, with the gap
const [LOWEST, HIGHEST] = [460, 880]; // pixels of the whole view, where it has two columns

/** What all parts are given. */
function openView(payload, model, root, carrier) {
  const text = words(payload.language);
  const { store, close } = openState(payload, model);
  const status = statusLine(text);
  const opened = openSource(model, payload, carrier);
  const { source, first } = watchedSource(opened, {
    onSlow: () => status.say(opened.waitsForPython ? text.busy : text.loading),
    onAnswer: () => status.say(null),
  });
  const look = { scales: null, colors: new Map() };
  const scores = createStore({ found: null });
  const view = {
    payload, text, store, source, root, status,
    hover: createStore({ token: null, cell: null, top: null }),
    part: (state = store.get()) => partOf(payload, state),
    colors: () => (look.scales ??= { sequential: readScale(root), diverging: readScale(root, "diverging") }),
    color: (name) => {
      if (!look.colors.has(name)) look.colors.set(name, getComputedStyle(root).getPropertyValue(name).trim());
      return look.colors.get(name);
    },
    say: status.say,
    announce: status.announce,
    firstPicture: () => first,
    scores,
    scored: (found) => scores.set({ found }),
    kindOf: (found, index) => text.headKinds[found?.kinds?.[index]] ?? null,
  };
  const forgetColors = () => {
    look.scales = null;
    look.colors.clear();
  };
  return { view, forgetColors, close: () => [close(), source.close()] };
}

function panelBar(view) {
  const { text, store } = view;
  const title = element("h3", { class: "aigc-title", "aria-live": "polite" });
  const options = [["map", text.map], ["lines", text.linesPanel], ["cell", text.cellPanel]];
  const panels = choice(text.panel, options, store.get().panel, (panel) => store.set({ panel }));
  const skip = check(text.leaveOutFirst, (isOn) => store.set({ skip_first: isOn }));
  const node = element("div", { class: "aigc-bar" }, [title, panels, skip]);
  const update = (state) => {
    const part = view.part(state);
    const kind = view.kindOf(view.scores.get().found, state.layer * part.num_heads + state.head);
    title.replaceChildren(text.headName(part.layer_numbers?.[state.layer] ?? state.layer, state.head), kind ? element("span", { class: "aigc-kind-name", text: ` · ${kind}` }) : "");
    panels.querySelector(`input[value="${state.panel}"]`).checked = true;
    skip.firstChild.checked = state.skip_first;
  };
  view.scores.subscribe(() => update(store.get()));
  return { node, update };
}

/**
 * {store, hover, close()}: what is on the screen, what is pointed at. `carrier` answers instead of the model, `title` stands where its
 * name would, `list` where the largest weights would; `budget()` gives the height in pixels where there are two columns.
 */
export function openShell(payload, model, root, { carrier = null, title = null, list = null, budget: given = null } = {}) {
  const { view, forgetColors, close: closeView } = openView(payload, model, root, carrier);
  const { text, store } = view;
  const top = headLine(view, { model, title, tools: [exportMenu(view).node] });
  const [kinds, compared, bar] = [kindChoice(view), compareBar(view), panelBar(view)];
  const [reading, heads] = [readingPanel(view), headsPanel(view)];
  const panels = { map: mapsPanel(view), lines: linesPanel(view), cell: cellPanel(view) };
  const stage = element("div", { class: "aigc-stage" });
  const right = element("div", { class: "aigc-right" }, [bar.node, stage, view.status.node, reading.readout]);
  const aside = list ?? reading.list;
  const columns = element("div", { class: "aigc-columns" }, [reading.node, right, heads.node, aside]);
  const above = element("div", {}, [top.node, element("div", { class: "aigc-choices" }, [kinds.node, compared.node])]);
  root.replaceChildren(above, columns);

  const everything = new Set([...Object.keys(store.get()), "colors"]);
  const update = (state, changed) => {
    const panel = panels[state.panel];
    if (stage.firstChild !== panel.node) stage.replaceChildren(panel.node);
    if (["of", "kind", "layer", "head"].some((name) => changed.has(name))) view.say(null); // what failed was another head
    for (const one of [top, kinds, compared, bar, reading, heads]) one.update(state, changed);
    panel.update(state, changed.has("panel") ? everything : changed);
    if (["panel", "of", "kind", "map"].some((name) => changed.has(name))) fit();
  };
  let colorsShown = "";
  const recolor = () => {
    forgetColors();
    colorsShown = scaleName(root);
    update(store.get(), new Set(["colors"]));
  };
  const fit = () => {
    if (!root.clientWidth) return;
    if (scaleName(root) !== colorsShown) recolor(); // some hosts attach the view later
    const isWide = right.offsetTop === reading.node.offsetTop;
    const budget = (given?.() ?? Math.min(HIGHEST, Math.max(LOWEST, window.innerHeight - AROUND))) - above.offsetHeight;
    root.style.setProperty("--aigc-text-height", `${isWide ? Math.min(240, Math.max(112, Math.round(0.235 * budget))) : 224}px`);
    const besidePanel = bar.node.offsetHeight + reading.readout.offsetHeight + 24;
    panels[store.get().panel].resize(right.clientWidth, Math.max(280, budget - besidePanel));
    const left = reading.node.clientWidth;
    const isBesideList = aside.offsetTop === heads.node.offsetTop;
    heads.resize(isBesideList ? left - ROOM_FOR_LIST : left, isWide ? Math.max(180, budget - reading.node.offsetHeight - 20) : 640);
  };
  const sizes = new ResizeObserver(fit);
  sizes.observe(root);
  window.addEventListener("resize", fit);
  const stopTheme = followTheme(root, recolor);
  colorsShown = scaleName(root);
  update(store.get(), everything);
  fit();
  const stopStore = store.subscribe(update);
  const close = () => {
    sizes.disconnect();
    window.removeEventListener("resize", fit);
    stopTheme();
    stopStore();
    for (const one of [reading, heads, ...Object.values(panels)]) one.close();
    closeView();
  };
  return { store, hover: view.hover, close };
}
