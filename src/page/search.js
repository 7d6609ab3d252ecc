// Search by name: zones, units and facilities, as a combobox.
import { t, name, otherName, onLanguage } from "./language.js";
import { by, fill, make } from "./dom.js";

const HITS_MAX = 8;

/** Wires the search box. `choose` gets the chosen thing. */
export function search(city, choose) {
  const box = by("query");
  const list = by("hits");
  let hits = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const take = (hit) => {
    box.value = hit.label;
    close();
    choose(hit.thing);
  };
  const show = () => {
    hits = find(city, box.value);
    active = hits.length > 0 ? 0 : -1;
    list.hidden = box.value.trim() === "";
    box.setAttribute("aria-expanded", String(!list.hidden));
    fill(list, hits.length > 0 ? hits.map((hit, n) => row(hit, n, take)) : make("li", { class: "none" }, t("no_hits")));
    point();
  };
  const point = () => {
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === active)));
    if (active >= 0) {
      box.setAttribute("aria-activedescendant", `hit-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  };

  box.addEventListener("input", show);
  box.addEventListener("focus", () => {
    city.fetchNamed().then(() => box.value && document.activeElement === box && show());
    if (box.value) show();
  });
  box.addEventListener("blur", () => setTimeout(close, 120)); // a click on a hit comes first
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && hits.length > 0) {
      active = (active + step + hits.length) % hits.length;
      point();
      event.preventDefault();
    }
  });
  by("search").addEventListener("submit", (event) => {
    event.preventDefault();
    if (hits[active]) take(hits[active]);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      box.focus();
      event.preventDefault();
    }
  });
  onLanguage(() => {
    box.placeholder = t("search");
    box.setAttribute("aria-label", t("search"));
    close();
  });
}

function row(hit, n, take) {
  const choose = (event) => {
    event.preventDefault();
    take(hit);
  };
  return make(
    "li",
    { id: `hit-${n}`, role: "option", onmousedown: choose },
    make("span", {}, hit.label),
    make("small", {}, hit.note),
  );
}

/** The things whose names hold the words, those that begin with them first. */
function find(city, raw) {
  const wanted = raw.trim().toLowerCase();
  if (!wanted) return [];
  const scored = [];
  const offer = (thing, label, note, texts) => {
    const places = texts.filter(Boolean).map((text) => text.toLowerCase().indexOf(wanted)).filter((at) => at >= 0);
    const exact = texts.includes(raw.trim()) ? -1 : 0; // `21` means zone 21 before road 210
    if (places.length > 0) scored.push({ thing, label, note, rank: exact + Math.min(...places) });
  };
  for (const zone of city.zones) {
    const lead = name(city.leadOf(zone)?.names);
    const texts = [String(zone.number), zone.names.zh, zone.names.en, city.zoneName(zone)];
    offer({ zone }, city.zoneName(zone), lead, texts);
  }
  for (const unit of city.units.values()) {
    const led = city.zones.filter((zone) => zone.lead === unit.id).length;
    const note = led > 0 ? t("leads", { count: led }) : t(`kind_unit_${unit.kind}`);
    offer({ unit }, name(unit.names), note, [unit.names.zh, unit.names.en]);
  }
  for (const facility of city.named.values()) {
    const note = [t(`kind_${facility.kind}`), otherName(facility.names)];
    offer({ facility }, name(facility.names), note.filter(Boolean).join(" · "), [facility.names.zh, facility.names.en]);
  }
  scored.sort((a, b) => a.rank - b.rank || a.label.length - b.label.length);
  return scored.slice(0, HITS_MAX);
}
