// The head of the settings drawer. Comes in: `text`. Goes out: a heading and a button that closes the drawer.

const head = node("header", "aigc-drawer-head");
const close = node("button", "aigc-drawer-close", "×");
close.type = "button";
close.setAttribute("aria-label", text.close);
close.addEventListener("click", () => document.dispatchEvent(new Event("aigc-close-drawer")));
head.append(node("h2", "", text.drawer_title), close);
element.replaceChildren(head);
