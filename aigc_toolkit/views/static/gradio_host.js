// The Gradio page's home: a gr.HTML block whose `value` prop is the payload, {payload_url, text?, other?, state?} where it is
// fetched, or an {type: "append"} message for the view that is already there. `text` is what was looked at, `other` what it is
// compared with: with them the view can make a link. Clicks go up with `trigger`. Gradio has no unmount hook: a view whose element
// left the page is taken down at the next change.

import { encodedHash } from "./state_link.js";

const LONGEST_TEXT = 4000; // characters in a link

function root() {
  return (window.gradio_config?.root ?? "").replace(/\/$/, "");
}

function modelOf({ trigger, props, watch }, isGone) {
  const listeners = {};
  let value = null;
  let state = null;
  const tell = (event, ...given) => {
    for (const listener of [...(listeners[event] ?? [])]) listener(...given);
  };
  const receive = () => {
    const next = props.value || null;
    if (next?.type === "append") {
      tell("msg:custom", next, []);
      return;
    }
    value = next?.payload_url ? { ...next, ask: true, address: root() + next.payload_url } : next;
    state = null; // the payload comes with what is allowed of the value's state
    tell("change:value");
  };
  watch("value", () => (isGone() ? undefined : receive()));
  if (props.value?.type !== "append") receive();
  /** {address, isWhole}: what brings back the text and what is on the screen, and whether the model too; null for a long text. */
  const link = (shown) => {
    const { text, other = "" } = value ?? {};
    if (typeof text !== "string" || Math.max(text.length, other.length) > LONGEST_TEXT) return null;
    const { model, own } = document.documentElement.dataset; // the page's title line says which; a visitor's own is in no link
    const held = { text, ...(other && { other }), state: shown, ...(model && { model }) };
    return { address: location.href.split("#")[0] + encodedHash("look", held), isWhole: !own };
  };
  return {
    get: (name) => (name === "state" ? state : value),
    set: (name, next) => {
      if (name === "state") state = next;
    },
    save_changes() {},
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
    send: ({ type, ...detail }) => trigger(type, detail),
    link,
  };
}

export default function hostFor(view) {
  return ({ element, css, ...gradio }) => {
    if (!document.getElementById("aigc-style")) {
      const style = document.createElement("style");
      style.id = "aigc-style";
      style.textContent = css;
      document.head.append(style);
    }
    let close = () => {};
    const isGone = () => {
      if (!element.isConnected) close();
      return !element.isConnected;
    };
    close = view.render({ model: modelOf(gradio, isGone), el: element });
  };
}
