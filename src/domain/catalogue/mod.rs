//! What a city's reports are about: its categories 案件类别, what is asked of who tells something, and how far
//! places are blurred.

pub mod questions;
pub mod category;
mod faults;
pub mod whole;
