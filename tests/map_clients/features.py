"""Asks an OGC API all that OWSLib can ask of features, edits a market, and prints what it understood.

    python features.py ADDRESS KEY UNIT
"""

import json
import sys

from owslib.ogcapi.features import Features

address, key, unit = sys.argv[1:]
client = Features(address)
box = [109.47, 36.57, 109.50, 36.60]


def codes(collection, **wish):
    page = client.collection_items(collection, **wish)
    return [page["numberMatched"], [one["id"] for one in page["features"]]]


def market(name, at):
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": at},
        "properties": {"name_zh": name, "unit": unit},
    }


def refused(ask, *given):
    try:
        ask(*given)
    except RuntimeError as fault:
        return json.loads(str(fault))["status"]
    return None


told = {
    "classes": client.conformance()["conformsTo"],
    "openapi": client.api()["openapi"],
    "collections": client.feature_collections(),
    "zones": client.collection("zones"),
    "queryables": sorted(client.collection_queryables("schools")["properties"]),
    "schema": client.collection_schema("schools")["properties"]["pupils"]["type"],
    "first": codes("zones", limit=7),
    "within": codes("schools", bbox=box, limit=10_000),
    "filtered": codes("restaurants", filter="grade = 'A' AND code LIKE '%7'", limit=10_000),
    "then": codes("zones", datetime_="2026-05-06T10:00:00+08:00", limit=3),
    "zone": client.collection_item("zones", codes("zones", limit=1)[1][0]),
    "unknown": refused(client.collection_item, "zones", "no-such"),
    "not_read": refused(client.collection, "incidents"),
    "not_allowed": refused(client.collection_item_create, "markets", market("集市", [109.484, 36.585])),
}

# It keeps what headers it is given for all that follow.
planner = Features(address, headers={"X-API-Key": key})
planner.collection_item_create("markets", market("新集市", [109.484, 36.585]))
place = planner.response_headers["Location"]
made = place.rsplit("/", 1)[1]
told["made"] = planner.collection_item("markets", made)
planner.collection_item_update("markets", made, json.dumps(market("旧集市", [109.49, 36.59])))
told["updated"] = planner.collection_item("markets", made)
planner.collection_item_delete("markets", made)
told["removed"] = refused(planner.collection_item, "markets", made)
print(json.dumps(told))
