//! Laws of the room, on small grids: what is proposed is contiguous and what its figures say.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::domain::zoning::balance::ask::{Ask, AskFault, List, Load, Progress, Terms, proposals};
use crate::domain::zoning::balance::dice::{Dice, below};
use crate::domain::zoning::balance::figures::Figures;
use crate::domain::zoning::balance::front::front;
use crate::domain::zoning::balance::graph::{Blocks, Border, Column, Graph, GraphFault};
use crate::domain::zoning::balance::plan::Plan;
use crate::domain::zoning::balance::search::{Proposal, Refusal, propose};
use crate::domain::zoning::balance::setting::Setting;
use crate::domain::zoning::balance::split::split_within;

/// A grid of squares of 100 m; two weights.
fn grid(columns: u32, rows: u32, seed: u64) -> Blocks {
    let mut dice = Dice::new(seed, 9);
    let mut blocks = Blocks { weights: vec![Vec::new(); 2], ..Blocks::default() };
    for row in 0..rows {
        for column in 0..columns {
            let at = row * columns + column;
            blocks.centroid_m.push([f64::from(column) * 100.0, f64::from(row) * 100.0]);
            blocks.area_m2.push(10_000.0);
            let sides = [column == 0, column + 1 == columns, row == 0, row + 1 == rows];
            blocks.outer_border_m.push(sides.iter().map(|s| if *s { 100.0 } else { 0.0 }).sum());
            blocks.weights[0].push(f64::from(u8::try_from(below(dice.word(), 9)).unwrap()));
            blocks.weights[1].push(1.0 + dice.unit());
            let mut border = |a: u32, b: u32| {
                blocks.borders.push(Border { blocks: [a, b], length_m: 100.0, factor: 1.0 });
            };
            if column > 0 {
                border(at - 1, at);
            }
            if row > 0 {
                border(at - columns, at);
            }
        }
    }
    blocks.weights[0][0] += 1.0;
    blocks
}

fn graph(columns: u32, rows: u32, seed: u64) -> Graph {
    Graph::build(grid(columns, rows, seed)).unwrap()
}

fn run(graph: &Graph, ask: &Ask, limit: u64) -> Proposal {
    propose(graph, ask, &mut proposals(limit)).unwrap()
}

/// Pieces of each zone by the borders alone.
fn pieces(graph: &Graph, zones: &[u16]) -> Vec<u32> {
    let count = usize::from(*zones.iter().max().unwrap()) + 1;
    let mut label: Vec<usize> = (0..zones.len()).collect();
    let mut moved = true;
    while std::mem::take(&mut moved) {
        for border in &graph.blocks().borders {
            let [a, b] = border.blocks.map(|block| block as usize);
            if zones[a] == zones[b] && label[a] != label[b] {
                let least = label[a].min(label[b]);
                (label[a], label[b], moved) = (least, least, true);
            }
        }
    }
    let roots: BTreeSet<(u16, usize)> = zones.iter().copied().zip(label).collect();
    let mut pieces = vec![0; count];
    for (zone, _) in roots {
        pieces[usize::from(zone)] += 1;
    }
    pieces
}

/// The least cut of all contiguous plans within the tolerance, by trying each.
fn exhaustive(graph: &Graph, zones: u16, tolerance: f64) -> Option<f64> {
    let blocks = graph.len();
    let weights = &graph.blocks().weights[0];
    let mean = weights.iter().sum::<f64>() / f64::from(zones);
    let mut best: Option<f64> = None;
    for code in 0..u64::from(zones).pow(u32::try_from(blocks).unwrap() - 1) {
        let mut rest = code;
        let mut plan = vec![0_u16; blocks];
        let mut load = vec![0.0; usize::from(zones)];
        load[0] += weights[0];
        for block in 1..blocks {
            plan[block] = u16::try_from(rest % u64::from(zones)).unwrap();
            rest /= u64::from(zones);
            load[usize::from(plan[block])] += weights[block];
        }
        if load.iter().any(|load| (load - mean).abs() > mean * tolerance + 1e-9) {
            continue;
        }
        let met = pieces(graph, &plan);
        if met.len() == usize::from(zones) && met.iter().all(|pieces| *pieces == 1) {
            let cut = graph.blocks().borders.iter().filter(|border| {
                plan[border.blocks[0] as usize] != plan[border.blocks[1] as usize]
            });
            let cut: f64 = cut.map(|border| border.length_m).sum();
            best = Some(best.map_or(cut, |best| best.min(cut)));
        }
    }
    best
}

#[test]
fn the_best_of_all_plans_of_a_small_grid_is_found() {
    let mut reachable = 0;
    for seed in 0..6 {
        let graph = graph(4, 3, seed);
        for tolerance in [0.05, 0.2, 0.5] {
            let found = run(&graph, &Ask::even(3, tolerance, seed), 600_000);
            match exhaustive(&graph, 3, tolerance) {
                Some(cut_m) => {
                    reachable += 1;
                    assert!(found.figures.misses <= 0.0, "seed {seed}, {tolerance}: misses");
                    let off_m = (found.figures.cut_m - cut_m).abs();
                    assert!(off_m < 1e-9, "seed {seed}, {tolerance}: {off_m}");
                }
                None => assert!(found.figures.misses > 0.0),
            }
        }
    }
    assert!(reachable >= 6, "{reachable}");
}

#[test]
fn the_same_seed_and_budget_give_the_same_plan() {
    let graph = graph(20, 20, 3);
    let ask = Ask::even(7, 0.02, 5);
    let one = run(&graph, &ask, 300_000);
    assert_eq!(one, run(&graph, &ask, 300_000));
    assert_ne!(one.zones, run(&graph, &Ask { seed: 6, ..ask }, 300_000).zones);
}

#[test]
fn a_search_is_broken_off_at_once_and_its_progress_never_falls() {
    let graph = graph(20, 20, 3);
    let mut last = Progress { proposals: 0, spent: 0.0, misses: None };
    let mut calls = 0;
    let broken = propose(&graph, &Ask::even(7, 0.02, 5), &mut |progress: &Progress| {
        assert!(progress.proposals >= last.proposals && progress.spent >= last.spent);
        assert!(progress.proposals - last.proposals < 10_000);
        last = *progress;
        calls += 1;
        match calls {
            100 => ControlFlow::Break(()),
            // A clock that goes backwards moves nothing.
            _ => ControlFlow::Continue(if calls % 2 == 0 {
                f64::NAN
            } else {
                0.004 * f64::from(calls)
            }),
        }
    });
    assert_eq!((broken, calls), (Err(Refusal::Broken), 100));
}

#[test]
fn locks_seats_targets_and_today_are_kept() {
    let graph = graph(16, 16, 8);
    let today: Vec<u16> = (0..256).map(|block| u16::from(block % 16 >= 8)).collect();
    let mut ask = Ask::even(2, 0.02, 1);
    ask.today = Some(today.clone());
    ask.terms = Terms { change: 3.0, ..Terms::default() };
    let kept = run(&graph, &ask, 200_000);
    assert!(kept.figures.misses <= 0.0);
    assert!(kept.figures.changed[0] < 0.1, "{:?}", kept.figures);

    let mut ask = Ask::even(3, 0.02, 1);
    ask.targets = vec![1.0, 2.0, 3.0];
    ask.locked = vec![(0, 2), (15, 2), (255, 0)];
    ask.seats_m = vec![Some([1500.0, 1500.0]), None, Some([0.0, 0.0])];
    ask.terms.seats = 1.0;
    let found = run(&graph, &ask, 300_000);
    assert!(ask.locked.iter().all(|(block, zone)| found.zones[*block as usize] == *zone));
    assert_eq!((found.figures.broken, found.figures.misses), (0, 0.0));
    assert!(found.figures.seat_m.is_some());
}

#[test]
fn islands_are_spanned_only_where_they_must_be() {
    let mut blocks = grid(6, 4, 2);
    blocks.weights[0].fill(1.0);
    // Columns 0–2 and 3–5 are islands of 12 blocks each.
    blocks.borders.retain(|border| border.blocks.map(|b| b % 6 < 3) != [true, false]);
    blocks.borders.retain(|border| border.blocks.map(|b| b % 6 < 3) != [false, true]);
    let graph = Graph::build(blocks).unwrap();
    assert_eq!(graph.bridges(), 1);
    let whole = run(&graph, &Ask::even(4, 0.0, 1), 200_000).figures;
    assert_eq!((whole.broken, whole.bridged, whole.misses), (0, 0, 0.0));
    let spanning = run(&graph, &Ask::even(3, 0.0, 1), 200_000).figures;
    assert_eq!((spanning.broken, spanning.bridged, spanning.misses), (0, 1, 0.0));
}

#[test]
fn one_zone_as_many_zones_as_blocks_and_a_single_block() {
    let graph = graph(3, 3, 1);
    assert!(run(&graph, &Ask::even(1, 0.01, 1), 10_000).zones.iter().all(|zone| *zone == 0));
    let each: BTreeSet<u16> =
        run(&graph, &Ask::even(9, 0.01, 1), 10_000).zones.into_iter().collect();
    assert_eq!(each.len(), 9);
    let one = Blocks {
        centroid_m: vec![[0.0, 0.0]],
        area_m2: vec![0.0],
        outer_border_m: vec![0.0],
        weights: vec![vec![1.0]],
        borders: Vec::new(),
    };
    let found = run(&Graph::build(one).unwrap(), &Ask::even(1, 0.0, 1), 10_000);
    assert_eq!((found.zones, found.figures.polsby_popper), (vec![0], 0.0));
}

#[test]
fn what_cannot_be_reached_is_said_by_how_much() {
    let mut blocks = grid(4, 4, 1);
    blocks.weights[0].fill(1.0);
    blocks.weights[0][5] = 16.0;
    let graph = Graph::build(blocks).unwrap();
    let figures = run(&graph, &Ask::even(2, 0.01, 1), 100_000).figures;
    // 31 in all: 16 against 15 is the best there is.
    assert!((figures.misses - (0.5 / 15.5 - 0.01)).abs() < 1e-9, "{figures:?}");
}

#[test]
fn a_front_is_of_plans_that_none_of_it_beats() {
    let graph = graph(20, 20, 4);
    let mut ask = Ask::even(8, 0.05, 2);
    ask.loads.push(Load { shares: vec![0.0, 1.0], tolerance: 0.2 });
    ask.terms.nearness = 0.5;
    let plans = front(&graph, &ask, 5, &mut proposals(3_000_000)).unwrap();
    assert!(plans.len() >= 3, "{}", plans.len());
    let all = |of: &Figures| {
        let mut all = vec![of.misses, of.cut_cost_m, of.nearness_m];
        all.extend(&of.deviation);
        all
    };
    for plan in &plans {
        let mine = all(&plan.proposal.figures);
        let beaten = plans.iter().filter(|other| !std::ptr::eq(*other, plan)).any(|other| {
            all(&other.proposal.figures).iter().zip(&mine).all(|(theirs, mine)| theirs <= mine)
        });
        assert!(!beaten, "{:?}", plan.stress);
        assert!(pieces(&graph, &plan.proposal.zones).iter().all(|pieces| *pieces == 1));
        assert!(plan.proposal.figures.misses <= 0.0);
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    let mut blocks = grid(2, 2, 1);
    blocks.centroid_m[1][0] = f64::NAN;
    blocks.area_m2[2] = -1.0;
    blocks.weights[1].pop();
    blocks.borders[0].blocks = [1, 1];
    blocks.borders[1].length_m = 0.0;
    let faults = Graph::build(blocks).unwrap_err();
    assert_eq!(faults.len(), 5);
    assert!(matches!(faults[0], GraphFault::Number { column: Column::Centroid, block: 1, .. }));
    assert_eq!(Graph::build(Blocks::default()).unwrap_err(), [GraphFault::NoBlocks]);

    let graph = graph(2, 2, 1);
    let refused = |ask: &Ask| match propose(&graph, ask, &mut proposals(1)) {
        Err(Refusal::Faults(faults)) => faults,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Ask::even(0, 0.1, 1)), [AskFault::Zones { zones: 0, blocks: 4 }]);
    assert_eq!(refused(&Ask::even(5, 0.1, 1)), [AskFault::Zones { zones: 5, blocks: 4 }]);
    let mut ask = Ask::even(2, f64::NAN, 1);
    ask.loads[0].shares = vec![0.0];
    ask.targets = vec![1.0, f64::INFINITY];
    ask.seats_m = vec![None];
    ask.locked = vec![(0, 0), (0, 1), (9, 0)];
    ask.today = Some(vec![0, 1, 2, 0]);
    let faults = refused(&ask);
    assert_eq!(faults.len(), 7, "{faults:?}");
    assert!(faults.contains(&AskFault::Row { list: List::Today, row: 2 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Any grid with any holes in its borders, any number of zones, loads and terms.
    #[test]
    fn zones_hang_together_and_figures_are_true(
        (columns, rows) in (1_u32..9, 1_u32..9),
        seed in any::<u64>(),
        zones in 1_usize..9,
        gone in 0_u64..4,
        nearness in 0.0..2.0_f64,
    ) {
        let mut blocks = grid(columns, rows, seed);
        let mut dice = Dice::new(seed, 4);
        blocks.borders.retain(|_| dice.word() % 10 >= gone);
        let graph = Graph::build(blocks).unwrap();
        let zones = zones.min(graph.len());
        let mut ask = Ask::even(zones, 0.1, seed);
        ask.loads.push(Load { shares: vec![0.3, 0.7], tolerance: 0.3 });
        ask.terms.nearness = nearness;
        let found = run(&graph, &ask, 20_000);
        let met = pieces(&graph, &found.zones);
        prop_assert_eq!(met.len(), zones);
        prop_assert_eq!(found.figures.broken, 0);
        prop_assert_eq!(met.iter().filter(|pieces| **pieces != 1).count(), found.figures.bridged);
        prop_assert!(graph.bridges() > 0 || found.figures.bridged == 0);
    }

    /// What is kept flip by flip equals what is counted from the zones.
    #[test]
    fn kept_sums_equal_counted_ones(seed in any::<u64>()) {
        let graph = graph(9, 9, seed);
        let mut ask = Ask::even(5, 0.1, seed);
        ask.terms.nearness = 1.0;
        ask.loads.push(Load { shares: vec![0.3, 0.7], tolerance: 0.3 });
        let setting = Setting::new(&graph, &ask);
        let mut dice = Dice::new(seed, 5);
        let zone: Vec<u16> = (0..81_u16).map(|block| block % 5).collect();
        let mut plan = Plan::new(&setting, zone);
        for _ in 0..300 {
            let block = u32::try_from(below(dice.word(), 81)).unwrap();
            let to = u16::try_from(below(dice.word(), 5)).unwrap();
            let from = plan.zone[block as usize];
            let before = plan.cost_m();
            let pieces = plan.pieces().iter().filter(|piece| plan_zone(&plan, piece) == from).count();
            let may = plan.may_leave(block);
            let cut = if from == to { 0 } else { plan.cut_change_cm(block, from, to) };
            let terms = if from == to { 0.0 } else { plan.terms_change_m(block, from, to) };
            plan.flip(block, to);
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let change = cut as f64 / 100.0 + terms;
            prop_assert!((plan.cost_m() - before - change).abs() < 1e-6);
            let after = plan.pieces().iter().filter(|piece| plan_zone(&plan, piece) == from).count();
            prop_assert!(from == to || may == (after > 0 && after <= pieces));
            let fresh = Plan::new(&setting, plan.zone.clone());
            prop_assert_eq!(&plan.load, &fresh.load);
            prop_assert_eq!(&plan.count, &fresh.count);
            prop_assert_eq!((plan.cut_cm, plan.beyond), (fresh.cut_cm, fresh.beyond));
            let cut: BTreeSet<u32> = plan.cut.iter().copied().collect();
            prop_assert_eq!(cut.len(), plan.cut.len());
            prop_assert_eq!(cut, fresh.cut.iter().copied().collect::<BTreeSet<u32>>());
        }
    }
}

fn plan_zone(plan: &Plan<'_>, piece: &[u32]) -> u16 {
    plan.zone[piece[0] as usize]
}

#[test]
fn a_line_that_is_drawn_anew_is_another_one() {
    let mut blocks = grid(4, 1, 1);
    blocks.weights[0] = vec![5.0; 4];
    let row = Graph::build(blocks).unwrap();
    let ask = Ask::even(2, 0.3, 1);
    let setting = Setting::new(&row, &ask);
    // So many of four blocks in a row for the second zone, which has two.
    let drawn = |count: f64| {
        let mut plan = Plan::new(&setting, vec![0, 0, 1, 1]);
        let one = plan.load.iter().sum::<f64>() / 4.0;
        let mut dice = Dice::new(1, 1);
        let found = split_within(&mut plan, (0, 1), (count * one, one / 2.0), 30, &mut dice);
        (found, plan.zone)
    };
    // Two are parted from two in one way only.
    assert_eq!(drawn(2.0), (false, vec![0, 0, 1, 1]));
    let (found, zones) = drawn(3.0);
    assert!(found && [vec![0, 1, 1, 1], vec![1, 1, 1, 0]].contains(&zones), "{zones:?}");
}
