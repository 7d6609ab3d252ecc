// The city as the page holds it: what the service answers, by id, in the page's own shape.
import * as api from "./api.js";
import { language, name } from "./language.js";

/** Every kind of facility, in the order shown. */
const KINDS = [
  "school", "intersection", "checkpoint", "inspection_station", "electronic_fence", "patrol_post",
  "camera", "restaurant", "market", "bus_stop", "scenic_spot",
  "construction_site", "square", "toilet", "street", "bridge",
  "river", "community", "block", "component", "site",
];
/** Kinds larger than this are not searched by name. */
const NAMED_MAX = 1_000;
const PAGE_MAX = 2_000;

/** A facility as the page holds it. */
function facilityOf(feature) {
  const { kind, names, unit } = feature.properties;
  return { id: feature.id, kind, names, unit, geometry: feature.geometry };
}

function zoneOf(feature) {
  const { number, names, lead } = feature.properties;
  return { id: feature.id, number, names, lead: lead.id, geometry: feature.geometry };
}

export class City {
  constructor(plan, zones, units) {
    this.plan = plan;
    this.names = plan.city_names;
    this.zones = zones.features.map(zoneOf).sort((a, b) => a.number - b.number);
    this.byId = new Map(this.zones.map((zone) => [zone.id, zone]));
    this.units = new Map(units.map((unit) => [unit.id, unit]));
    this.counts = new Map(Object.entries(plan.facilities)); // how many there are of each kind
    this.named = new Map();
  }

  /** Everything the page needs before the first question. */
  static async load() {
    const [plan, zones, units] = await Promise.all([api.plan(), api.zones(), api.units()]);
    return new City(plan, zones, units.units);
  }

  /** All facilities of one kind, page by page. */
  async allOf(kind, signal) {
    const found = [];
    let after;
    if (this.count(kind) === 0) return found;
    do {
      const answer = await api.facilities({ kind, limit: PAGE_MAX, after }, signal);
      found.push(...answer.features.map(facilityOf));
      after = answer.next ?? undefined;
    } while (after);
    for (const facility of found) this.remember(facility);
    return found;
  }

  /** Fetches, once, every facility that a search by name should find. */
  fetchNamed() {
    const small = KINDS.filter((kind) => this.count(kind) <= NAMED_MAX);
    this.fetching ??= Promise.all(small.map((kind) => this.allOf(kind))).catch(() => {
      this.fetching = undefined; // the next search tries again
    });
    return this.fetching;
  }

  /** One facility, which the map knows by its id alone. */
  async facility(id) {
    if (!this.named.has(id)) return facilityOf(await api.facility(id));
    return this.named.get(id);
  }

  remember(facility) {
    if (name(facility.names)) this.named.set(facility.id, facility);
  }

  get kinds() {
    return KINDS.filter((kind) => this.count(kind) > 0);
  }

  count = (kind) => this.counts.get(kind) ?? 0;
  zone = (id) => this.byId.get(id) ?? null;
  leadOf = (zone) => this.units.get(zone.lead);

  /** `12 号责任区` or the zone's own name. */
  zoneName(zone) {
    if (!zone) return "";
    const own = name(zone.names);
    const number = String(zone.number);
    if (own && new RegExp(`(^|\\D)0*${number}(\\D|$)`).test(own)) return own;
    const numbered = language() === "en" ? `Zone ${number}` : `${number} 号责任区`;
    return own ? `${numbered} · ${own}` : numbered;
  }

  planDate() {
    const from = this.plan.effective_from;
    if (!from) return "";
    const timeZone = this.plan.time_zone; // a day of the city, not the reader's
    return new Date(from).toLocaleDateString(language(), { dateStyle: "medium", timeZone });
  }
}
