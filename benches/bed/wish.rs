//! What whoever runs a bench wishes otherwise.

/// The number in a variable of the environment, or what is usual.
///
/// # Errors
/// When something else stands there.
pub(crate) fn number(name: &str, usual: usize) -> Result<usize, std::num::ParseIntError> {
    std::env::var(name).map_or(Ok(usual), |text| text.parse())
}
