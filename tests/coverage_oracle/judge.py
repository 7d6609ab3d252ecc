"""Judges coverages by GEOS: python judge.py cases.json

Each case has the areas that were given (parts of rings of grid steps, shells first), the edges of each that our check
calls invalid, and the sides that were built of them. Prints what was judged; every difference is a line on
standard error, and the exit code then 1.
"""

import functools
import json
import sys

import shapely


def polygon(parts):
    polygons = [shapely.Polygon(rings[0], rings[1:]) for rings in parts]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def edges(geometry):
    """The segments of lines, each once, smaller end first."""
    out = set()
    for line in shapely.get_parts(shapely.get_parts(geometry)):
        points = [tuple(p) for p in shapely.get_coordinates(line).astype(int).tolist()]
        out |= {tuple(sorted(pair)) for pair in zip(points, points[1:])}
    return out


def check_given(number, case, areas, say):
    invalid = shapely.coverage_invalid_edges(areas)
    for i, (lines, ours) in enumerate(zip(invalid, case["invalid"])):
        ours = {tuple(sorted((tuple(a), tuple(b)))) for a, b in ours}
        theirs = edges(lines)
        if ours != theirs:
            say(f"case {number}, area {i}: ours alone {sorted(ours - theirs)}, "
                f"GEOS alone {sorted(theirs - ours)}")


def cross(o, a, b):
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def twice_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1]))


def first_left(before, at, ways):
    """The way on that turns farthest to the left of who comes from `before`: the next one clockwise from the way back."""
    def quarter(p):
        turn = cross(at, before, p)
        ahead = (before[0] - at[0]) * (p[0] - at[0]) + (before[1] - at[1]) * (p[1] - at[1])
        # Clockwise from the way back: itself last.
        return 1 if turn < 0 else 2 if turn == 0 and ahead < 0 else 3 if turn > 0 else 4

    def order(p, q):
        return quarter(p) - quarter(q) or (cross(at, p, q) > 0) - (cross(at, p, q) < 0)

    return min(ways, key=functools.cmp_to_key(order))


def walks(darts):
    """The walks along segments that have the face to their left, each around one connected piece of its inside."""
    out = {}
    for a, b in darts:
        out.setdefault(a, set()).add(b)
    while out:
        start = min(out)
        before, at = start, min(out[start])
        walk = [start]
        out[start].remove(at)
        while True:
            walk.append(at)
            ways = out.get(at, set())
            # Closed where the way on would be the first one again.
            first = {walk[1]} if at == start else set()
            if not ways | first:
                raise ValueError(f"sides end at {at}")
            after = first_left(before, at, ways | first)
            if after in first:
                break
            ways.remove(after)
            before, at = at, after
        out = {p: ways for p, ways in out.items() if ways}
        yield walk[:-1]


def simple(walk):
    """A walk, taken apart where it comes to a place again."""
    path, seen = [], {}
    for p in walk:
        if p in seen:
            yield path[seen[p]:]
            for q in path[seen[p] + 1:]:
                del seen[q]
            path = path[:seen[p] + 1]
        else:
            seen[p] = len(path)
            path.append(p)
    yield path


def holds(ring, p):
    """Whether a place that is no vertex of a ring, and lies on none of its segments, is inside."""
    inside = False
    for a, b in zip(ring, ring[1:] + ring[:1]):
        if (a[1] > p[1]) != (b[1] > p[1]) and (cross(a, b, p) > 0) == (b[1] > a[1]):
            inside = not inside
    return inside


def face(darts):
    """The polygons of a face by the segments that have it to their left. All of it in integers.

    GEOS's own `build_area` fills a hole that touches its shell at a vertex.
    """
    shells, holes = [], []
    for walk in walks(darts):
        rings = list(simple(walk))
        own = [ring for ring in rings if twice_area(ring) > 0]
        rest = [ring for ring in rings if twice_area(ring) < 0]
        if len(own) > 1:
            raise ValueError(f"one inside has two shells: {own}")
        if own:
            shells.append((own[0], rest))
        else:
            holes += rest
    for hole in holes:
        # It touches no shell: else it were of one walk with it.
        around = [shell for shell in shells if holds(shell[0], hole[0])]
        if not around:
            raise ValueError(f"a hole at {hole[0]} is in no shell")
        min(around, key=lambda shell: twice_area(shell[0]))[1].append(hole)
    return polygon([[ring, *rest] for ring, rest in shells])


def check_built(number, case, say):
    """The faces of the sides are a valid coverage."""
    darts = {}
    for ax, ay, bx, by, left, right in case["sides"]:
        for label, ends in ((left, ((ax, ay), (bx, by))), (right, ((bx, by), (ax, ay)))):
            if label is not None:
                darts.setdefault(label, []).append(ends)
    try:
        faces = [face(own) for own in darts.values()]
    except ValueError as broken:
        say(f"case {number}: {broken}")
        return
    for (label, own), geometry in zip(darts.items(), faces):
        if not shapely.is_valid(geometry):
            say(f"case {number}: face {label} is invalid: {shapely.is_valid_reason(geometry)}")
        if 2 * shapely.area(geometry) != sum(a[0] * b[1] - b[0] * a[1] for a, b in own):
            say(f"case {number}: face {label} has another area than its sides enclose")
    if not shapely.coverage_is_valid(faces):
        bad = [i for i, e in enumerate(shapely.coverage_invalid_edges(faces)) if not e.is_empty]
        say(f"case {number}: what was built is no valid coverage: {[list(darts)[i] for i in bad]}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    wrong = []
    judged = {"cases": len(cases), "compared": 0, "invalid": 0, "holes": 0, "parts": 0}
    for number, case in enumerate(cases):
        areas = [polygon(parts) for parts in case["areas"]]
        # A coverage check says nothing of invalid polygons.
        if all(shapely.is_valid(area) for area in areas):
            judged["compared"] += 1
            judged["invalid"] += any(case["invalid"])
            judged["holes"] += any(len(rings) > 1 for parts in case["areas"] for rings in parts)
            judged["parts"] += any(len(parts) > 1 for parts in case["areas"])
            check_given(number, case, areas, wrong.append)
        check_built(number, case, wrong.append)
    print(json.dumps(judged))
    print("\n".join(wrong[:50]), file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
