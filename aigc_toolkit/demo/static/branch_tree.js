// The branches of a text. Comes in: `words` by language and props.value {branches: [{number, depth, position, text,
// tokens, mean, stop, shown}], locked}, or null. Goes out: a tree one can walk with the arrow keys, unless it is locked, and
// the events "pick", "prune" and "look" {number}. Text only: what a model wrote is never read as markup.

function ownAction(name, number) {
  const button = action(name, (event) => {
    event.stopPropagation();
    trigger(name, { number });
  });
  button.tabIndex = -1;
  return button;
}

/** One branch: where it parts, its own words, its numbers. */
function rowOf(branch, isOnly) {
  const row = node("li", "aigc-branch");
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", branch.depth + 1);
  row.setAttribute("aria-selected", String(branch.shown));
  row.dataset.number = branch.number;
  row.style.setProperty("--depth", Math.min(branch.depth, 8));
  row.tabIndex = branch.shown ? 0 : -1;
  const where = branch.position === null ? text.root : filled(text.at, { position: branch.position });
  const own = node("span", "aigc-branch-text", branch.text.replace(/\s+/g, " ") || text.nothing);
  const numbers = node("small", "", filled(text.numbers, { tokens: branch.tokens, mean: decimals(branch.mean) }));
  row.append(node("small", "aigc-branch-where", where), own, numbers);
  if (!isOnly) row.append(ownAction("look", branch.number));
  if (branch.depth) row.append(ownAction("prune", branch.number));
  row.title = branch.text.slice(0, 400);
  row.addEventListener("click", () => trigger("pick", { number: branch.number }));
  return row;
}

function move(event) {
  const rows = [...tree.children];
  const at = rows.indexOf(document.activeElement);
  const { key } = event;
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
  if (to !== undefined && rows[to]) {
    rows[at].tabIndex = -1;
    rows[to].tabIndex = 0;
    rows[to].focus();
  } else if (key === "Enter" || key === " ") {
    trigger("pick", { number: Number(rows[at].dataset.number) });
  } else if (key === "Delete" && rows[at].dataset.number !== "0") {
    trigger("prune", { number: Number(rows[at].dataset.number) });
  } else {
    return;
  }
  event.preventDefault();
}

const heading = node("h3", "aigc-branch-title", text.title);
const tree = node("ul", "aigc-branches");
const note = node("p", "aigc-chat-note", text.hint);
tree.setAttribute("role", "tree");
tree.setAttribute("aria-label", text.title);
tree.addEventListener("keydown", move);
element.replaceChildren(heading, note, tree);

const draw = () => {
  const { branches, locked } = props.value || { branches: [], locked: false };
  const hadFocus = tree.contains(document.activeElement);
  tree.replaceChildren(...branches.map((branch) => rowOf(branch, branches.length === 1)));
  heading.hidden = tree.hidden = branches.length === 0;
  note.hidden = branches.length !== 1;
  tree.inert = locked;
  if (hadFocus) tree.querySelector("[tabindex='0']")?.focus();
};
watch("value", draw);
draw();
