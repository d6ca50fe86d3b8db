// The title line. Comes in: `words` with the facts and taglines by language. Goes out: one heading line, as text.

const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const line = document.createElement("header");
line.className = "aigc-title";
for (const [tag, text] of [["h1", "AIGC Toolkit"], ["p", words.taglines[language]], ["small", words.facts[language]]]) {
  const part = document.createElement(tag);
  part.textContent = text;
  line.append(part);
}
document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
element.replaceChildren(line);
