// The saved page's home: the payload stands in the page as JSON; there is nobody to talk to.

export default function start(view) {
  const value = JSON.parse(document.getElementById("aigc-payload").textContent);
  const model = { get: () => value, on() {}, off() {}, send() {} };
  view.render({ model, el: document.getElementById("aigc-view") });
}
