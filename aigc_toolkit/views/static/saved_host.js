// The saved page's home: the payload stands in the page as JSON; there is nobody to talk to. What is on the screen stands in
// the address, so that a link to it brings it back.

import { checkedState } from "./state_check.js";
import { decodedHash, encodedHash } from "./state_link.js";

export default function start(view) {
  const payload = JSON.parse(document.getElementById("aigc-payload").textContent);
  const listeners = {};
  const fromAddress = () => checkedState(payload, decodedHash("view", location.hash));
  const hasState = Boolean(payload.state);
  let state = hasState ? fromAddress() : null;
  const link = (shown) => location.href.split("#")[0] + encodedHash("view", shown);
  const model = {
    get: (name) => (name === "state" ? state : hasState ? { ...payload, state } : payload),
    set: (name, next) => {
      if (name === "state") state = next;
    },
    save_changes: () => history.replaceState(null, "", link(state)),
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
    send() {},
    link,
  };
  window.addEventListener("hashchange", () => {
    if (!hasState) return;
    state = fromAddress();
    for (const listener of listeners["change:state"] ?? []) listener();
  });
  view.render({ model, el: document.getElementById("aigc-view") });
}
