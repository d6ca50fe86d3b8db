// One line that says how things stand. Comes in: props.value {kind, en, zh} or null. Goes out: text, in the browser's
// language, announced to screen readers. Text only: a message may quote what a visitor typed.

const chinese = navigator.language.toLowerCase().startsWith("zh");
const draw = () => {
  const value = props.value || null;
  element.textContent = value ? (chinese ? value.zh : value.en) : "";
  element.dataset.kind = value?.kind ?? "";
  element.setAttribute("role", value?.kind === "error" ? "alert" : "status");
};
watch("value", draw);
draw();
