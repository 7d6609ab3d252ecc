// What the map needs of polygons: a box, a place well inside, and a circle.

/** The polygons of a Polygon or MultiPolygon. */
const polygons = (geometry) =>
  geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];

/** Every position of a geometry, of whatever type. */
export function* positions(geometry) {
  const open = [geometry.coordinates];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item[0] === "number") yield item;
    else open.push(...item);
  }
}

/** West, south, east, north. */
export function box(geometries) {
  const frame = [Infinity, Infinity, -Infinity, -Infinity];
  for (const geometry of geometries) {
    for (const [x, y] of positions(geometry)) {
      frame[0] = Math.min(frame[0], x);
      frame[1] = Math.min(frame[1], y);
      frame[2] = Math.max(frame[2], x);
      frame[3] = Math.max(frame[3], y);
    }
  }
  return frame;
}

/** The inner point farthest from the border, to within a cell of a coarse grid. */
export function labelPoint(geometry) {
  const parts = polygons(geometry);
  const main = parts.reduce((a, b) => (area(a[0]) >= area(b[0]) ? a : b));
  const [west, south, east, north] = box([{ coordinates: main }]);
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const cells = Math.max(6, Math.min(20, Math.round(4_000 / main[0].length)));
  let best = { at: main[0][0], gap: -1 };
  for (let i = 0; i < cells; i += 1) {
    for (let j = 0; j < cells; j += 1) {
      const at = [
        west + ((i + 0.5) / cells) * (east - west),
        south + ((j + 0.5) / cells) * (north - south),
      ];
      const gap = gapTo(main, at, squeeze);
      if (gap > best.gap) best = { at, gap };
    }
  }
  return best.at;
}

/** Distance (squared) to the nearest border from inside; -1 outside. */
function gapTo(rings, [x, y], squeeze) {
  let inside = false;
  let gap = Infinity;
  for (const ring of rings) {
    for (let n = 1; n < ring.length; n += 1) {
      const [ax, ay] = ring[n - 1];
      const [bx, by] = ring[n];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      const dx = (bx - ax) * squeeze;
      const dy = by - ay;
      const px = (x - ax) * squeeze;
      const py = y - ay;
      const along = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
      gap = Math.min(gap, (px - along * dx) ** 2 + (py - along * dy) ** 2);
    }
  }
  return inside ? gap : -1;
}

function area(ring) {
  let sum = 0;
  for (let n = 1; n < ring.length; n += 1) {
    sum += ring[n - 1][0] * ring[n][1] - ring[n][0] * ring[n - 1][1];
  }
  return Math.abs(sum);
}

/** A circle of `radius_m` around a point, for showing how accurate a position is. */
export function circle([lon, lat], radiusM) {
  const perDegree = 111_320;
  const ring = Array.from({ length: 65 }, (_, n) => {
    const angle = (n / 64) * 2 * Math.PI;
    const east = (Math.cos(angle) * radiusM) / (perDegree * Math.cos((lat * Math.PI) / 180));
    return [lon + east, lat + (Math.sin(angle) * radiusM) / perDegree];
  });
  return { type: "Polygon", coordinates: [ring] };
}
