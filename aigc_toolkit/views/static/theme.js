// Comes in: the view's root. Goes out: data-theme="light" or "dark" on it, kept equal to the host's: JupyterLab's
// body attribute, VS Code's and Gradio's classes, else the reader's system. Knows no colour.

function hostTheme() {
  const body = document.body;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false" ? "dark" : "light";
  if (document.querySelector("html.dark, body.dark, body.vscode-dark, body.vscode-high-contrast")) return "dark";
  if (body.classList.contains("vscode-light") || window.gradio_config) return "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Sets the theme now and on every change, calls `onChange` after a change; returns a function that stops. */
export function followTheme(root, onChange) {
  root.dataset.theme = hostTheme();
  const query = matchMedia("(prefers-color-scheme: dark)");
  const stop = () => {
    observer.disconnect();
    query.removeEventListener("change", apply);
  };
  const apply = () => {
    const theme = hostTheme();
    if (theme === root.dataset.theme) return;
    root.dataset.theme = theme;
    onChange();
  };
  const observer = new MutationObserver(apply);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ["class", "data-jp-theme-light"] });
  }
  query.addEventListener("change", apply);
  return stop;
}
