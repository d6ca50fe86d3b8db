// Comes in: the address. Goes out: [the tab, what a link to it holds as JSON text], ["", ""] without a link, [tab, "?"] where it
// cannot be read. Another link pasted into an open page is opened as well.

import { decodedHash } from "./state_link.js";

export default function openedLink({ tabs }) {
  const tabOf = () => tabs.find((tab) => location.hash.startsWith(`#${tab}=`)) ?? "";
  window.addEventListener("hashchange", () => {
    if (tabOf()) location.reload();
  });
  const tab = tabOf();
  if (!tab) return ["", ""];
  const held = decodedHash(tab, location.hash);
  return [tab, held === null ? "?" : JSON.stringify(held)];
}
