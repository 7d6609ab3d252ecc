// The map: the service's own style and tiles, no tile, font or style from elsewhere.
import * as maplibre from "./vendor/maplibre-gl/maplibre-gl.mjs";
import * as api from "./api.js";
import { language, t, onLanguage } from "./language.js";
import { box, circle, labelPoint } from "./shapes.js";
import { FACILITIES, ZONES, dressed, hue, kindColour, ofKinds } from "./style.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (dark.matches ? "dark" : "light");
const accent = () => getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
const collection = (features) => ({ type: "FeatureCollection", features });

/** Which style is wanted: light or dark as the reader has it, in the page's language. */
const wish = () => `${theme()} ${language() === "en" ? "en" : "zh"}`;
const fetchStyle = (wanted) => api.style(...wanted.split(" "));

/** Behind a proxy the service may know itself by another name than the page was opened by. */
function here(url) {
  const { pathname, search, protocol } = new URL(url, location.href);
  return protocol.startsWith("http") ? location.origin + pathname + search : url;
}

/** The map and what the other modules may do with it. */
export class CityMap {
  /** A map with its style; `kinds` are the kinds of facility that are drawn. */
  static async open(container, city, kinds, onAsk) {
    const worn = wish();
    return new CityMap(container, city, { worn, style: await fetchStyle(worn) }, kinds, onAsk);
  }

  constructor(container, city, { worn, style }, kinds, onAsk) {
    this.city = city;
    this.wanted = worn;
    this.style = style;
    this.kinds = kinds;
    this.onAsk = onAsk;
    this.marked = [];
    this.accuracy = collection([]);
    this.colourOf = new Map(); // the number of each zone's colour, as tiles have told it
    this.spots = city.zones.map((zone) => labelPoint(zone.geometry));
    this.frame = box(city.zones.map((zone) => zone.geometry));
    this.map = new maplibre.Map({
      container,
      style: this.worn(),
      transformRequest: (url) => ({ url: here(url) }),
      bounds: this.frame,
      fitBoundsOptions: { padding: this.padding() },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 19,
      minZoom: 8,
    });
    container.map = this.map; // for who looks at what is drawn
    this.map.touchZoomRotate.disableRotation();
    this.ready = new Promise((done) => this.map.once("load", done)).then(() => this.dress());
  }

  /** The style as the page wears it now. */
  worn() {
    return dressed(this.style, { kinds: this.kinds, accent: accent(), accuracy: this.accuracy });
  }

  dress() {
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), "bottom-right");
    onLanguage(() => this.speak());
    onLanguage(() => this.restyle());
    dark.addEventListener("change", () => this.restyle());
    this.listen();
    this.learn();
    this.map.on("idle", () => this.learn());
    this.map.once("idle", () => document.body.setAttribute("data-map", "idle"));
    this.map.triggerRepaint();
  }

  /** Room for the panel, so that the city is not framed beneath it. */
  padding() {
    const desk = matchMedia("(min-width: 720px)").matches;
    return desk
      ? { left: 412, top: 36, right: 36, bottom: 36 }
      : { left: 16, right: 16, top: 140, bottom: Math.round(innerHeight * 0.3) };
  }

  speak() {
    const canvas = this.map.getCanvas();
    canvas.setAttribute("aria-label", t("map"));
    for (const [part, word] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
      const button = this.map.getContainer().querySelector(`.maplibregl-ctrl-zoom-${part}`);
      button?.setAttribute("aria-label", t(word));
      button?.setAttribute("title", t(word));
    }
  }

  /** Wears the style of another language or light; of two that were asked for the later stays. */
  async restyle() {
    const [before, wanted] = [this.wanted, wish()];
    if (wanted === before) return;
    this.wanted = wanted;
    try {
      const style = await fetchStyle(wanted);
      if (this.wanted !== wanted) return;
      this.style = style;
      this.map.setStyle(this.worn());
    } catch {
      if (this.wanted === wanted) this.wanted = before; // what is drawn stays; the next change tries again
    }
  }

  /** Draws facilities of these kinds and no others. */
  showKinds(kinds) {
    this.kinds = kinds;
    for (const id of FACILITIES) this.map.setFilter(id, ofKinds(this.style, id, kinds));
  }

  kindColour(kind) {
    return kindColour(this.style, kind);
  }

  /** Keeps the colours of the zones in sight. */
  learn() {
    for (const { properties } of this.map.querySourceFeatures(ZONES.source, { sourceLayer: ZONES.sourceLayer })) {
      this.colourOf.set(properties.id, properties.colour);
    }
  }

  listen() {
    let hovered = null;
    const hover = (id) => {
      if (id === hovered) return;
      if (hovered !== null) this.map.setFeatureState({ ...ZONES, id: hovered }, { hover: false });
      if (id !== null) this.map.setFeatureState({ ...ZONES, id }, { hover: true });
      hovered = id;
    };
    this.map.getCanvas().style.cursor = "crosshair";
    this.map.on("mousemove", "zones", (event) => hover(event.features[0].properties.id));
    this.map.on("mouseleave", "zones", () => hover(null));
    this.map.on("click", (event) => this.onAsk(event.lngLat.wrap(), this.facilityAt(event.point)));
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.onAsk(this.map.getCenter().wrap(), null);
    });
  }

  facilityAt({ x, y }) {
    const around = [[x - 5, y - 5], [x + 5, y + 5]];
    const [found] = this.map.queryRenderedFeatures(around, { layers: ["facilities"] });
    return found?.properties.id ?? null;
  }

  /** Marks what an answer is about: the place, its zone and the runner-up. */
  mark({ position, accuracyM, zone, runnerUp }) {
    this.clear();
    const pin = document.createElement("div");
    pin.className = "pin";
    this.pin = new maplibre.Marker({ element: pin, anchor: "bottom" }).setLngLat(position).addTo(this.map);
    this.blur(accuracyM ? [circle(position, accuracyM)] : []);
    this.flag(zone?.id, { chosen: true });
    this.flag(runnerUp?.zone.id, { runnerUp: true });
  }

  blur(areas) {
    this.accuracy = collection(areas.map((geometry) => ({ type: "Feature", geometry, properties: {} })));
    this.map.getSource("accuracy")?.setData(this.accuracy);
  }

  flag(id, flags) {
    if (!id) return;
    this.map.setFeatureState({ ...ZONES, id }, flags);
    this.marked.push(id);
  }

  clear() {
    this.pin?.remove();
    this.pin = null;
    this.blur([]);
    for (const id of this.marked) {
      this.map.setFeatureState({ ...ZONES, id }, { chosen: false, runnerUp: false });
    }
    this.marked = [];
  }

  /** Brings a place into sight when it is not. */
  show(position, zoom) {
    const point = this.map.project(position);
    const { left, top, right, bottom } = this.padding();
    const { clientWidth, clientHeight } = this.map.getContainer();
    const seen = point.x > left && point.x < clientWidth - right && point.y > top && point.y < clientHeight - bottom;
    const near = zoom === undefined || this.map.getZoom() >= zoom;
    if (seen && near) return;
    this.map.easeTo({
      center: position,
      zoom: Math.max(this.map.getZoom(), zoom ?? 0),
      offset: [(left - right) / 2, (top - bottom) / 2],
      animate: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
  }

  /** Frames a zone. */
  frameOf(zone) {
    this.map.fitBounds(box([zone.geometry]), { padding: this.padding(), maxZoom: 16 });
  }

  colour(zoneId) {
    const number = this.colourOf.get(zoneId);
    return number === undefined ? null : hue(this.style, number);
  }
}
