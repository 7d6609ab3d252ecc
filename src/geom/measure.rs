//! Lengths, distances and areas in metres.
