// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.GenerationView, and messages
// {type: "append", start, steps, stop_reason}. Goes out: the generated text, one token of it in detail, its entropy.
// While steps arrive only what is new is drawn. Deliberately does not know which home it has.

import { element } from "./elements.js";
import { entropyStrip } from "./entropy_strip.js";
import { STRONGEST_SHADE, generatedText } from "./generated_text.js";
import { storyButtons } from "./export_story.js";
import { gradient, readScale, scaleName } from "./color_scale.js";
import { decimals } from "./numbers.js";
import { followTheme } from "./theme.js";
import { tokenGroups } from "./token_groups.js";
import { tokenPanel } from "./token_panel.js";
import { tokenTable } from "./token_table.js";
import { words } from "./texts.js";

function summaryLine(text) {
  const name = element("h3", { class: "aigc-name" });
  const facts = element("span");
  const mean = element("b");
  const stop = element("span");
  const meanLine = element("span", {}, [`${text.meanLogprob} `, mean, ` ${text.nats}`]);
  const node = element("div", { class: "aigc-head" }, [
    element("div", { class: "aigc-facts" }, [name, facts, meanLine, stop]),
  ]);
  const update = (modelName, steps, stopReason) => {
    name.textContent = modelName;
    facts.textContent = text.numTokens(steps.length);
    mean.textContent = decimals(steps.length ? steps.reduce((sum, step) => sum + step.logprob, 0) / steps.length : null);
    stop.textContent = stopReason ? (text.stop[stopReason] ?? stopReason) : text.writing;
  };
  return { node, update };
}

function probabilityLegend(text) {
  const bar = element("i");
  const ends = ["0", "1"].map((end) => element("span", { text: end }));
  const rank = element("span", { class: "aigc-rank-key" }, [element("b", { text: "2" }), ` ${text.rankLegend}`]);
  const shade = element("span", { class: "aigc-legend" }, [ends[0], bar, ends[1], text.probabilityLegend]);
  const node = element("div", { class: "aigc-legends" }, [shade, rank]);
  const update = (scale) => {
    bar.style.backgroundImage = gradient(scale, STRONGEST_SHADE);
    bar.style.boxShadow = `inset 0 -2px ${scale.css(0.72)}`;
  };
  return { node, update };
}

/** One generation drawn into `root`: {take(payload), append(message), close()}; `send` reaches the host. */
function show(root, text, send) {
  let scale = readScale(root);
  let steps = [];
  let groups = [];
  let grouping = tokenGroups();
  let payload = { prompt: null, model_name: "", stop_reason: null };
  let selected = null;

  const hover = (index) => {
    const at = panel.isTyping() ? selected : (index ?? selected); // what is being typed belongs to the selected token
    if (at === null) return;
    panel.update(groups[at], Boolean(payload.can_branch) && payload.stop_reason !== null);
    strip.point(at);
  };
  const select = (index) => {
    if (index === selected) return;
    selected = index;
    story.select(index);
    hover(null);
  };
  const story = generatedText(text, { onHover: hover, onSelect: select });
  const choose = (index) => {
    select(index);
    story.show(index);
  };
  const strip = entropyStrip(text, { onHover: hover, onSelect: choose });
  const panel = tokenPanel(text, (choice) => send({ type: "alternative", ...choice }));
  const line = summaryLine(text);
  const colors = probabilityLegend(text);
  const table = tokenTable(text);
  const note = element("p", { class: "aigc-note", role: "status" });
  const files = storyButtons({ text, root, shown: () => ({ ...payload, steps, groups, scale }), say: (words) => (note.textContent = words ?? "") });
  line.node.append(files.node);
  const main = element("div", {}, [story.node, element("div", { class: "aigc-under" }, [colors.node]), strip.node, note, table.node]);
  main.style.minWidth = "0";
  root.replaceChildren(line.node, element("div", { class: "aigc-write" }, [main, panel.node]));

  const add = (fresh, stopReason) => {
    steps = steps.concat(fresh);
    const complete = grouping.add(fresh).concat(stopReason ? grouping.close() : []);
    groups = groups.concat(complete);
    story.append(complete, scale);
    strip.append(complete);
    table.update(steps);
    payload = { ...payload, stop_reason: stopReason };
    line.update(payload.model_name, steps, stopReason);
    if (selected === null && groups.length && stopReason) select(0);
    else if (selected !== null && stopReason) hover(null); // now another token may be chosen
  };
  const restart = (next) => {
    [steps, groups, grouping, selected, payload] = [[], [], tokenGroups(), null, next];
    story.start(next.prompt);
    strip.start();
    panel.clear();
  };
  const isContinued = (next) =>
    next.prompt === payload.prompt &&
    next.steps.length >= steps.length &&
    (payload.stop_reason === null || (next.steps.length === steps.length && next.stop_reason === payload.stop_reason)) &&
    steps.every((step, i) => step.id === next.steps[i].id && step.position === next.steps[i].position);
  const take = (next) => {
    if (!isContinued(next)) restart(next);
    payload = { ...next, stop_reason: payload.stop_reason };
    add(next.steps.slice(steps.length), next.stop_reason);
  };
  const append = ({ start = steps.length, steps: sent, stop_reason: stopReason = null }) => {
    if (start > steps.length) return; // a portion was lost: the whole value that ends the stream brings it
    add(sent.slice(steps.length - start), stopReason);
  };
  const repaint = () => {
    scale = readScale(root);
    story.repaint(scale);
    colors.update(scale);
    strip.redraw();
  };
  const fit = () => (scaleName(root) === scale.name ? strip.redraw() : repaint()); // some hosts attach the view later
  const sizes = new ResizeObserver(fit);
  sizes.observe(root);
  const stopTheme = followTheme(root, repaint);
  repaint();
  const close = () => {
    sizes.disconnect();
    stopTheme();
  };
  return { take, append, close };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc" });
  el.append(root);
  let view = null;
  let language;
  let stopTheme = () => {}; // of the empty view; a shown one follows the theme itself
  const take = () => {
    const value = model.get("value");
    stopTheme();
    stopTheme = () => {};
    if (view && value && value.language !== language) {
      view.close();
      view = null;
    }
    if (!value) {
      view?.close();
      view = null;
      stopTheme = followTheme(root, () => {});
      root.replaceChildren(element("p", { class: "aigc-note", text: words(null).emptyGeneration }));
      return;
    }
    language = value.language;
    const text = words(language);
    root.lang = text.tag === "zh" ? "zh-CN" : "en";
    view ??= show(root, text, (message) => model.send(message));
    view.take(value);
  };
  const message = (content) => content?.type === "append" && view?.append(content);
  model.on("change:value", take);
  model.on("msg:custom", message);
  take();
  return () => {
    model.off("change:value", take);
    model.off("msg:custom", message);
    stopTheme();
    view?.close();
  };
}

export default { render };
