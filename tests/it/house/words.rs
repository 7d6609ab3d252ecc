//! What the papers say is true: the README's commands exist, and its scripts can be run.
