//! Load from a thread of its own over connections that are kept, each with one request under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wire::Connection;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How long the answers of a round are counted.
pub(crate) const ROUND: Duration = Duration::from_secs(1);
/// How long before that they are not.
const WARM_UP: Duration = Duration::from_millis(300);

/// Answers a second in one round. Every connection asks all of the requests again and again, each from another one on.
pub(crate) fn rate(
    address: SocketAddr,
    connections: usize,
    requests: &Arc<Vec<Vec<u8>>>,
) -> Result<f64, Fault> {
    let requests = Arc::clone(requests);
    let thread = std::thread::spawn(move || -> Result<f64, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(round(address, connections, &requests))
    });
    thread.join().map_err(|_| "the load generator failed")?
}

async fn round(
    address: SocketAddr,
    connections: usize,
    requests: &Arc<Vec<Vec<u8>>>,
) -> Result<f64, Fault> {
    let count = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for first in 0..connections {
        let mut connection = Connection::open(address).await?;
        let (count, requests) = (Arc::clone(&count), Arc::clone(requests));
        tasks.spawn(async move {
            for n in first.. {
                if let Err(fault) = connection.ask(&requests[n % requests.len()]).await {
                    return fault.to_string();
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            String::new()
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (count.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(ROUND).await;
    let done = count.load(Ordering::Relaxed) - before;
    if let Some(ended) = tasks.try_join_next() {
        return Err(ended?.into());
    }
    Ok(f64::from(u32::try_from(done)?) / began.elapsed().as_secs_f64())
}
