// Which language the page speaks: `?lang=` -> the stored choice -> the browser's.
import zh from "./words/zh-CN.js";
import en from "./words/en.js";

const DICTIONARIES = { "zh-CN": zh, en };
const STORED = "zonewarden.language";
const listeners = [];
let chosen = first();

function known(tag) {
  if (!tag) return null;
  return tag.toLowerCase().startsWith("zh") ? "zh-CN" : tag.toLowerCase().startsWith("en") ? "en" : null;
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage may be forbidden
  }
}

function first() {
  const asked = new URLSearchParams(location.search).get("lang");
  return known(asked) ?? known(stored()) ?? navigator.languages.map(known).find(Boolean) ?? "en";
}

/** `zh-CN` or `en`. */
export const language = () => chosen;

/** The words for `key`, with `{name}` filled in. */
export function t(key, facts = {}) {
  const words = DICTIONARIES[chosen][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));
}

/** The name to show: in the page's language, else in the other. */
export function name(names) {
  if (!names) return "";
  return chosen === "en" ? names.en || names.zh : names.zh || names.en;
}

/** The same thing's name in the other language, when it differs. */
export function otherName(names) {
  const shown = name(names);
  const other = chosen === "en" ? names.zh : names.en;
  return other && other !== shown ? other : "";
}

/** A distance as people read it. */
export function distance(metres) {
  const format = (value, digits) =>
    value.toLocaleString(chosen, { maximumFractionDigits: digits, minimumFractionDigits: digits });
  if (metres < 9.95) return t("metres", { value: format(metres, 1) });
  if (metres < 999.5) return t("metres", { value: format(metres, 0) });
  return t("kilometres", { value: format(metres / 1000, metres < 99_500 ? 1 : 0) });
}

/** Changes to the other language and keeps the choice. */
export function switchLanguage() {
  chosen = chosen === "en" ? "zh-CN" : "en";
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // The choice then lasts as long as the page.
  }
  const url = new URL(location.href);
  if (url.searchParams.has("lang")) {
    url.searchParams.set("lang", chosen);
    history.replaceState(null, "", url);
  }
  speak();
}

/** Calls `listener` now and whenever the language changes. */
export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

function speak() {
  document.documentElement.lang = chosen;
  for (const listener of listeners) listener();
}

document.documentElement.lang = chosen;
