// The title line and the settings drawer it opens. Comes in: `text` and props.value {facts: {en, zh}, model, own}: which model
// this page works with now. Goes out: one heading line, the drawer opened and closed, and the event "settings" when it
// opens. Links to this page find the model's name on the document.

const SLIDES = 160; // milliseconds, a little more than in demo.css
const chinese = navigator.language.toLowerCase().startsWith("zh");
document.documentElement.lang = chinese ? "zh-CN" : "en";

const facts = node("small", "");
const opener = node("button", "aigc-title-settings", text.drawer);
opener.type = "button";
opener.setAttribute("aria-expanded", "false");
opener.setAttribute("aria-controls", "drawer");
const line = node("header", "aigc-title");
line.append(node("h1", "", "AIGC Toolkit"), node("p", "", text.tagline), facts, opener);
element.replaceChildren(line);

function setOpen(isOpen) {
  const drawer = document.getElementById("drawer");
  drawer.toggleAttribute("data-open", isOpen);
  opener.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) return opener.focus();
  trigger("settings");
  return setTimeout(() => drawer.querySelector(".aigc-drawer-close")?.focus(), SLIDES); // hidden until it has slid in
}
opener.addEventListener("click", () => setOpen(opener.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && opener.getAttribute("aria-expanded") === "true") setOpen(false);
});
document.addEventListener("aigc-close-drawer", () => setOpen(false));

const draw = () => {
  const value = props.value || { facts: { en: "", zh: "" }, model: "", own: "" };
  facts.textContent = chinese ? value.facts.zh : value.facts.en;
  document.documentElement.dataset.model = value.model;
  document.documentElement.dataset.own = value.own ? "yes" : "";
};
watch("value", draw);
draw();
