// What the scripts of the page's blocks begin with. Comes in: `words` by language. Goes out: `text`, the words in the
// browser's language, and functions that make elements. Text only: what a visitor or a model wrote is never read as markup.

const text = words[navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"];
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const decimals = (value) => (value === null || value === undefined ? "—" : value.toFixed(3).replace("-", "−"));

function node(tag, className, content = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
}

/** A quiet button that reads as `text[name]`. */
function action(name, act) {
  const button = node("button", "aigc-turn-action", text[name]);
  button.type = "button";
  button.dataset.action = name;
  button.addEventListener("click", act);
  return button;
}
