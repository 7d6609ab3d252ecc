"""Our plans beside METIS's and GerryChain's, on one graph file, judged by one judge.

    compare.py GRAPH.csv OURS.csv [ZONES [TOLERANCE [RECOM_SECONDS]]]

GRAPH.csv has rows `b,x,y,area,outer border,weight` and `e,block,block,border`. OURS.csv has one row
for each plan: name, seconds, then the zone of each block (`cargo bench --bench balance` writes it).
Needs pymetis, gerrychain, networkx.
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


def show(name, seconds, figures):
    off, cut, round_, broken = figures
    print(f"{name:<44}{seconds:>8.2f} s {off:>9.3f} % {cut:>9.2f} km {round_:>8.4f} {broken:>4}",
          flush=True)
    return figures


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
                    # The fairest of its seeds: contiguous first, then the shortest cut.
                    key = (figures[3] > 0, figures[1])
                    if best is None or key < best[0]:
                        best = (key, figures)
                way = "recursive" if recursive else "k-way contiguous"
                yield f"METIS {way}, ufactor {ufactor}, ncuts {tries}", (time.time() - start) / len(seeds), best[1]


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
    yield (f"GerryChain ReCom {100 * tolerance:g} %, {steps} steps", time.time() - start,
           judge(graph, [best[0][1][b] for b in range(graph.number_of_nodes())], k))


def main(graph_path, ours_path, k=60, tolerance=0.01, seconds=60.0):
    k, tolerance, seconds = int(k), float(tolerance), float(seconds)
    graph = read(graph_path)
    print(f"{'':<44}{'time':>10} {'deviation':>11} {'cut':>12} {'PP':>8} broken")
    ours, theirs = [], []
    for line in open(ours_path):
        name, took, *zones = line.strip().split(",")
        ours.append(show("ours " + name, float(took), judge(graph, list(map(int, zones)), k)))
    for name, took, figures in metis(graph, k):
        theirs.append((name, show(name, took, figures)))
    for eps in (tolerance, 5 * tolerance):
        if seconds > 0:
            for name, took, figures in recom(graph, k, eps, seconds):
                theirs.append((name, show(name, took, figures)))
    worst = tuple(f([o[i] for o in ours]) for i, f in enumerate((max, max, min, max)))
    show("ours, the worst of each column", 0, worst)
    for name, them in theirs:
        wins = worst[0] < them[0], worst[1] < them[1], worst[2] > them[2]
        print(f"{'beaten in all three' if all(wins) else 'NOT beaten in all ' + str(wins):<60}{name}")


main(*sys.argv[1:])
