//! Plans out of blocks: how good in a second, and is every seed within?
//!
//! `cargo bench --bench balance -- GRAPH.csv [ZONES [TOLERANCES [SECONDS [PLANS.csv]]]]`, or the
//! graph in `ZONEWARDEN_BENCH_GRAPH`; `benches/balance/graph.py` makes one of blocks. The graph has rows
//! `b,x,y,area,outer border,weight` and `e,block,block,border`, in metres. `TOLERANCES` is one, or several with commas
//! between them (`0.005,0.01`). Twenty seeds of each on one thread; the plans are written to the last
//! file, one row each with its tolerance, for `benches/balance/compare.py`, which judges them beside METIS and
//! `GerryChain`. Ends with an error when a seed is not contiguous or beyond its tolerance.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use zonewarden::domain::zoning::balance::ask::{Ask, Progress};
use zonewarden::domain::zoning::balance::graph::{Blocks, Border, Graph};
use zonewarden::domain::zoning::balance::search::propose;

type Fault = Box<dyn std::error::Error>;

const SEEDS: u32 = 20;

fn main() -> Result<ExitCode, Fault> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let path = words.next().or_else(|| std::env::var("ZONEWARDEN_BENCH_GRAPH").ok());
    let Some(path) = path else {
        println!("nothing measured: give GRAPH.csv");
        return Ok(ExitCode::SUCCESS);
    };
    let zones = words.next().map_or(Ok(60), |word| word.parse::<usize>())?;
    let tolerances = words.next().unwrap_or_else(|| "0.01".to_owned());
    let tolerances: Vec<f64> = tolerances.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let budget_s = words.next().map_or(Ok(1.0), |word| word.parse::<f64>())?;
    let graph = read(&path)?;
    let (mut rows, mut right) = (String::new(), true);
    for tolerance in tolerances {
        println!("within {} %", 100.0 * tolerance);
        right &= seeds(&graph, (zones, tolerance, budget_s), &mut rows)?;
    }
    println!("{} every seed contiguous and within", if right { "reached" } else { "MISSED " });
    if let Some(path) = words.next() {
        std::fs::write(path, rows)?;
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Twenty plans at one tolerance; whether each is contiguous and within.
fn seeds(
    graph: &Graph,
    (zones, tolerance, budget_s): (usize, f64, f64),
    rows: &mut String,
) -> Result<bool, Fault> {
    let (mut right, mut cut_km, mut round) = (true, 0.0, 0.0);
    for seed in 0..SEEDS {
        let start = Instant::now();
        let mut tried = 0;
        let mut watch = |progress: &Progress| {
            tried = progress.proposals;
            ControlFlow::Continue(start.elapsed().as_secs_f64() / budget_s)
        };
        let ask = Ask::even(zones, tolerance, u64::from(seed));
        let plan = propose(graph, &ask, &mut watch)?;
        let took_s = start.elapsed().as_secs_f64();
        let figures = &plan.figures;
        println!(
            "seed {seed:>2}: {:.3} % off, cut {:.2} km, Polsby–Popper {:.4}, {} broken, {took_s:.2} s, \
             {} proposals",
            100.0 * figures.max_deviation(),
            figures.cut_m / 1e3,
            figures.polsby_popper,
            figures.broken,
            tried
        );
        right &= figures.broken == 0 && figures.misses <= 0.0;
        cut_km += figures.cut_m / 1e3 / f64::from(SEEDS);
        round += figures.polsby_popper / f64::from(SEEDS);
        write!(rows, "{tolerance},{took_s:.3}")?;
        for zone in &plan.zones {
            write!(rows, ",{zone}")?;
        }
        rows.push('\n');
    }
    println!("mean: cut {cut_km:.2} km, Polsby–Popper {round:.4}");
    Ok(right)
}

fn read(path: &str) -> Result<Graph, Fault> {
    let mut blocks = Blocks { weights: vec![Vec::new()], ..Blocks::default() };
    for line in std::fs::read_to_string(path)?.lines() {
        let (kind, rest) = line.split_once(',').ok_or("a row without columns")?;
        let row: Vec<f64> = rest.split(',').map(str::parse).collect::<Result<_, _>>()?;
        match (kind, row.as_slice()) {
            ("b", &[x, y, area_m2, outer_m, weight]) => {
                blocks.centroid_m.push([x, y]);
                blocks.area_m2.push(area_m2);
                blocks.outer_border_m.push(outer_m);
                blocks.weights[0].push(weight);
            }
            ("e", &[a, b, length_m]) => {
                #[expect(clippy::cast_possible_truncation, reason = "checked by the graph")]
                #[expect(clippy::cast_sign_loss, reason = "checked by the graph")]
                let ends = [a as u32, b as u32];
                blocks.borders.push(Border { blocks: ends, length_m, factor: 1.0 });
            }
            _ => return Err(format!("no row of a graph: {line}").into()),
        }
    }
    Graph::build(blocks).map_err(|faults| format!("{faults:?}").into())
}
