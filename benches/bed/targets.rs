//! What was to be reached, and whether it was.

use std::ops::{Bound, RangeBounds};
use std::process::ExitCode;

/// The targets of a bench.
#[derive(Default)]
pub(crate) struct Targets {
    missed: usize,
}

impl Targets {
    /// Prints a ratio (or what else is held against a target), between which bounds it has to be, and whether it is.
    pub(crate) fn hold(&mut self, what: &str, value: f64, within: impl RangeBounds<f64>) {
        let reached = within.contains(&value);
        let verdict = if reached { "reached" } else { "MISSED" };
        let least = match within.start_bound() {
            Bound::Included(least) => format!("at least {least}"),
            Bound::Excluded(least) => format!("above {least}"),
            Bound::Unbounded => String::new(),
        };
        let most = match within.end_bound() {
            Bound::Included(most) => format!("at most {most}"),
            Bound::Excluded(most) => format!("below {most}"),
            Bound::Unbounded => String::new(),
        };
        let and = if least.is_empty() || most.is_empty() { "" } else { ", " };
        println!("  {what:<42} {value:>10.3}  ({least}{and}{most}: {verdict})");
        self.missed += usize::from(!reached);
    }

    /// How the bench ends: with an error when a target was missed.
    pub(crate) fn exit(self) -> ExitCode {
        if self.missed == 0 {
            return ExitCode::SUCCESS;
        }
        println!("{} MISSED", self.missed);
        ExitCode::FAILURE
    }
}
