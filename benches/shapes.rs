//! The checker of shapes and the index of places against the plain ways, in one run.
//!
//! Run by hand: `cargo bench --bench shapes`. Ratios travel, times do not.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::hint::black_box;
use std::time::Instant;

use geo::Validation;
use geo_types::{Coord, Geometry, LineString, Point, Polygon};
use zonewarden::geom::coord::{GridPoint, step};
use zonewarden::geom::index::PlaceIndex;
use zonewarden::geom::measure::to_segment_m;
use zonewarden::geom::validity::faults;

fn main() {
    checker();
    places();
}

/// A jagged closed border that does not cross itself.
fn border(n: u32) -> Geometry<f64> {
    let ring: LineString<f64> = (0..n)
        .map(|i| {
            let t = f64::from(i) * std::f64::consts::TAU / f64::from(n);
            let jag = f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65_536.0;
            let r = 0.1 + 0.03 * (7.0 * t).sin() + 0.01 * (50.0 * t).sin() + 0.002 * jag;
            Coord { x: 109.484 + r * t.cos(), y: 36.585 + r * t.sin() }
        })
        .collect();
    Polygon::new(ring, vec![]).into()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let value = black_box(work());
    (value, start.elapsed().as_secs_f64())
}

fn checker() {
    let small = border(20_000);
    let (theirs, theirs_s) = timed(|| small.is_valid());
    let mut ours_s = f64::INFINITY;
    for _ in 0..5 {
        let (found, took_s) = timed(|| faults(&small));
        assert_eq!(found.is_empty(), theirs, "the two disagree");
        ours_s = ours_s.min(took_s);
    }
    println!(
        "20,000 vertices: geo is_valid {theirs_s:.3} s, ours {ours_s:.5} s: {:.0} times",
        theirs_s / ours_s
    );
    for n in [100_000, 1_000_000] {
        let large = border(n);
        let (found, took_s) = timed(|| faults(&large));
        println!("{n} vertices: {took_s:.3} s, {} faults", found.len());
    }
}

fn places() {
    // 50,000 points over a city, by a low-discrepancy sequence.
    let spread = |i: u32, by: f64| (f64::from(i) * by).fract();
    let spot = |i: u32| Coord {
        x: 109.3 + 0.4 * spread(i, 0.754_877_666_2),
        y: 36.4 + 0.4 * spread(i, 0.569_840_290_9),
    };
    let town: Vec<Geometry<f64>> = (0..50_000).map(|i| Point(spot(i)).into()).collect();
    let (index, built_s) = timed(|| PlaceIndex::build(town.iter()));
    println!("50,000 places: built in {:.1} ms", built_s * 1e3);
    let asked: Vec<Coord<f64>> = (0..2_000).map(|i| spot(i * 37 + 11)).collect();
    let grid = |c: Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
    let plain = |from: Coord<f64>| -> Vec<(f64, u32)> {
        let places =
            (0..).zip(0_u32..50_000).map(|(i, n)| (to_segment_m(from, spot(n), spot(n)), i));
        places.collect()
    };
    let ((), plain_s) = timed(|| {
        for &from in &asked[..20] {
            let mut all = plain(from);
            all.select_nth_unstable_by(1_000, |a, b| a.0.total_cmp(&b.0));
            black_box(all);
        }
    });
    let plain_s = plain_s / 20.0;
    println!("plain loop over all: {:.0} µs", plain_s * 1e6);
    for k in [1, 10, 100, 1_000] {
        let ((), took_s) = timed(|| {
            for &from in &asked {
                black_box(index.nearest(grid(from), k, f64::INFINITY, &|_| true));
            }
        });
        let each_s = took_s / 2_000.0;
        println!("nearest {k}: {:.1} µs, {:.0} times", each_s * 1e6, plain_s / each_s);
    }
    for radius_m in [200.0, 1_000.0, 5_000.0] {
        let (found, took_s) = timed(|| {
            asked.iter().map(|&from| index.within(grid(from), radius_m).len()).sum::<usize>()
        });
        let each_s = took_s / 2_000.0;
        println!(
            "within {radius_m} m ({} found): {:.1} µs, {:.0} times",
            found / 2_000,
            each_s * 1e6,
            plain_s / each_s
        );
    }
}
