// A link to a tab. Comes in: the tab's name, the names of what its link holds, and the values, as the page has them now. Goes
// out: the address in the clipboard, and [what the tab's status line says]. The model stands in the title line; a visitor's
// own is in no link. What is longer than a link may be is said, never cut.

import { encodedHash } from "./state_link.js";

const LONGEST_TEXT = 4000; // characters, as in page_links.py

const said = (kind, words) => [{ kind, ...words }];
const numCharacters = (value) =>
  typeof value === "string" ? value.length : value && typeof value === "object" ? Object.values(value).reduce((sum, part) => sum + numCharacters(part), 0) : 0;

/** The turns of a conversation as a link holds them: who said what. */
function talk(value) {
  return (value?.turns ?? []).map(({ role, text }) => ({ role, text }));
}

export default async function copyLink({ tab, names, words }, values) {
  const held = Object.fromEntries(names.map((name, index) => [name, name === "turns" ? talk(values[index]) : values[index]]));
  if (numCharacters(held) > LONGEST_TEXT) return said("error", words.too_long);
  const { model = "", own = "" } = document.documentElement.dataset;
  const address = location.href.split("#")[0] + encodedHash(tab, { ...held, model });
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    history.replaceState(null, "", address); // without https there is no clipboard
    return said("notice", own ? words.shown_own : words.shown);
  }
  return said("notice", own ? words.copied_own : words.copied);
}
