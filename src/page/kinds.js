// The layer list: which kinds of facility are drawn, and fetching them as the map moves.
import { t, onLanguage } from "./language.js";
import { by, fill, make } from "./dom.js";
import { facilities } from "./api.js";
import { facilityOf } from "./city.js";

const STORED = "zonewarden.kinds";
/** Kinds with more than this many are drawn only from LARGE_ZOOM on, by what is in sight. */
const LARGE = 1_000;
const LARGE_ZOOM = 14;
const PER_KIND_MAX = 2_000;
const FIRST = ["school", "intersection", "checkpoint", "inspection_station", "square", "scenic_spot"];
/** Drawn beneath the zones, never as dots. */
const GROUND = ["street", "river", "bridge", "block", "community"];

const COLOURS = {
  school: "#e5484d", intersection: "#64748b", checkpoint: "#0b7a75", inspection_station: "#7c3aed",
  electronic_fence: "#d6409f", patrol_post: "#84a10b", camera: "#475569", restaurant: "#f76808",
  market: "#46a758", bus_stop: "#0091ff", scenic_spot: "#0f9d58", construction_site: "#b08800", square: "#8e4ec6",
  toilet: "#00a2c7", component: "#78716c", site: "#c2410c", community: "#94a3b8", block: "#a8a29e",
};

/** kind, colour, kind, colour … for the style. */
export const kindColours = Object.entries(COLOURS).flat();

export class Kinds {
  constructor(city, cityMap) {
    this.city = city;
    this.cityMap = cityMap;
    this.whole = new Map(); // small kinds, fetched once
    this.offered = city.kinds.filter((kind) => !GROUND.includes(kind));
    this.on = new Set(this.remembered());
    this.full = false;
    onLanguage(() => this.draw());
    cityMap.map.on("moveend", () => this.refresh());
    this.refresh();
  }

  remembered() {
    try {
      const kept = JSON.parse(localStorage.getItem(STORED));
      if (Array.isArray(kept)) return kept.filter((kind) => this.offered.includes(kind));
    } catch {
      // Nothing kept, or nothing readable.
    }
    return FIRST.filter((kind) => this.offered.includes(kind));
  }

  keep() {
    try {
      localStorage.setItem(STORED, JSON.stringify([...this.on]));
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  draw() {
    const list = by("kinds");
    by("layers").querySelector("summary").textContent = t("layers_on", { count: this.on.size });
    fill(list, this.offered.map((kind) => this.row(kind)));
  }

  row(kind) {
    const box = make("input", { type: "checkbox", checked: this.on.has(kind), value: kind });
    box.addEventListener("change", () => {
      if (box.checked) this.on.add(kind);
      else this.on.delete(kind);
      this.keep();
      by("layers").querySelector("summary").textContent = t("layers_on", { count: this.on.size });
      this.refresh();
    });
    const dot = make("i", { class: "dot" });
    dot.style.background = COLOURS[kind] ?? "#64748b";
    const count = this.city.count(kind);
    const note = make("small", {}, count.toLocaleString());
    const far = this.isLarge(kind) && make("small", { class: "far" }, t("zoom_closer"));
    return make("label", { class: "kind" }, box, dot, make("span", {}, t(`kind_${kind}`)), far, note);
  }

  isLarge(kind) {
    return this.city.count(kind) > LARGE;
  }

  /** Fetches what is switched on and in sight; a newer move ends the one before. */
  async refresh() {
    this.pending?.abort();
    const pending = new AbortController();
    this.pending = pending;
    try {
      const groups = await Promise.all([...this.on].map((kind) => this.fetch(kind, pending.signal)));
      if (pending.signal.aborted) return;
      this.cityMap.showFacilities(groups.flat());
      for (const facility of groups.flat()) this.city.remember(facility);
      this.tell(groups.some((group) => group.more));
    } catch (fault) {
      if (fault.name !== "AbortError") this.tellFault(fault);
    }
  }

  async fetch(kind, signal) {
    if (!this.isLarge(kind)) {
      if (!this.whole.has(kind)) this.whole.set(kind, await this.city.allOf(kind, signal));
      return this.whole.get(kind);
    }
    if (this.cityMap.map.getZoom() < LARGE_ZOOM) return [];
    const frame = this.cityMap.map.getBounds().toArray().flat().map((x) => x.toFixed(6)).join(",");
    const answer = await facilities({ kind, bbox: frame, limit: PER_KIND_MAX }, signal);
    const found = answer.features.map(facilityOf);
    found.more = found.length >= PER_KIND_MAX;
    return found;
  }

  tell(more) {
    const notice = by("notice");
    notice.hidden = !more;
    notice.textContent = more ? t("too_many", { count: PER_KIND_MAX.toLocaleString() }) : "";
  }

  tellFault(fault) {
    const notice = by("notice");
    notice.hidden = false;
    notice.textContent = fault.message;
  }
}
