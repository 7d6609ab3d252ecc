"""How long the clean of GEOS takes to make a partition of the polygons of a file.

    compare.py ZONES.geojson

Needs shapely 2.2 or newer with GEOS 3.14 or newer. `cargo bench --bench coverage -- ZONES.geojson` tells ours.
"""
import json
import sys
import time

import shapely
from shapely.geometry import shape

areas = [shape(feature["geometry"]) for feature in json.load(open(sys.argv[1]))["features"]]
print(len(areas), "areas,", sum(shapely.get_num_coordinates(area) for area in areas), "vertices")
for name in ("coverage_clean", "coverage_is_valid"):
    took = []
    for _ in range(7):
        start = time.perf_counter()
        getattr(shapely, name)(areas)
        took.append(time.perf_counter() - start)
    print(f"{name:20}{min(took) * 1e3:8.2f} ms")
