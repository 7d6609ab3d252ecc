//! The server: connections limited, slow heads, bodies and readers cut off, and a shutdown that
//! lets requests under way finish.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::future::{Either, ready};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::http::gate;
use crate::http::web::Web;

/// How long to wait when the system gives no more connections (too many open files).
const BREATH: Duration = Duration::from_millis(100);
/// How often counters are folded.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Serves until `ended` is ready, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    web: Web,
    ended: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(web.limits.connections_max));
    let tasks = TaskTracker::new();
    let upkeep = tokio::spawn(upkeep(web.clone()));
    tokio::pin!(ended);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut ended => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = connection(stream, router.clone(), web.clone());
                tasks.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(fault) => {
                tracing::warn!(%fault, "no connection was accepted");
                sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    web.closing.cancel();
    tasks.close();
    if tokio::time::timeout(web.limits.shutdown_grace, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "requests were still under way at the end");
    }
    upkeep.abort();
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

async fn upkeep(web: Web) {
    loop {
        sleep(UPKEEP_EVERY).await;
        web.meter.upkeep();
    }
}

async fn connection(stream: TcpStream, router: Router, web: Web) {
    web.meter.connections.increment(1);
    let front = web.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        if let Some(answer) = gate::at_once(&front, &request) {
            return Either::Left(ready(Ok(answer)));
        }
        let request = request.map(|body| {
            // Most requests have no body: spare them the box.
            if body.is_end_stream() { Body::empty() } else { Body::new(body) }
        });
        Either::Right(router.clone().oneshot(request))
    });
    let io = TokioIo::new(Brisk::new(stream, web.limits.write_timeout));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(web.limits.header_timeout)
        .title_case_headers(true)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .pipeline_flush(true)
        .serve_connection(io, service);
    tokio::pin!(served);
    let mut closing = false;
    loop {
        tokio::select! {
            done = &mut served => {
                if let Err(fault) = done {
                    tracing::debug!(%fault, "a connection broke off");
                }
                break;
            }
            () = web.closing.cancelled(), if !closing => {
                closing = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
    web.meter.connections.decrement(1);
}

/// A stream that is given up when its reader takes nothing for a while.
struct Brisk {
    stream: TcpStream,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Brisk {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, waiting: None }
    }

    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        match waiting.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl AsyncRead for Brisk {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Brisk {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
