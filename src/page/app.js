// The page: one question, "who is responsible here?", asked by click, search, key or coordinates.
import * as api from "./api.js";
import { CityMap } from "./map.js";
import { City } from "./city.js";
import { Kinds, firstKinds } from "./kinds.js";
import { by, fill, make } from "./dom.js";
import { asking, explain, refused, welcome } from "./answer.js";
import { name, onLanguage, switchLanguage, t } from "./language.js";
import { positions } from "./shapes.js";
import { search } from "./search.js";

const CRS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
const panel = by("answer");
let city;
let cityMap;
let shown = null; // the answer on show, to tell it again in the other language
let pending = null;
let turn = 0; // counts the questions, so that a late one does not come after its successor

/** Asks the service and shows what it says. */
async function ask(question, at = null) {
  turn += 1;
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  const slow = setTimeout(() => asking(panel), 150);
  try {
    const answer = await api.locate(question, signal);
    if (signal.aborted) return;
    shown = { answer: told(answer, question), at };
    tell();
    cityMap?.mark(shown.answer);
    cityMap?.show(shown.answer.position);
    keepPlace(shown.answer.position);
  } catch (fault) {
    if (fault.name === "AbortError") return;
    shown = null;
    cityMap?.clear();
    refused(panel, fault, forget);
  } finally {
    clearTimeout(slow);
  }
}

/** The service's answer in the page's shape. */
function told(answer, question) {
  const next = answer.runner_up;
  const plain = question.crs === "wgs84";
  return {
    position: [answer.position.lon, answer.position.lat],
    given: plain ? null : { lon: question.lon, lat: question.lat, crs: question.crs },
    accuracyM: question.accuracy ? Number(question.accuracy) : null,
    planVersion: answer.plan_version,
    zone: answer.zone ?? null,
    unit: answer.unit,
    co: answer.co ?? [],
    rule: answer.rule,
    ruleNames: answer.rule_names,
    lost: answer.lost ?? [],
    borderM: answer.border_m ?? null,
    runnerUp: next ? { zone: next.zone, unit: next.unit, distanceM: next.distance_m } : null,
    confidence: answer.confidence,
    forDispatcher: answer.for_dispatcher,
  };
}

function tell() {
  if (!city) return;
  if (!shown) return welcome(panel, city);
  const colour = cityMap?.colour(shown.answer.zone?.id);
  explain(panel, { ...shown, city, colour, onClose: forget });
  panel.scrollTop = 0;
}

function forget() {
  shown = null;
  pending?.abort();
  cityMap?.clear();
  history.replaceState(null, "", location.pathname + location.search);
  tell();
}

/** The place goes into the address, so that an answer can be sent to somebody. */
function keepPlace([lon, lat]) {
  history.replaceState(null, "", `#at=${lon.toFixed(6)},${lat.toFixed(6)}`);
}

function placeInAddress() {
  const found = /^#at=(-?[\d.]+),(-?[\d.]+)$/.exec(location.hash);
  return found ? { lon: found[1], lat: found[2], crs: "wgs84" } : null;
}

/** What stands in the form besides the place goes with every question. */
function options() {
  const form = by("coordinates");
  return { category: form.elements.category.value, accuracy: form.elements.accuracy.value.trim() };
}

async function askAt(lngLat, facilityId) {
  const clicked = { lon: lngLat.lng.toFixed(7), lat: lngLat.lat.toFixed(7) };
  const question = { crs: "wgs84", ...options() };
  if (!facilityId) return ask({ ...clicked, ...question });
  // A facility is asked about where it stands; one that has gone meanwhile, where it was clicked.
  const mine = (turn += 1);
  const at = await city.facility(facilityId).catch(() => null);
  if (mine !== turn) return undefined; // something else was asked meanwhile
  const [place] = at ? [...positions(at.geometry)] : [];
  return ask(place ? { lon: place[0], lat: place[1], ...question } : { ...clicked, ...question }, at);
}

function chosen({ zone, unit, facility }) {
  if (zone) {
    cityMap?.frameOf(zone);
    const [lon, lat] = cityMap.spots[city.zones.indexOf(zone)];
    ask({ lon, lat, crs: "wgs84", ...options() });
  } else if (facility) {
    const places = [...positions(facility.geometry)];
    const place = places[Math.floor(places.length / 2)]; // of a street, somewhere along it
    cityMap?.show(place, 16);
    ask({ lon: place[0], lat: place[1], crs: "wgs84", ...options() }, facility);
  } else if (unit) {
    const led = city.zones.find((candidate) => candidate.lead === unit.id);
    if (led) return chosen({ zone: led });
    if (!unit.seat) return undefined;
    const { lon, lat } = unit.seat;
    cityMap?.show([lon, lat], 15);
    ask({ lon, lat, crs: "wgs84", ...options() }, { names: unit.names, kind: "seat" });
  }
  return undefined;
}

function wireForm() {
  const form = by("coordinates");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { lon, lat, accuracy, crs } = form.elements;
    for (const field of [lon, lat, accuracy]) {
      const given = field.value.trim();
      const optional = field === accuracy && given === "";
      if (optional || (given !== "" && Number.isFinite(Number(given)))) continue;
      refused(panel, new Error(t("fault_number_for", { field: t(field.name), given })), forget);
      field.focus();
      return;
    }
    ask({ lon: lon.value.trim(), lat: lat.value.trim(), crs: crs.value, ...options() });
  });
  onLanguage(() => {
    by("exact").querySelector("summary").textContent = t("exact");
    for (const label of form.querySelectorAll("[data-t]")) label.textContent = t(label.dataset.t);
    const crs = form.elements.crs;
    const kept = crs.value || "wgs84";
    fill(crs, CRS.map((code) => make("option", { value: code }, t(`crs_${code}`))));
    crs.value = kept;
  });
}

async function wireCategories() {
  const { categories } = await api.categories();
  onLanguage(() => {
    const select = by("coordinates").elements.category;
    const kept = select.value;
    const options = categories.map((c) => make("option", { value: c.code }, `${"\u2003".repeat(c.code.split(".").length - 1)}${name(c.names)}`));
    fill(select, make("option", { value: "" }, t("any_category")), options);
    select.value = kept;
  });
}

function title() {
  by("language").textContent = t("other_language");
  by("city").textContent = name(city?.names) || t("title");
  document.title = [name(city?.names), t("title")].filter(Boolean).join(" · ");
  if (city) by("plan").textContent = t("plan_since", { version: city.plan.version, date: city.planDate() });
}

async function start() {
  by("language").addEventListener("click", switchLanguage);
  onLanguage(title);
  wireForm();
  try {
    city = await City.load();
  } catch (fault) {
    refused(panel, fault, forget);
    return;
  }
  onLanguage(title);
  onLanguage(tell);
  search(city, chosen);
  wireCategories().catch(() => {}); // the list is a help; any category can be asked about without
  try {
    cityMap = await CityMap.open(by("map"), city, firstKinds(city), askAt);
  } catch (fault) {
    by("notice").hidden = false;
    by("notice").textContent = fault instanceof api.Refused ? fault.message : t("fault_map");
    return;
  }
  await cityMap.ready;
  new Kinds(city, cityMap);
  const place = placeInAddress();
  if (place) ask(place);
}

start();
