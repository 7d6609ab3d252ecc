"""Asks an OGC API all that the GDAL of pyogrio can ask, and prints what it understood.

    python gdal.py ADDRESS FOLDER

Writes the layers `zones` and `restaurants` into FOLDER/theirs.gpkg and reads them there again.
"""

import json
import sys

import numpy
import pyogrio
from pyogrio import raw

address, folder = sys.argv[1:]
source = f"OAPIF:{address}"
package = f"{folder}/theirs.gpkg"


def codes(layer, **wish):
    meta, _, _, columns = raw.read(source, layer=layer, columns=["code"], read_geometry=False, **wish)
    assert list(meta["fields"]) == ["code"], meta
    return sorted(columns[0].tolist())


def whole(where, layer, **wish):
    """By code: the geometry's bytes, and every value as a text."""
    meta, _, shapes, columns = raw.read(where, layer=layer, **wish)
    names = meta["fields"].tolist()
    key = names.index("code")
    rows = {}
    for n, shape in enumerate(shapes):
        values = {name: str(columns[at][n]) for at, name in enumerate(names)}
        rows[columns[key][n]] = (bytes(shape).hex(), values)
    return meta, shapes, columns, rows


def copied(layer, append):
    meta, shapes, columns, rows = whole(source, layer)
    raw.write(
        package,
        shapes,
        columns,
        meta["fields"],
        layer=layer,
        driver="GPKG",
        geometry_type=meta["geometry_type"],
        crs=meta["crs"],
        append=append,
    )
    _, _, _, again = whole(package, layer)
    differ = [code for code, row in rows.items() if again.get(code) != row]
    return {"rows": len(rows), "again": len(again), "differ": differ}


def corner(layer, **options):
    """The first position of the first feature, and its system."""
    meta, _, shapes, _ = raw.read(source, layer=layer, columns=[], max_features=1, **options)
    x, y = numpy.frombuffer(bytes(shapes[0]), dtype="<f8", offset=5, count=2)
    return {"crs": meta["crs"], "at": [float(x), float(y)]}


box = (109.47, 36.57, 109.50, 36.60)
info = {name: pyogrio.read_info(source, layer=name) for name in ("zones", "units", "schools")}
print(
    json.dumps(
        {
            "gdal": pyogrio.__gdal_version__,
            "layers": sorted(pyogrio.list_layers(source)[:, 0].tolist()),
            "counts": {name: one["features"] for name, one in info.items()},
            "types": {name: one["geometry_type"] for name, one in info.items()},
            "fields": dict(
                zip(info["zones"]["fields"].tolist(), map(str, info["zones"]["dtypes"]), strict=True)
            ),
            "paged": codes("schools", PAGE_SIZE=50),
            "at_once": codes("schools"),
            "within": codes("schools", bbox=box),
            "graded": codes("restaurants", where="grade = 'A'"),
            "both": codes("restaurants", bbox=box, where="grade = 'A' AND code LIKE '%7'"),
            "metres": corner("units", CRS="EPSG:3857"),
            "degrees": corner("units"),
            "zones": copied("zones", append=False),
            "restaurants": copied("restaurants", append=True),
        }
    )
)
