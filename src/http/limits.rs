//! What the server takes at most.

use std::time::Duration;

/// What the server takes at most, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body, counted after decompression.
    pub body_bytes_max: usize,
    /// Requests answered at the same time.
    pub requests_max: usize,
    /// Connections open at the same time.
    pub connections_max: usize,
    /// Readers of the live journal at the same time.
    pub live_clients_max: usize,
    /// Bodies with pictures taken in at the same time; each lies in memory whole.
    pub uploads_max: usize,
    /// How far a body with pictures may fall behind the least pace.
    pub upload_lag: Duration,
    /// Bytes of map tiles kept packed.
    pub tile_cache_bytes_max: usize,
    /// For the head of a request to arrive.
    pub header_timeout: Duration,
    /// Until an answer begins.
    pub request_timeout: Duration,
    /// How long a body may pause.
    pub body_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub write_timeout: Duration,
    /// How long requests under way get to finish at shutdown.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024 * 1024,
            requests_max: 1_024,
            connections_max: 4_096,
            live_clients_max: 500,
            uploads_max: 16,
            upload_lag: Duration::from_secs(5),
            tile_cache_bytes_max: 64 * 1024 * 1024,
            header_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_mins(1),
            shutdown_grace: Duration::from_secs(20),
        }
    }
}
