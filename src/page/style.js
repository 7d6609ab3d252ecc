// The map's style is the service's own, as every other map has it; the page adds what an answer marks on it.

/** What the style draws the city from, and the layer of the zones in it. */
export const CITY = "city";
export const ZONES = { source: CITY, sourceLayer: "zones" };
/** The layers in which facilities stand, apart from what lies beneath the zones. */
export const FACILITIES = ["facility-areas", "facility-lines", "facilities", "facility-words"];

const ACCURACY = "accuracy";

const state = (key, yes, no) => ["case", ["boolean", ["feature-state", key], false], yes, no];
const wide = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
const layerOf = (style, id) => style.layers.find((layer) => layer.id === id);

/** The value that a `["match", …]` gives for something. */
function matched(expression, wanted) {
  const [, , ...rest] = expression;
  for (let n = 0; n + 1 < rest.length; n += 2) if (rest[n] === wanted) return rest[n + 1];
  return rest.at(-1);
}

/** The colour of a zone, by the number of its colour. */
export const hue = (style, number) => matched(layerOf(style, "zones").paint["fill-color"], number);

/** The colour of a kind of facility. */
export const kindColour = (style, kind) => matched(layerOf(style, "facilities").paint["circle-color"], kind);

/** What a layer of facilities draws when no more than these kinds are switched on. */
export function ofKinds(style, id, kinds) {
  return ["all", layerOf(style, id).filter, ["in", ["get", "kind"], ["literal", kinds]]];
}

/** A border that is drawn where a zone is in a state. */
const border = (id, key, paint) => ({
  id, type: "line", source: CITY, "source-layer": "zones", layout: { "line-join": "round" },
  paint: { ...paint, "line-opacity": state(key, 1, 0) },
});

/**
 * The service's style with the page's marks: the zone that is pointed at, chosen and next, and how accurate a
 * position is (`accuracy`, GeoJSON). Only facilities of these kinds are drawn.
 */
export function dressed(style, { kinds, accent, accuracy }) {
  const marks = [
    border("zone-runner-up", "runnerUp", { "line-color": accent, "line-width": 2, "line-dasharray": [2, 2] }),
    border("zone-chosen", "chosen", { "line-color": accent, "line-width": wide(11, 2, 16, 4) }),
  ];
  const blur = {
    id: ACCURACY, type: "fill", source: ACCURACY,
    paint: { "fill-color": accent, "fill-opacity": 0.16, "fill-outline-color": accent },
  };
  const layers = style.layers.flatMap((layer) => {
    if (layer.id === "zones") {
      const fill = layer.paint["fill-opacity"];
      const opacity = state("chosen", fill * 2, state("hover", fill * 1.4, fill));
      return [{ ...layer, paint: { ...layer.paint, "fill-opacity": opacity } }];
    }
    if (layer.id === "zone-border") return [layer, ...marks];
    if (FACILITIES.includes(layer.id)) return [{ ...layer, filter: ofKinds(style, layer.id, kinds) }];
    return [layer];
  });
  const words = layers.findIndex((layer) => layer.type === "symbol");
  layers.splice(words < 0 ? layers.length : words, 0, blur);
  return {
    ...style,
    layers,
    sources: {
      ...style.sources,
      // States are kept by the zone's own id, which is the same at every zoom.
      [CITY]: { ...style.sources[CITY], promoteId: { zones: "id" } },
      [ACCURACY]: { type: "geojson", data: accuracy },
    },
  };
}
