//! The words of what we write beside what GPX knows.

/// Its name space.
pub(super) const NAMESPACE: &str = "urn:zonewarden:gpx:1";
/// The element of a field.
pub(super) const FIELD: &str = "field";
/// The field that marks a line of several parts that has only one.
pub(super) const MULTI: &str = "zw_multi";
