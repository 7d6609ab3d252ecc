"""METIS's and GerryChain's plans, and ours at their deviations, on one graph file, judged by one judge.

    compare.py rivals GRAPH.csv RIVALS.csv [ZONES [RECOM_SECONDS]]
    compare.py judge GRAPH.csv RIVALS.csv OURS.csv [ZONES]

GRAPH.csv has rows `b,x,y,area,outer border,weight` and `e,block,block,border`. A file of plans has one row for each:
name, seconds, then the zone of each block. `rivals` makes theirs and prints the tolerances at which ours are wanted;
`cargo bench --bench balance -- GRAPH.csv ZONES TOLERANCES SECONDS OURS.csv` makes those, several seeds of each, and
names each row by its tolerance. `judge` then sets beside each plan of a rival those of ours that were made at its
deviation or the next below: none of ours may be further off, have a cut that is no shorter or be no more compact. It
ends with 1 where one is, or where a plan of ours is in pieces. A rival's plan that is in pieces is told with its figures
and is no rival: it is not what was asked for. Needs networkx; `rivals` pymetis and gerrychain too.
"""
import math
import random
import sys
import time

import networkx as nx


def read(path):
    graph = nx.Graph()
    for line in open(path):
        kind, *rest = line.strip().split(",")
        n = [float(x) for x in rest]
        if kind == "b":
            at = graph.number_of_nodes()
            graph.add_node(at, x=n[0], y=n[1], area=n[2], boundary_perim=n[3],
                           boundary_node=n[3] > 0, load=int(n[4]))
        else:
            graph.add_edge(int(n[0]), int(n[1]), shared_perim=n[2])
    return graph


def judge(graph, zones, k):
    load, area, rim = [0.0] * k, [0.0] * k, [0.0] * k
    for block, at in graph.nodes(data=True):
        zone = zones[block]
        load[zone] += at["load"]
        area[zone] += at["area"]
        rim[zone] += at["boundary_perim"]
    cut = 0.0
    same = nx.Graph()
    same.add_nodes_from(graph)
    for a, b, edge in graph.edges(data=True):
        if zones[a] == zones[b]:
            same.add_edge(a, b)
        else:
            cut += edge["shared_perim"]
            rim[zones[a]] += edge["shared_perim"]
            rim[zones[b]] += edge["shared_perim"]
    mean = sum(load) / k
    pieces = [0] * k
    for piece in nx.connected_components(same):
        pieces[zones[next(iter(piece))]] += 1
    round_ = [4 * math.pi * a / p / p if p else 0.0 for a, p in zip(area, rim)]
    return (100 * max(abs(x - mean) for x in load) / mean, cut / 1000, sum(round_) / k,
            sum(p != 1 for p in pieces))


def show(name, seconds, figures, verdict=""):
    off, cut, round_, broken = figures
    print(f"{name:<44}{seconds:>8.2f} s {off:>9.3f} % {cut:>9.2f} km {round_:>8.4f} {broken:>4}  {verdict}",
          flush=True)


def metis(graph, k):
    import pymetis
    xadj, adjncy, eweights = [0], [], []
    for block in range(graph.number_of_nodes()):
        for other, edge in graph[block].items():
            adjncy.append(other)
            eweights.append(max(1, round(edge["shared_perim"] * 10)))
        xadj.append(len(adjncy))
    vweights = [graph.nodes[block]["load"] for block in range(graph.number_of_nodes())]
    for recursive in (False, True):
        for ufactor in (1, 5, 10, 20, 30, 50):
            for seeds, tries in (((1, 2, 3), 1), ((1, 2, 3), 20)):
                best = None
                start = time.time()
                for seed in seeds:
                    options = pymetis.Options(ufactor=ufactor, seed=seed, ncuts=tries, niter=50)
                    if not recursive:
                        options.contig = 1
                    _, zones = pymetis.part_graph(
                        k, xadj=xadj, adjncy=adjncy, vweights=vweights, eweights=eweights,
                        recursive=recursive, options=options)
                    figures = judge(graph, zones, k)
                    # The best of its seeds: contiguous first, then the shortest cut.
                    key = (figures[3] > 0, figures[1])
                    if best is None or key < best[0]:
                        best = (key, zones)
                way = "recursive" if recursive else "k-way contiguous"
                yield f"METIS {way} ufactor {ufactor} ncuts {tries}", (time.time() - start) / len(seeds), best[1]


def recom(graph, k, tolerance, seconds):
    from functools import partial

    from gerrychain import Graph, MarkovChain, Partition, accept, constraints, updaters
    from gerrychain.proposals import recom as step
    from gerrychain.tree import bipartition_tree, recursive_tree_part
    random.seed(1)
    ours = Graph.from_networkx(graph) if hasattr(Graph, "from_networkx") else Graph(graph)
    ideal = sum(at["load"] for _, at in graph.nodes(data=True)) / k
    first = None
    start = time.time()
    while first is None:
        try:
            first = recursive_tree_part(ours, range(k), ideal, "load", tolerance,
                                        method=partial(bipartition_tree, max_attempts=200))
        except Exception as fault:
            if time.time() - start > seconds:
                print(f"GerryChain {100 * tolerance:g} %: no first plan in {seconds:g} s ({type(fault).__name__})")
                return
    cut = lambda p: sum(graph.edges[e]["shared_perim"] for e in p["cut_edges"])
    partition = Partition(ours, first, {"load": updaters.Tally("load"),
                                        "cut_edges": updaters.cut_edges})
    move = partial(step, pop_col="load", pop_target=ideal, epsilon=tolerance, node_repeats=0,
                   method=partial(bipartition_tree, max_attempts=500, allow_pair_reselection=True))
    best = [None]

    def shorter(new):
        # Downhill, and uphill by a hair that shrinks: short bursts do no better here.
        left = max(0.0, 1 - (time.time() - start) / seconds)
        gain = cut(new.parent) - cut(new)
        return gain >= 0 or random.random() < math.exp(gain / (1 + 400 * left))

    chain = MarkovChain(move, [constraints.within_percent_of_ideal_population(partition, tolerance, "load")],
                        shorter, partition, 10**9)
    steps = 0
    for state in chain:
        steps += 1
        length = cut(state)
        if best[0] is None or length < best[0][0]:
            best[0] = (length, dict(state.assignment.items()))
        if time.time() - start > seconds:
            break
    yield (f"GerryChain ReCom {100 * tolerance:g} % {steps} steps", time.time() - start,
           [best[0][1][b] for b in range(graph.number_of_nodes())])


def heading():
    print(f"{'':<44}{'time':>10} {'deviation':>11} {'cut':>12} {'PP':>8} broken")


def plans(path):
    for line in open(path):
        name, took, *zones = line.strip().split(",")
        yield name, float(took), list(map(int, zones))


def below(off):
    """The tolerance at which ours are made for a rival that is `off` per cent off: not above it."""
    return math.floor(off * 10) / 1000 if off >= 0.1 else off / 100


def rivals(graph_path, out, k=60, seconds=60.0):
    k, seconds = int(k), float(seconds)
    graph = read(graph_path)
    heading()
    wanted = set()
    chains = [recom(graph, k, eps, seconds) for eps in (0.01, 0.05)] if seconds > 0 else []
    with open(out, "w") as file:
        for way in [metis(graph, k)] + chains:
            for name, took, zones in way:
                figures = judge(graph, zones, k)
                show(name, took, figures)
                file.write(",".join(map(str, [name, f"{took:.3f}", *zones])) + "\n")
                wanted.add(below(figures[0]))
    print("ours are wanted at: " + ",".join(f"{at:.6g}" for at in sorted(wanted)))
    return 0


def judged(graph_path, rivals_path, ours_path, k=60):
    k = int(k)
    graph = read(graph_path)
    ours = {}
    for name, took, zones in plans(ours_path):
        ours.setdefault(float(name), []).append((took, judge(graph, zones, k)))
    heading()
    lost = 0
    worst = {}
    for at, them in sorted(ours.items()):
        figures = [f([it[1][n] for it in them]) for n, f in enumerate((max, max, min, max))]
        worst[at] = max(took for took, _ in them), figures
        lost += figures[3] > 0
        show(f"ours at {100 * at:g} %, the worst of {len(them)} seeds", *worst[at],
             "IN PIECES" if figures[3] else "")
    for name, took, zones in plans(rivals_path):
        them = judge(graph, zones, k)
        fits = [at for at in worst if worst[at][1][0] <= them[0]]
        if not fits:
            verdict = "LOST: none of ours is as even"
        else:
            at = max(fits)
            us = worst[at][1]
            worse = [what for what, bad in (("cut", us[1] >= them[1]), ("compactness", us[2] <= them[2])) if bad]
            verdict = f"LOST on {' and '.join(worse)}" if worse else "beaten in all three"
            verdict += f" by ours at {100 * at:g} %: {us[0]:.3f} %, {us[1]:.2f} km, {us[2]:.4f}"
        if them[3]:
            verdict = f"in pieces, no rival; else {verdict}"
        lost += verdict.startswith("LOST")
        show(name, took, them, verdict)
    print(f"MISSED: {lost}" if lost else "reached: every plan of a rival that is in one piece a zone is beaten in all three")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit({"rivals": rivals, "judge": judged}[sys.argv[1]](*sys.argv[2:]))
