"""Draws zones of a draft by OWSLib's transactions, and prints what it understood.

    python drawing.py ADDRESS KEY DRAFT
"""

import json
import sys

from owslib.ogcapi.features import Features

address, key, draft = sys.argv[1:]
zones, arcs = f"draft-{draft}-zones", f"draft-{draft}-arcs"


def feature(properties, geometry):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def count(collection):
    return planner.collection_items(collection, limit=1)["numberMatched"]


def refused(ask, *given):
    try:
        ask(*given)
    except RuntimeError as fault:
        return json.loads(str(fault))["status"]
    return None


# It keeps what headers it is given for all that follow: first without.
hidden = refused(Features(address).collection, zones)
planner = Features(address, headers={"X-API-Key": key})
told = {"hidden": hidden}
told["listed"] = [name in planner.feature_collections() for name in (zones, arcs)]
told["zones"], told["arcs"] = count(zones), count(arcs)
first = planner.collection_items(zones, limit=1)["features"][0]
code, facts, area = first["id"], first["properties"], first["geometry"]
west, south, side = 109.484, 36.585, 0.0004
ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
square = {"type": "Polygon", "coordinates": [ring]}
planner.collection_item_create(zones, feature({"code": "drawn", "name_zh": "新区"}, square))
told["place"] = planner.response_headers["Location"]
told["drawn"] = planner.collection_item(zones, "drawn")["properties"]["name_zh"]
told["then"] = count(zones)
crossing = {"type": "Polygon", "coordinates": [[ring[0], ring[2], ring[1], ring[3], ring[0]]]}
told["broken"] = refused(planner.collection_item_update, zones, "drawn", json.dumps(feature({}, crossing)))
planner.collection_item_delete(zones, "drawn")
told["gone"] = refused(planner.collection_item, zones, "drawn")
told["border"] = refused(planner.collection_item_delete, arcs, planner.collection_items(arcs, limit=1)["features"][0]["id"])
# As it is: no step. OWSLib names the type of what it puts only once it has created something.
planner.collection_item_update(zones, code, json.dumps(feature(facts, area)))
planner.collection_item_update(zones, code, json.dumps(feature({**facts, "name_zh": "改名区"}, area)))
told["renamed"] = planner.collection_item(zones, code)["properties"]["name_zh"]
print(json.dumps(told))
