"""Judges coverages by GEOS: python judge.py cases.json

Each case has the areas that were given (rings of grid steps), the edges of each that our check calls
invalid, and the sides that were built of them. Prints what was judged; every difference is a line on
standard error, and the exit code then 1.
"""

import json
import sys

import shapely


def polygon(ring):
    return shapely.Polygon(ring)


def edges(geometry):
    """The segments of lines, each once, smaller end first."""
    out = set()
    for line in shapely.get_parts(shapely.get_parts(geometry)):
        points = [tuple(p) for p in shapely.get_coordinates(line).astype(int).tolist()]
        out |= {tuple(sorted(pair)) for pair in zip(points, points[1:])}
    return out


def touching_hole(areas, i):
    """The oracle's one false positive: a hole that touches its shell. Then relate decides."""
    others = [shapely.relate_pattern(areas[i], other, "F********")
              for j, other in enumerate(areas) if j != i]
    return all(others)


def check_given(number, case, areas, say):
    invalid = shapely.coverage_invalid_edges(areas)
    for i, (lines, ours) in enumerate(zip(invalid, case["invalid"])):
        ours = {tuple(sorted((tuple(a), tuple(b)))) for a, b in ours}
        theirs = edges(lines)
        if ours != theirs and not (not ours and touching_hole(areas, i)):
            say(f"case {number}, area {i}: ours alone {sorted(ours - theirs)}, "
                f"GEOS alone {sorted(theirs - ours)}")


def check_built(number, case, say):
    """The faces of the sides are a valid coverage."""
    lines = {}
    for ax, ay, bx, by, left, right in case["sides"]:
        for face in (left, right):
            if face is not None:
                lines.setdefault(face, []).append([(ax, ay), (bx, by)])
    faces = [shapely.build_area(shapely.MultiLineString(own)) for own in lines.values()]
    for face, geometry in zip(lines, faces):
        if not shapely.is_valid(geometry):
            say(f"case {number}: face {face} is invalid: {shapely.is_valid_reason(geometry)}")
    if not shapely.coverage_is_valid(faces):
        bad = [i for i, e in enumerate(shapely.coverage_invalid_edges(faces)) if not e.is_empty]
        if not all(touching_hole(faces, i) for i in bad):
            say(f"case {number}: what was built is no valid coverage: {bad}")
    return sum(shapely.area(faces))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    wrong = []
    judged = {"cases": len(cases), "compared": 0, "invalid": 0}
    for number, case in enumerate(cases):
        areas = [polygon(ring) for ring in case["areas"]]
        # A coverage check says nothing of invalid polygons.
        if all(shapely.is_valid(area) for area in areas):
            judged["compared"] += 1
            judged["invalid"] += any(case["invalid"])
            check_given(number, case, areas, wrong.append)
        check_built(number, case, wrong.append)
    print(json.dumps(judged))
    print("\n".join(wrong[:50]), file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
