// The map's style, light and dark: what lies beneath, the zones, and what stands on them.

/** Zone hues. Muted, so that the facilities and the answer stand out. */
const HUES = {
  light: ["#5b8def", "#2bb39a", "#f0a94a", "#d977c4", "#8fb948", "#e77f6c", "#8d7fe8", "#49b4d6"],
  dark: ["#5f8ee8", "#2fa890", "#d3964a", "#bd6cae", "#86a94d", "#cf7565", "#8478d6", "#46a0bf"],
};

const INK = {
  light: {
    ground: "#f4f3ef", block: "#eae7df", water: "#9fcbe8", waterLine: "#a4c8df", waterText: "#4f86a8",
    street: "#ffffff", streetEdge: "#dcd8cf", streetText: "#7a756b",
    border: "#ffffff", borderEdge: "#6b7280", text: "#1f2430", halo: "rgba(255,255,255,0.92)",
    accent: "#1d4ed8", facilityEdge: "#ffffff", fill: 0.3, fillHover: 0.42, fillChosen: 0.6,
  },
  dark: {
    ground: "#14161a", block: "#1b1e24", water: "#23506f", waterLine: "#28506b", waterText: "#7fb0cf",
    street: "#2f343d", streetEdge: "#1c2026", streetText: "#9aa1ad",
    border: "#0d0f12", borderEdge: "#8b93a1", text: "#eef1f6", halo: "rgba(16,18,22,0.9)",
    accent: "#7ea6ff", facilityEdge: "#14161a", fill: 0.3, fillHover: 0.42, fillChosen: 0.55,
  },
};

export const COLOURS = HUES.light.length;
export const hue = (theme, number) => HUES[theme][number % COLOURS];

/** Drawn here, without a glyph server: MapLibre takes any family the machine has. */
const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const FONT_BOLD = FONT.filter((family) => family !== "sans-serif").map((family) => `${family} Bold`);

const AREAS = ["Polygon", "MultiPolygon"];
const LINES = ["LineString", "MultiLineString"];
const POINTS = ["Point", "MultiPoint"];

const state = (key, yes, no) => ["case", ["boolean", ["feature-state", key], false], yes, no];
const wide = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
const empty = () => ({ type: "geojson", data: { type: "FeatureCollection", features: [] } });

export const SOURCES = {
  ground: empty(),
  zones: { ...empty(), promoteId: "id" },
  labels: empty(),
  facilities: empty(),
  accuracy: empty(),
};

function beneath(ink) {
  const is = (kind) => ["==", ["get", "kind"], kind];
  const both = (kind, types) => ["all", is(kind), ["in", ["geometry-type"], ["literal", types]]];
  const line = { "line-cap": "round", "line-join": "round" };
  const street = (id, colour, stops) => ({
    id, type: "line", source: "ground", filter: is("street"), layout: line,
    paint: { "line-color": colour, "line-width": wide(...stops) },
  });
  return [
    { id: "ground", type: "background", paint: { "background-color": ink.ground } },
    {
      id: "block", type: "fill", source: "ground", filter: is("block"),
      paint: { "fill-color": ink.block },
    },
    {
      id: "river-area", type: "fill", source: "ground", filter: both("river", AREAS),
      paint: { "fill-color": ink.water },
    },
    {
      id: "river", type: "line", source: "ground", filter: both("river", LINES), layout: line,
      paint: { "line-color": ink.water, "line-width": wide(11, 3, 14, 7, 17, 14) },
    },
    street("street-edge", ink.streetEdge, [11, 1, 14, 5, 17, 22]),
    street("street", ink.street, [11, 0.6, 14, 3.4, 17, 18]),
    {
      id: "bridge", type: "line", source: "ground", filter: is("bridge"),
      paint: { "line-color": ink.street, "line-width": wide(11, 0.8, 14, 4, 17, 20) },
    },
  ];
}

function zones(theme, ink) {
  const colour = ["match", ["get", "colour"], ...HUES[theme].flatMap((c, n) => [n, c]), HUES[theme][0]];
  return [
    {
      id: "zones", type: "fill", source: "zones",
      paint: {
        "fill-color": colour,
        "fill-opacity": state("chosen", ink.fillChosen, state("hover", ink.fillHover, ink.fill)),
      },
    },
    {
      id: "zone-border-edge", type: "line", source: "zones", layout: { "line-join": "round" },
      paint: { "line-color": ink.borderEdge, "line-opacity": 0.35, "line-width": wide(11, 1.4, 16, 5) },
    },
    {
      id: "zone-border", type: "line", source: "zones", layout: { "line-join": "round" },
      paint: { "line-color": ink.border, "line-width": wide(11, 0.8, 16, 3) },
    },
    {
      id: "zone-runner-up", type: "line", source: "zones", layout: { "line-join": "round" },
      paint: {
        "line-color": ink.accent, "line-width": 2, "line-dasharray": [2, 2],
        "line-opacity": state("runnerUp", 0.9, 0),
      },
    },
    {
      id: "zone-chosen", type: "line", source: "zones", layout: { "line-join": "round" },
      paint: {
        "line-color": ink.accent, "line-width": wide(11, 2, 16, 4),
        "line-opacity": state("chosen", 1, 0),
      },
    },
  ];
}

function words(ink) {
  const text = (colour) => ({ "text-color": colour, "text-halo-color": ink.halo, "text-halo-width": 1.4 });
  const along = (id, kind, colour, minzoom) => ({
    id, type: "symbol", source: "ground", minzoom,
    filter: ["all", ["==", ["get", "kind"], kind], ["in", ["geometry-type"], ["literal", LINES]]],
    layout: {
      "symbol-placement": "line", "symbol-spacing": 420, "text-field": ["get", "label"],
      "text-font": FONT, "text-size": 12, "text-letter-spacing": 0.12,
    },
    paint: text(colour),
  });
  return [
    along("river-words", "river", ink.waterText, 12),
    along("street-words", "street", ink.streetText, 13),
    {
      id: "zone-leads", type: "symbol", source: "labels", minzoom: 12,
      layout: {
        "text-field": ["get", "lead"], "text-font": FONT, "text-max-width": 7.5,
        "text-size": ["interpolate", ["linear"], ["zoom"], 12, 9.5, 14, 12, 17, 14],
        "text-anchor": "top", "text-offset": [0, 1.05], "text-line-height": 1.15, "text-padding": 0,
      },
      paint: text(ink.text),
    },
    {
      id: "zone-words", type: "symbol", source: "labels",
      layout: {
        "text-field": ["get", "number"], "text-font": FONT_BOLD, "text-padding": 1,
        "text-size": ["interpolate", ["linear"], ["zoom"], 11, 11, 14, 18, 17, 22],
        "symbol-sort-key": ["get", "order"],
      },
      paint: text(ink.text),
    },
  ];
}

function facilities(ink, colourOf) {
  const colour = ["match", ["get", "kind"], ...colourOf, "#64748b"];
  const is = (types) => ["in", ["geometry-type"], ["literal", types]];
  return [
    {
      id: "facility-areas", type: "fill", source: "facilities", filter: is(AREAS),
      paint: { "fill-color": colour, "fill-opacity": 0.22 },
    },
    {
      id: "facility-lines", type: "line", source: "facilities",
      filter: ["!", is(POINTS)],
      paint: { "line-color": colour, "line-width": 1.6, "line-dasharray": [3, 1.5] },
    },
    {
      id: "facilities", type: "circle", source: "facilities",
      filter: is(POINTS),
      paint: {
        "circle-color": colour, "circle-stroke-color": ink.facilityEdge,
        "circle-radius": wide(11, 1.2, 13, 2.4, 15, 5, 18, 8), "circle-stroke-width": wide(11, 0.2, 13, 0.7, 15, 1.5, 18, 2),
      },
    },
    {
      id: "facility-words", type: "symbol", source: "facilities", minzoom: 15.6,
      layout: {
        "text-field": ["get", "label"], "text-font": FONT, "text-size": 11,
        "text-anchor": "top", "text-offset": [0, 0.8], "text-max-width": 9, "text-optional": true,
      },
      paint: { "text-color": ink.text, "text-halo-color": ink.halo, "text-halo-width": 1.3 },
    },
    {
      id: "accuracy", type: "fill", source: "accuracy",
      paint: { "fill-color": ink.accent, "fill-opacity": 0.16, "fill-outline-color": ink.accent },
    },
  ];
}

/** Every layer, from the ground up. `colourOf` is kind, colour, kind, colour … */
export function layers(theme, colourOf) {
  const ink = INK[theme];
  return [...beneath(ink), ...zones(theme, ink), ...facilities(ink, colourOf), ...words(ink)];
}
