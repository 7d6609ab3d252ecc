//! Contestants that take turns, so that what else the machine does falls on all of them.

/// What every contestant reached in each round; who is first changes from round to round.
///
/// # Errors
/// What a run tells.
pub(crate) fn in_turns<const N: usize, E>(
    rounds: usize,
    mut run: impl FnMut(usize) -> Result<f64, E>,
) -> Result<[Vec<f64>; N], E> {
    let mut all = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..rounds {
        for turn in 0..N {
            let which = (round + turn) % N;
            all[which].push(run(which)?);
        }
    }
    Ok(all)
}
