// Comes in: what a view has to say while it waits or after something failed. Goes out: one line with a button to try again,
// and a polite live region for what only a screen reader needs to hear. Knows nothing of why.

import { element } from "./elements.js";

/** {node, say(message or null, retry?), announce(words)} */
export function statusLine(text) {
  const line = element("p", { class: "aigc-note aigc-status", role: "status", hidden: true });
  const live = element("p", { class: "aigc-hidden", "aria-live": "polite" });
  const node = element("div", { class: "aigc-status-box" }, [line, live]);
  const retries = new Set(); // of all that failed since the last success: one button tries them all
  const say = (message, retry) => {
    line.hidden = !message;
    line.replaceChildren(message ?? "");
    if (!message) retries.clear();
    if (!message || !retry) return;
    retries.add(retry);
    const button = element("button", { type: "button", class: "aigc-button", text: text.retry });
    button.addEventListener("click", () => {
      const failed = [...retries];
      say(null);
      for (const again of failed) again();
    });
    line.append(" ", button);
  };
  const announce = (words) => {
    live.textContent = words;
  };
  return { node, say, announce };
}
