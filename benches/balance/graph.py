"""Blocks of a Shapefile as the graph that `cargo bench --bench balance` reads.

    graph.py BLOCKS.zip WEIGHT EPSG GRAPH.csv

WEIGHT names the column that is balanced, EPSG a projection in metres; of the Providence blocks that are
TOTPOP and 32130. Needs geopandas.
"""
import sys

import geopandas
from shapely import STRtree

path, weight, epsg, out = sys.argv[1:5]
blocks = geopandas.read_file(path).to_crs(int(epsg))
areas = blocks.geometry.values
shared, borders = [0.0] * len(areas), []
for a, b in zip(*STRtree(areas).query(areas, predicate="intersects")):
    if a < b:
        length = areas[a].intersection(areas[b]).length
        if length > 0:
            borders.append((a, b, length))
            shared[a] += length
            shared[b] += length
with open(out, "w") as file:
    for at, area in enumerate(areas):
        middle, outer = area.centroid, max(0.0, area.length - shared[at])
        load = int(blocks[weight].iloc[at])
        file.write(f"b,{middle.x:.3f},{middle.y:.3f},{area.area:.3f},{outer:.3f},{load}\n")
    for a, b, length in borders:
        file.write(f"e,{a},{b},{length:.4f}\n")
