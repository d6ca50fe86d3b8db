// A conversation. Comes in: `words` by language and props.value {turns: [{role, text}, or of an answer {role, text, tokens,
// mean, stop, can_look}], running, waiting, left_out}, or null. Goes out: the turns as text, and the events "retry", "undo",
// "edit" {index, text} and "look" {index}. Text only: nothing a visitor or a model wrote is ever read as markup.

function facts(turn) {
  if (turn.stop === null || turn.stop === undefined) return "";
  const stop = turn.stop === "end_of_text" ? "" : ` · ${text.stops[turn.stop] ?? turn.stop}`;
  return filled(text.facts, { tokens: turn.tokens, mean: decimals(turn.mean) }) + stop;
}

/** The box a question is changed in, until it is sent or left alone. */
function editor(turn, onSend, onLeave) {
  const form = node("form", "aigc-turn-edit");
  const box = node("textarea", "");
  box.value = turn.text;
  box.rows = Math.min(8, 1 + turn.text.length / 70);
  box.setAttribute("aria-label", text.edit);
  const send = node("button", "aigc-turn-action aigc-turn-send", text.send_again);
  send.type = "submit";
  form.append(box, send, action("cancel", onLeave));
  const submit = (event) => {
    event.preventDefault();
    if (box.value.trim()) onSend(box.value);
  };
  form.addEventListener("submit", submit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") onLeave();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  return { form, box };
}

/** One turn's element: {node, update(turn, isLast, running)}. */
function turnNode(index) {
  const item = node("article", "aigc-turn");
  const who = node("h3", "aigc-turn-who");
  const said = node("p", "aigc-turn-text");
  const foot = node("footer", "aigc-turn-foot");
  item.append(who, said, foot);
  let shown = null;

  const edit = () => {
    const leave = () => {
      form.replaceWith(said);
      foot.hidden = false;
      foot.querySelector("[data-action=edit]")?.focus();
    };
    const { form, box } = editor(shown, (changed) => (leave(), trigger("edit", { index, text: changed })), leave);
    said.replaceWith(form);
    foot.hidden = true;
    box.focus();
  };
  const copy = async (event) => {
    const { target } = event;
    await navigator.clipboard?.writeText(shown.text);
    target.textContent = text.copied;
    setTimeout(() => (target.textContent = text.copy), 1500);
  };
  const actions = (turn, isLast, running) => {
    if (running) return [];
    if (turn.role === "user") return [action("copy", copy), action("edit", edit)];
    const again = isLast ? [action("retry", () => trigger("retry")), action("undo", () => trigger("undo"))] : [];
    const look = turn.can_look ? [action("look", () => trigger("look", { index }))] : [];
    return [...look, action("copy", copy), ...again];
  };
  const update = (turn, isLast, running) => {
    const next = JSON.stringify([turn, isLast, running]);
    if (item.dataset.shown === next) return;
    item.dataset.shown = next;
    shown = turn;
    item.dataset.role = turn.role;
    who.textContent = text[turn.role];
    said.textContent = turn.text;
    said.toggleAttribute("data-writing", isLast && running && turn.role === "assistant");
    foot.replaceChildren(node("small", "", facts(turn)), ...actions(turn, isLast, running));
  };
  return { node: item, update };
}

const log = node("div", "aigc-chat");
log.setAttribute("role", "log");
log.setAttribute("aria-label", text.conversation);
log.tabIndex = 0;
element.replaceChildren(log);
let shown = [];

const draw = () => {
  const { turns, running, waiting, left_out: leftOut } = props.value || { turns: [], running: false };
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.setAttribute("aria-busy", String(running));
  while (shown.length > turns.length) shown.pop().node.remove();
  if (!shown.length) log.replaceChildren();
  turns.forEach((turn, index) => {
    if (!shown[index]) {
      shown.push(turnNode(index));
      log.append(shown[index].node);
    }
    shown[index].update(turn, index === turns.length - 1, running);
  });
  for (const note of log.querySelectorAll(".aigc-chat-note")) note.remove();
  if (!turns.length) log.append(node("p", "aigc-chat-note", text.empty));
  if (leftOut) log.append(node("p", "aigc-chat-note", filled(text.left_out, { messages: leftOut })));
  if (running && turns.at(-1)?.role === "user") {
    log.append(node("p", "aigc-chat-note", waiting ? filled(text.waiting, { waiting }) : text.working));
  }
  if (wasAtEnd || turns.at(-1)?.role === "user") log.scrollTop = log.scrollHeight;
};
watch("value", draw);
draw();
