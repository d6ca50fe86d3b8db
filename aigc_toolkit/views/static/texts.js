// Every word of the views, in English and Chinese. Comes in: "en", "zh" or null (the browser's language).

import { CHINESE_ATTENTION, ENGLISH_ATTENTION } from "./texts_attention.js";
import { CHINESE_EXPORT, ENGLISH_EXPORT } from "./texts_export.js";
import { CHINESE_GENERATION, ENGLISH_GENERATION } from "./texts_generation.js";
import { CHINESE_LINES, ENGLISH_LINES } from "./texts_lines.js";
import { CHINESE_SOURCE, ENGLISH_SOURCE } from "./texts_source.js";

const ENGLISH = { ...ENGLISH_ATTENTION, ...ENGLISH_EXPORT, ...ENGLISH_GENERATION, ...ENGLISH_LINES, ...ENGLISH_SOURCE, tag: "en" };
const CHINESE = { ...CHINESE_ATTENTION, ...CHINESE_EXPORT, ...CHINESE_GENERATION, ...CHINESE_LINES, ...CHINESE_SOURCE, tag: "zh" };

export function words(language) {
  const tag = language ?? navigator.language;
  return tag.toLowerCase().startsWith("zh") ? CHINESE : ENGLISH;
}
