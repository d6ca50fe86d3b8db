// How a training stands. Comes in: `text` and props.value {state, place, name, step, num_steps, seconds_left, parameters,
// documents, tokens, vocabulary, reason, loss, download}, or null. Goes out: a line, a bar, what is known of the corpus, and in the
// end what came of it and where to download it. Text only.

const count = (value) => (value === null || value === undefined ? "—" : value.toLocaleString("en"));
const short = (value) => {
  const [size, letter] = [[1e6, "M"], [1e3, "k"]].find(([least]) => value >= least) ?? [1, ""];
  return letter ? `${(value / size).toFixed(1)} ${letter}` : count(value);
};
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const root = (window.gradio_config?.root ?? "").replace(/\/$/, "");

const line = node("p", "aigc-train-line");
line.setAttribute("role", "status");
const live = node("p", "aigc-train-live");
const bar = node("div", "aigc-train-bar");
const fill = node("i", "");
bar.setAttribute("role", "progressbar");
bar.setAttribute("aria-label", text.bar);
bar.setAttribute("aria-valuemin", "0");
bar.append(fill);
const facts = node("p", "aigc-train-facts");
const download = node("a", "aigc-train-download", text.download);
const box = node("div", "aigc-train");
box.append(line, live, bar, facts, download);
element.replaceChildren(box);

function said(value) {
  if (!value) return text.empty;
  if (value.place) return filled(text.line, value);
  if (value.state !== "ended") return text.doing[value.state] ?? "";
  if (!value.reason) return ""; // a problem is told on the status line
  const end = text.ended[value.reason];
  if (value.reason === "nothing") return end;
  return end + filled(text.result, { name: value.name, steps: count(value.step), loss: value.loss.toFixed(3) });
}

function progress(value) {
  if (value?.state !== "training" || !value.step) return "";
  const parts = [filled(text.progress, { step: count(value.step), steps: count(value.num_steps) })];
  if (value.seconds_left !== null) parts.push(filled(text.left, { time: clock(value.seconds_left) }));
  return parts.join(" · ");
}

const known = (value) =>
  filled(value.documents === 1 ? text.facts_of_one : text.facts, {
    parameters: short(value.parameters),
    documents: count(value.documents),
    tokens: short(value.tokens),
    vocabulary: count(value.vocabulary),
  });

const draw = () => {
  const value = props.value || null;
  const now = said(value);
  if (line.textContent !== now) line.textContent = now; // read out when it changes alone
  line.toggleAttribute("data-working", Boolean(value) && value.state !== "ended");
  live.textContent = progress(value);
  const running = value?.state === "training" && value.num_steps;
  bar.hidden = !running;
  if (running) {
    bar.setAttribute("aria-valuemax", value.num_steps);
    bar.setAttribute("aria-valuenow", value.step);
    fill.style.width = `${(100 * value.step) / value.num_steps}%`;
  }
  facts.textContent = value?.parameters ? known(value) : "";
  facts.hidden = !facts.textContent;
  download.hidden = !value?.download;
  if (value?.download) {
    download.href = root + value.download;
    download.setAttribute("download", `${value.name}.zip`);
  }
};
watch("value", draw);
draw();
