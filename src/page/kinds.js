// The layer list: which kinds of facility are drawn.
import { t, onLanguage } from "./language.js";
import { by, fill, make } from "./dom.js";

const STORED = "zonewarden.kinds";
/** Kinds with more than this many are in the tiles from zoom 14 on only. */
const LARGE = 1_000;
const FIRST = ["school", "intersection", "checkpoint", "inspection_station", "square", "scenic_spot"];
/** Drawn beneath the zones, never as dots. */
const GROUND = ["street", "river", "bridge", "block", "community"];

/** The kinds that may be switched. */
const offered = (city) => city.kinds.filter((kind) => !GROUND.includes(kind));

/** The kinds that are drawn at first: those that were drawn last time, else the usual ones. */
export function firstKinds(city) {
  const known = offered(city);
  try {
    const kept = JSON.parse(localStorage.getItem(STORED));
    if (Array.isArray(kept)) return kept.filter((kind) => known.includes(kind));
  } catch {
    // Nothing kept, or nothing readable.
  }
  return FIRST.filter((kind) => known.includes(kind));
}

/** The list, and what is switched on in it. */
export class Kinds {
  constructor(city, cityMap) {
    this.city = city;
    this.cityMap = cityMap;
    this.offered = offered(city);
    this.on = new Set(cityMap.kinds);
    onLanguage(() => this.draw());
  }

  keep() {
    try {
      localStorage.setItem(STORED, JSON.stringify([...this.on]));
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  draw() {
    by("layers").querySelector("summary").textContent = t("layers_on", { count: this.on.size });
    fill(by("kinds"), this.offered.map((kind) => this.row(kind)));
  }

  row(kind) {
    const box = make("input", { type: "checkbox", checked: this.on.has(kind), value: kind });
    box.addEventListener("change", () => {
      if (box.checked) this.on.add(kind);
      else this.on.delete(kind);
      this.keep();
      by("layers").querySelector("summary").textContent = t("layers_on", { count: this.on.size });
      this.cityMap.showKinds([...this.on]);
    });
    const dot = make("i", { class: "dot" });
    dot.style.background = this.cityMap.kindColour(kind);
    const count = this.city.count(kind);
    const note = make("small", {}, count.toLocaleString());
    const far = count > LARGE && make("small", { class: "far" }, t("zoom_closer"));
    return make("label", { class: "kind" }, box, dot, make("span", {}, t(`kind_${kind}`)), far, note);
  }
}
