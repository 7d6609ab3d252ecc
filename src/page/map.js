// The map: built from what the service answers, no tile, font or style from elsewhere.
import * as maplibre from "./vendor/maplibre-gl/maplibre-gl.mjs";
import { t, name, onLanguage } from "./language.js";
import { box, circle, colours, labelPoint } from "./shapes.js";
import { COLOURS, SOURCES, hue, layers } from "./style.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (dark.matches ? "dark" : "light");
const collection = (features) => ({ type: "FeatureCollection", features });

/** The map and what the other modules may do with it. */
export class CityMap {
  constructor(container, city, facilityColours, onAsk) {
    this.city = city;
    this.facilityColours = facilityColours;
    this.onAsk = onAsk;
    this.marked = [];
    this.colourOf = colours(city.zones.map((zone) => zone.geometry), COLOURS);
    this.spots = city.zones.map((zone) => labelPoint(zone.geometry));
    this.frame = box(city.zones.map((zone) => zone.geometry));
    this.map = new maplibre.Map({
      container,
      style: { version: 8, sources: SOURCES, layers: layers(theme(), facilityColours) },
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

  dress() {
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), "bottom-right");
    onLanguage(() => this.speak());
    dark.addEventListener("change", () => this.repaint());
    this.listen();
    this.map.once("idle", () => document.body.setAttribute("data-map", "idle"));
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
    const { zones, leadOf, ground } = this.city;
    const facts = (zone, n) => ({
      id: zone.id,
      number: String(zone.number),
      colour: this.colourOf[n],
      lead: name(leadOf(zone)?.names),
      order: n,
    });
    this.set("zones", zones.map((zone, n) => feature(zone.geometry, facts(zone, n))));
    const at = (n) => ({ type: "Point", coordinates: this.spots[n] });
    this.set("labels", zones.map((zone, n) => feature(at(n), facts(zone, n))));
    this.set("ground", ground.map((f) => feature(f.geometry, { kind: f.kind, label: name(f.names) })));
  }

  set(source, features) {
    this.map.getSource(source)?.setData(collection(features));
  }

  /** Draws these facilities and no others. */
  showFacilities(facilities) {
    const facts = (f) => ({ id: f.id, kind: f.kind, label: name(f.names) });
    this.set("facilities", facilities.map((f) => feature(f.geometry, facts(f))));
  }

  repaint() {
    for (const layer of layers(theme(), this.facilityColours)) {
      for (const [key, value] of Object.entries(layer.paint)) {
        this.map.setPaintProperty(layer.id, key, value);
      }
    }
  }

  listen() {
    let hovered = null;
    const hover = (id) => {
      if (id === hovered) return;
      if (hovered !== null) this.map.setFeatureState({ source: "zones", id: hovered }, { hover: false });
      if (id !== null) this.map.setFeatureState({ source: "zones", id }, { hover: true });
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
    this.set("accuracy", accuracyM ? [feature(circle(position, accuracyM), {})] : []);
    this.flag(zone?.id, { chosen: true });
    this.flag(runnerUp?.zone.id, { runnerUp: true });
  }

  flag(id, flags) {
    if (!id) return;
    this.map.setFeatureState({ source: "zones", id }, flags);
    this.marked.push(id);
  }

  clear() {
    this.pin?.remove();
    this.pin = null;
    this.set("accuracy", []);
    for (const id of this.marked) {
      this.map.setFeatureState({ source: "zones", id }, { chosen: false, runnerUp: false });
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
    const number = this.city.zones.findIndex((zone) => zone.id === zoneId);
    return number < 0 ? null : hue(theme(), this.colourOf[number]);
  }
}

function feature(geometry, properties) {
  return { type: "Feature", geometry, properties };
}
