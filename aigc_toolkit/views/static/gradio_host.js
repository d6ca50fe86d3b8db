// The Gradio page's home: a gr.HTML block whose `value` prop is the payload, {payload_url} where it is fetched, or an
// {type: "append"} message for the view that is already there. Clicks go up with `trigger`. Gradio has no unmount hook:
// a view whose element left the page is taken down at the next change.

async function fetched(address) {
  const response = await fetch((window.gradio_config?.root ?? "").replace(/\/$/, "") + address);
  return response.ok ? response.json() : null;
}

function modelOf({ trigger, props, watch }, isGone) {
  const listeners = { "change:value": new Set(), "msg:custom": new Set() };
  let value = null;
  const receive = () => {
    const next = props.value || null;
    if (next?.type === "append") {
      for (const listener of listeners["msg:custom"]) listener(next, []);
      return;
    }
    if (next?.payload_url) {
      fetched(next.payload_url).then((payload) => (props.value === next ? take(payload) : undefined));
    } else {
      take(next);
    }
  };
  const take = (next) => {
    value = next;
    for (const listener of listeners["change:value"]) listener();
  };
  watch("value", () => (isGone() ? undefined : receive()));
  if (props.value?.type !== "append") receive();
  return {
    get: () => value,
    on: (event, listener) => listeners[event].add(listener),
    off: (event, listener) => listeners[event].delete(listener),
    send: ({ type, ...detail }) => trigger(type, detail),
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
