// Comes in: the payload of a time-lapse, its words, a root element and load(prompt, at). Goes out: the whole view, its parts joined by
// one state: {at, prompt, layer, head, score, repeated}. Lays them out; what each shows is its own matter.

import { openShell } from "./attention_shell.js";
import { choice, element } from "./elements.js";
import { pointedAt } from "./pointed.js";
import { createStore } from "./store.js";
import { followTheme } from "./theme.js";
import { lossChart } from "./timelapse_loss.js";
import { nextTokens } from "./timelapse_next.js";
import { player } from "./timelapse_player.js";
import { scoreCurves } from "./timelapse_scores.js";
import { timelapseCarrier } from "./timelapse_source.js";
import { numbersOf } from "./timelapse_table.js";
import { proseText, shortened } from "./token_text.js";

const HEIGHT = 116; // pixels of a chart
const AROUND = 40; // pixels of a page around the view
const [LOWEST, HIGHEST] = [396, 760]; // pixels of the attention
const NAME = 13; // characters of a prompt in the choice among several

/** The payload of the attention view: one attention per snapshot, all of the same text. */
function attentionPayload(payload, { at, prompt, layer, head }) {
  const { part, proofs, max_difference: difference } = payload.prompts[prompt];
  const kept = { ...part, saved: { form: "queries and keys", precision: "float16", max_difference: difference } };
  const state = { of: at, kind: "decoder", layer, head, token: part.tokens.length - 1, reading: "row", panel: "map", zoom: null, cell: null };
  return {
    language: payload.language,
    is_sequence: true,
    same_tokens: false,
    state: { ...state, curve: "root", skip_first: false, measure: "position", least: null, grouping: "tokens", lines: "text", mass: 0.9, map: "one" },
    attentions: proofs.map((verify) => ({ model_name: payload.model_name, verify, kinds: ["decoder"], parts: { decoder: kept } })),
  };
}

/** What the attention view takes for its host. */
function hostOf(payload, send) {
  return { get: (name) => (name === "value" ? payload : null), set() {}, save_changes() {}, on() {}, off() {}, send };
}

function sampleBox(text) {
  const prose = element("p", { class: "aigc-prose aigc-sample", tabindex: 0, role: "region", "aria-label": text.sample });
  const node = element("section", {}, [element("h3", { class: "aigc-title", text: text.sample }), prose]);
  const update = ({ samples }, at) => {
    prose.textContent = samples[at] === "" ? text.nothing : proseText(samples[at]).trimStart();
  };
  return { node, update };
}

/** Which of the prompts is read; null for one alone. */
function promptChoice({ prompts, first }, text, onPrompt) {
  if (prompts.length === 1) return null;
  const options = prompts.map(({ text: prompt }, i) => [i, shortened(proseText(prompt).replace(/<\|\w+\|>|\s+/g, " ").trim(), NAME)]);
  return choice(text.prompt, options, first.prompt, onPrompt);
}

export function openTimelapse({ root, payload, text, send, load }) {
  const { steps } = payload;
  const store = createStore(payload.first);
  const playing = player(text, `${text.name} · ${payload.model_name}`, steps, (at) => go(at));
  const loss = lossChart(text, payload, HEIGHT, (at) => [playing.stop(), go(at)]);
  const scores = scoreCurves(text, payload, HEIGHT, (changes) => store.set(changes));
  const [sample, next, table] = [sampleBox(text), nextTokens(text, payload.token_texts), numbersOf(text, payload)];
  const attention = element("div", { class: "aigc" });
  const run = element("div", { class: "aigc-timelapse-run" }, [loss.node, scores.node, sample.node]);
  const title = promptChoice(payload, text, (prompt) => store.set({ prompt }));
  root.replaceChildren(playing.node, run, attention, table.node);
  let [shell, carrier, open] = [null, null, null];

  /** Shows a snapshot once its numbers are there, so that all parts move together. */
  const go = async (at) => {
    await carrier.load(at).catch(() => null); // the attention view says what failed, and offers to try again
    store.set({ at });
    if (at + 1 < steps.length) carrier.load(at + 1).catch(() => null);
  };
  const expect = () => {
    const { at, prompt } = store.get();
    const { part } = payload.prompts[prompt];
    const { token } = pointedAt(part, shell.store.get(), shell.hover.get());
    next.update({ prompt: payload.prompts[prompt], at, token: token ?? part.tokens.length - 1 });
  };
  const budget = () => Math.min(HIGHEST, Math.max(LOWEST, window.innerHeight - AROUND - (attention.offsetTop - root.offsetTop)));
  const openAttention = (state) => {
    shell?.close();
    carrier?.close();
    open = state.prompt;
    carrier = timelapseCarrier(payload.prompts[open], payload.scores, (at) => load(state.prompt, at));
    const facts = attentionPayload(payload, state);
    shell = openShell(facts, hostOf(facts, send), attention, { carrier, title, list: next.node, budget });
    shell.store.subscribe(({ layer, head: number }, changed) => {
      store.set({ layer, head: number });
      if (changed.has("token") || changed.has("cell") || changed.has("reading")) expect();
    });
    shell.hover.subscribe((_, changed) => (changed.has("token") || changed.has("cell")) && expect());
  };
  const update = (state) => {
    if (state.prompt !== open) openAttention(state);
    const { at, layer, head: number } = state;
    const words = at === 0 && steps[0] === 0 ? text.before(1, steps.length) : text.place(steps[at].toLocaleString("en"), at + 1, steps.length);
    playing.update(at, words);
    loss.update(at);
    sample.update(payload.prompts[state.prompt], at);
    table.update(state, scores.update(state));
    shell.store.set({ of: at, layer, head: number });
    expect();
  };
  const redraw = () => [loss.redraw(), scores.redraw()];
  const sizes = new ResizeObserver(redraw);
  sizes.observe(root);
  const stopTheme = followTheme(root, redraw);
  update(store.get());
  const stopStore = store.subscribe(update);
  return () => {
    sizes.disconnect();
    stopTheme();
    stopStore();
    playing.close();
    shell.close();
    carrier.close();
  };
}
