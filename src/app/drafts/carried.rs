//! Work on a draft is carried to its end, also when whoever asked for it has gone away.
//!
//! A hand that drags a border gives up one look for the next. What was half done would be lost with it: the bench that
//! was taken from its place, and with it the ground and the review. So the work goes on in a task of its own and lays
//! the bench back. Who waits for a place still goes away for nothing.

use std::future::Future;
use std::sync::Arc;

use crate::app::drafts::bench::Bench;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::id::DraftId;

/// Work that goes on when nobody waits for it any more.
///
/// # Errors
/// What the work says; [`Refusal::Inner`] when it panicked, or the process ends.
pub(super) async fn carried<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let ended = tokio::spawn(work).await;
    ended.map_err(|fault| Refusal::Inner(format!("work on a draft broke off: {fault}")))?
}

/// Work on the bench of a draft, brought up to the steps that the store has, carried to its end. The bench that it gives is
/// laid back; none is where it fails.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such draft; as [`carried`].
pub(super) async fn on_bench<T, F>(
    app: &App,
    seat: &Seat,
    id: DraftId,
    work: impl FnOnce(App, Arc<Seat>, Bench) -> F + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: Future<Output = Result<(Bench, T), Refusal>> + Send + 'static,
{
    let held = app.seat(Some(seat.city.as_str()))?;
    let mut turn = app.benches().turn(&held.city, id).await;
    let app = app.clone();
    carried(async move {
        let bench = Bench::catch_up(app.store(), &held.city, id, turn.take()).await?;
        let (bench, made) = work(app, held, bench).await?;
        *turn = Some(bench);
        Ok(made)
    })
    .await
}
