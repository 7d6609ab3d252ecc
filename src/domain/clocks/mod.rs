//! Clocks 时限: how long a stage or a whole case may take, and how long it has taken.
//!
//! Knows no case and no unit: a clock is a list of what happened to it. Nothing computed is
//! kept here, so a corrected calendar corrects every deadline when the clock is next read.

pub mod limit;
pub mod hours;
pub mod days;
pub mod work;
pub mod clock;
pub mod escalation;
pub mod limits;

#[cfg(test)]
mod oracle;
