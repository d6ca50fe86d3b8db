// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.TrainingView, and messages
// {type: "append", start, columns, validation, samples, standing}. Goes out: loss, learning rate, gradient norm and
// throughput by step, pointed at together, and what the model wrote. Deliberately does not know which home it has.

import { choice, element } from "./elements.js";
import { decimals, shown } from "./numbers.js";
import { followTheme } from "./theme.js";
import { lineChart } from "./training_chart.js";
import { addPortion, emptyRecord, lastBefore } from "./training_record.js";
import { numbersTable } from "./training_table.js";
import { sampleList } from "./training_samples.js";
import { labelText } from "./token_text.js";
import { trainingWords } from "./texts_training.js";
import { words } from "./texts.js";

const count = (value) => shown(value, (x) => Math.round(x).toLocaleString("en"));
const rate = (value) => shown(value, (x) => (x !== 0 && x < 1e-3 ? x.toExponential(2).replace("-", "−") : String(Number(x.toPrecision(3)))));
const clock = (seconds) =>
  shown(seconds, (s) => {
    const two = (x) => String(Math.floor(x)).padStart(2, "0");
    return s < 60 ? `${s.toFixed(1)} s` : s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)}`;
  });

/** The head line: where the run stands. */
function stateLine(text) {
  const values = Array.from({ length: 5 }, () => element("b"));
  const [step, loss, validation, speed, elapsed] = values;
  const facts = [
    [`${text.step} `, step],
    [`${text.loss} `, loss, ` ${text.nats}`],
    [`${text.validation} `, validation],
    [speed, ` ${text.perSecond}`],
    [`${text.elapsed} `, elapsed],
  ].map((parts) => element("span", {}, parts));
  const standing = element("span");
  const name = element("h3", { class: "aigc-name", text: text.name });
  const node = element("div", { class: "aigc-head" }, [element("div", { class: "aigc-facts" }, [name, ...facts]), standing]);
  const update = ({ columns, validation: measured }, now) => {
    const last = columns.step.length - 1;
    step.textContent = count(columns.step[last]);
    loss.textContent = decimals(columns.loss[last], 3);
    validation.textContent = decimals(measured.at(-1)?.[1], 3);
    speed.textContent = count(columns.tokens_per_second[last]);
    elapsed.textContent = clock(columns.seconds[last]);
    standing.textContent = text.states[now] ?? "";
    standing.className = now === "running" ? "aigc-standing aigc-is-running" : "aigc-standing";
  };
  return { node, update };
}

/** One run drawn into `root`: {take(payload), append(message) false where steps are missing, close()}. */
function show(root, text) {
  let record = emptyRecord();
  let fixed = { rulers: [], anomalies: [] };
  let curve = "linear";
  let hovered = null;

  const hover = (index) => {
    hovered = index;
    point();
  };
  const loss = lineChart({ name: text.loss, note: text.nats, height: 292, labels: true }, hover);
  const small = [
    ["learning_rate", lineChart({ name: text.learningRate, note: "", height: 76 }, hover), rate],
    ["gradient_norm", lineChart({ name: text.gradientNorm, note: text.gradientNote, height: 76 }, hover), (x) => decimals(x, 3)],
    ["tokens_per_second", lineChart({ name: text.throughput, note: text.perSecond, height: 96, labels: true }, hover), count],
  ];
  const charts = [loss, ...small.map(([, chart]) => chart)];
  const line = stateLine(text);
  const where = element("span", { class: "aigc-mono" });
  const happened = element("p", { class: "aigc-note aigc-happened" });
  const problem = element("p", { class: "aigc-problem", role: "alert", hidden: true });
  const samples = sampleList(text);
  const table = numbersTable(text);
  const curves = [["linear", text.linear], ["log", text.log]];
  const chooseCurve = (next) => {
    curve = next;
    draw();
  };
  const bar = element("div", { class: "aigc-bar" }, [choice(text.steps, curves, curve, chooseCurve), where]);
  const key = element("p", { class: "aigc-note aigc-key" }, [
    element("i", { "data-line": "training" }), text.trainLoss, element("i", { "data-line": "validation" }), text.validation,
  ]);
  loss.node.firstChild.append(key);
  const left = element("div", { class: "aigc-training-main" }, [bar, loss.node, happened]);
  const right = element("div", { class: "aigc-training-small" }, small.map(([, chart]) => chart.node));
  const body = element("div", { class: "aigc-training" }, [left, right, samples.node, table.node]);
  const empty = element("p", { class: "aigc-note", text: text.empty });
  root.replaceChildren(line.node, problem, empty, body);

  const { box } = loss;
  for (const [name, value] of [["role", "slider"], ["tabindex", 0], ["aria-label", text.chart]]) box.setAttribute(name, value);
  box.addEventListener("keydown", (event) => {
    const { length } = record.columns.step;
    const from = hovered ?? length - 1;
    const far = Math.max(1, Math.round(length / 20));
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, PageDown: from - far, PageUp: from + far, Home: 0, End: length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    hover(Math.min(length - 1, Math.max(0, to)));
  });
  box.addEventListener("blur", () => hover(null));

  const point = () => {
    const { columns } = record;
    if (!columns.step.length) return;
    const at = hovered ?? columns.step.length - 1;
    const step = columns.step[at];
    const measured = lastBefore(record.validation, step);
    loss.point(hovered, decimals(columns.loss[at], 3) + (measured?.[0] === step ? ` · ${decimals(measured[1], 3)} ${text.validation}` : ""));
    for (const [name, chart, write] of small) chart.point(hovered, write(columns[name][at]));
    where.textContent = text.stepNumber(count(step));
    box.setAttribute("aria-valuemin", columns.step[0]);
    box.setAttribute("aria-valuemax", columns.step.at(-1));
    box.setAttribute("aria-valuenow", step);
    const numbers = small.map(([name, , write], i) => `${[text.learningRate, text.gradientNorm, text.throughput][i]} ${write(columns[name][at])}`);
    box.setAttribute("aria-valuetext", [where.textContent, `${text.loss} ${decimals(columns.loss[at], 3)}`, ...numbers].join(", "));
    const near = fixed.anomalies.filter((entry) => hovered === null || entry.step === step);
    const pool = columns.step.length > box.clientWidth ? text.pooled : "";
    const told = near.map((entry) => `▼ ${text.stepNumber(count(entry.step))}: ${labelText(entry.text)}`);
    const rulers = fixed.rulers.some(({ name }) => name === "unigram") ? text.rulers : "";
    happened.textContent = [...told, pool, rulers].filter(Boolean).join("  ");
  };
  const draw = () => {
    const { columns, validation } = record;
    const has = columns.step.length > 0;
    [body.hidden, empty.hidden] = [!has, has];
    if (!has) return;
    const shared = { steps: columns.step, points: [], rulers: [], marks: fixed.anomalies.map(({ step }) => step), curve };
    const rulers = fixed.rulers.map(({ name, loss: at }) => ({ name: labelText(name), loss: at }));
    loss.update({ ...shared, values: columns.loss, points: validation.filter(([, y]) => y !== null), rulers });
    for (const [name, chart] of small) chart.update({ ...shared, values: columns[name], fromZero: true });
    if (hovered !== null && hovered >= columns.step.length) hovered = null;
    point();
  };
  const add = (portion) => {
    if (!addPortion(record, portion)) return false;
    problem.hidden = portion.standing !== "failed";
    problem.textContent = portion.standing === "failed" ? text.failed(portion.problem) : "";
    line.update(record, portion.standing);
    samples.update(record.samples);
    table.update(record);
    draw();
    return true;
  };
  const take = (payload) => {
    record = emptyRecord();
    fixed = payload;
    add(payload);
  };
  const redraw = () => charts.forEach((chart) => chart.redraw());
  const sizes = new ResizeObserver(redraw);
  sizes.observe(root);
  const stopTheme = followTheme(root, redraw);
  const close = () => {
    sizes.disconnect();
    stopTheme();
  };
  return { take, append: add, close };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc" });
  el.append(root);
  const { language } = model.get("value");
  const { tag } = words(language);
  root.lang = tag === "zh" ? "zh-CN" : "en";
  const view = show(root, trainingWords(tag));
  const take = () => view.take(model.get("value"));
  const message = (content) => {
    if (content?.type === "payload") view.take(content.payload);
    if (content?.type === "append" && !view.append(content)) model.send({ type: "payload" }); // a portion was lost
  };
  model.on("change:value", take);
  model.on("msg:custom", message);
  take();
  return () => {
    model.off("change:value", take);
    model.off("msg:custom", message);
    view.close();
  };
}

export default { render };
