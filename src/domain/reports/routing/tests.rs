//! The router against a slow one that reads the rules as a person would.
