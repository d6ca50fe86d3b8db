// The rest of the settings drawer. Comes in: `text` and props.value {limits: {tokens, characters}}. Goes out: the choice of light or
// dark colours, kept in this browser, and what the operator allows.

const KEY = "aigc-colours";
const CHOICES = ["system", "light", "dark"];
const kept = () => {
  const value = localStorage.getItem(KEY);
  return CHOICES.includes(value) ? value : "system";
};
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function paint() {
  if (new URLSearchParams(location.search).has("__theme")) return; // the address says it
  const choice = kept();
  document.body.classList.toggle("dark", choice === "dark" || (choice === "system" && systemDark.matches));
}

const looks = node("fieldset", "aigc-drawer-looks");
looks.append(node("legend", "", text.looks));
for (const choice of CHOICES) {
  const label = node("label", "");
  const radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: KEY, value: choice, checked: choice === kept() });
  radio.addEventListener("change", () => {
    localStorage.setItem(KEY, choice);
    paint();
  });
  label.append(radio, ` ${text[choice]}`);
  looks.append(label);
}
const { limits } = props.value;
const number = (value) => value.toLocaleString(document.documentElement.lang || "en");
const allowed = node("p", "aigc-drawer-note", filled(text.limits, { tokens: number(limits.tokens), characters: number(limits.characters) }));
element.replaceChildren(looks, allowed);
systemDark.addEventListener("change", paint);
paint();
