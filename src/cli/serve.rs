//! `zonewarden serve`: serve the city over HTTP.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use miette::{IntoDiagnostic, WrapErr};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use crate::app::drafts::due;
use crate::app::incidents::{deadlines, desk, escalation};
use crate::app::links::Follower;
use crate::app::outward::fetch::{Fetcher, Patience};
use crate::app::outward::way::Way;
use crate::app::people::forget;
use crate::app::plans::handover;
use crate::app::refusal::Refusal;
use crate::app::seed;
use crate::app::state::App;
use crate::app::webhooks::courier::Courier;
use crate::app::webhooks::sender::Sender;
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::config::Config;
use crate::domain::sample::Recipe;
use crate::http::access_log::AccessLog;
use crate::http::limits::Limits;
use crate::http::meter::Meter;
use crate::http::web::Web;
use crate::http::{router, server};
use crate::store::open::Place;

/// Serve the city over HTTP.
///
/// Without a database a demonstration city is made in `zonewarden.gpkg`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Examples:
  zonewarden serve
  zonewarden serve --listen 0.0.0.0:80 --cameras 42248
  zonewarden serve --database postgres://zonewarden@localhost/city
  zonewarden serve --print-config > zonewarden.toml")]
pub struct ServeArgs {
    /// Where to listen: address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// How many cameras the demonstration city gets when it is made (42248 in the model city)
    #[arg(long, value_name = "COUNT")]
    cameras: Option<u32>,
    /// Print every setting with its meaning and value, and end; of secrets only that they are set.
    #[arg(long)]
    print_config: bool,
    /// Print the secrets too: pepper, contact keys, the database's password. Whoever has them opens the store
    #[arg(long, requires = "print_config")]
    secrets: bool,
}

/// Runs the command.
///
/// # Errors
/// What keeps the service from starting: settings, store, address.
pub fn run(common: &Common, args: &ServeArgs) -> miette::Result<()> {
    let mut config = Config::clone(&common.config);
    config.listen = args.listen.unwrap_or(config.listen);
    config.cameras = args.cameras.unwrap_or(config.cameras);
    if args.print_config {
        let text =
            if args.secrets { config.documented_with_secrets() } else { config.documented() };
        return print(text.as_bytes());
    }
    log_to_stderr(&config.log)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().into_diagnostic()?;
    let served = runtime.block_on(serve(common, &config));
    // Work that a client walked away from must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(common: &Common, config: &Config) -> miette::Result<()> {
    let began = Instant::now();
    // The address first: a second service must not touch the store of the first.
    let listener = TcpListener::bind(config.listen)
        .await
        .into_diagnostic()
        .wrap_err_with(|| format!("listening at {}", config.listen))?;
    let address = listener.local_addr().into_diagnostic()?;
    let app = common.app_without_atlases().await?;
    let names = router::route_names();
    let meter =
        Meter::new(names.iter().map(String::as_str)).map_err(|fault| miette::miette!("{fault}"))?;
    let (log, writer) = if config.access_log {
        let (log, writer) = AccessLog::start(std::io::stderr()).into_diagnostic()?;
        (Some(log), Some(writer))
    } else {
        (None, None)
    };
    let document = router::document_bytes();
    let web = Web::new(app.clone(), limits(config), meter, log.clone(), document);
    let routes = router::router(&web);
    let served = tokio::spawn(server::serve(listener, routes, web, ended()?));

    let opened = open_cities(&app, common, config).await;
    if opened.is_ok() {
        tracing::info!(%address, took_ms = began.elapsed().as_millis(), "ready");
        greet(address);
    }
    let courier = Courier::new(app.clone(), Sender::new(config.webhook_private, Vec::new()))
        .map_err(|fault| miette::miette!(fault))?;
    let mut background = background(&app, courier);
    if config.follow_links {
        // Whatever webhooks may: what strangers have named is never gone to within the house.
        let fetcher = Fetcher::new(Way::new(false, Vec::new()), Patience::default());
        let follower = Follower::new(app.clone(), fetcher);
        background.push(kept(&app, "links", move |_| {
            let follower = follower.clone();
            async move { follower.keep_following().await }
        }));
    }
    let result = match opened {
        Ok(()) => served.await.into_diagnostic(),
        Err(report) => Err(report),
    };
    background.iter().for_each(JoinHandle::abort);
    if let (Some(log), Some(writer)) = (log, writer) {
        log.close();
        let _ = writer.join();
    }
    result
}

/// What goes on beside the answers; each ends only when it is aborted.
fn background(app: &App, courier: Courier) -> Vec<JoinHandle<()>> {
    vec![
        kept(app, "cities", |app| async move { app.keep_fresh().await }),
        kept(app, "desk", |app| async move { desk::keep_taking_up(&app).await }),
        kept(app, "deadlines", |app| async move { deadlines::keep_timing(&app).await }),
        kept(app, "escalation", |app| async move { escalation::keep_escalating(&app).await }),
        kept(app, "drafts", |app| async move { due::keep_publishing(&app).await }),
        kept(app, "handover", |app| async move { handover::keep_handing_over(&app).await }),
        kept(app, "retention", |app| async move { forget::keep_forgetting(&app).await }),
        kept(app, "courier", move |_| {
            let courier = courier.clone();
            async move { courier.keep_delivering().await }
        }),
    ]
}

/// Begins a task that is watched, and begun again when it ends.
fn kept<F, Fut>(app: &App, name: &'static str, begin: F) -> JoinHandle<()>
where
    F: Fn(App) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let app = app.clone();
    let tasks = app.tasks().clone();
    tokio::spawn(async move { tasks.keep(name, move || begin(app.clone())).await })
}

/// Seeds an empty embedded store, and brings every atlas in force of which one can be made.
async fn open_cities(app: &App, common: &Common, config: &Config) -> miette::Result<()> {
    if !matches!(Place::parse(&common.database), Place::Postgres(_)) {
        let recipe = Recipe { cameras: config.cameras, ..Recipe::default() };
        if let Some(city) = seed::if_empty(app, &recipe).await.into_diagnostic()? {
            tracing::info!(%city, "the demonstration city was made");
        }
    }
    if app.contact_keys().is_err() {
        tracing::warn!("no `contact_keys` are set: reports that tell who reports are refused");
    }
    match app.refresh().await {
        Ok(()) => {}
        // It is the store that fails, or all that it holds.
        Err(refusal) if app.cities().is_empty() || matches!(refusal, Refusal::Unavailable(_)) => {
            return Err(refusal).into_diagnostic();
        }
        // One city of which no atlas can be made keeps nobody from the others; when it is mended, it is noticed
        // by itself, and until then `/ready` tells.
        Err(refusal) => {
            tracing::error!(fault = %refusal, "a city is not in force; what is in force is served");
        }
    }
    if app.cities().is_empty() {
        tracing::warn!("the store holds no city yet; import one, it is noticed by itself");
    }
    Ok(())
}

fn limits(config: &Config) -> Limits {
    let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
    Limits {
        body_bytes_max: config.body_bytes_max as usize,
        requests_max: config.requests_max as usize,
        connections_max: config.connections_max as usize,
        live_clients_max: config.live_clients_max as usize,
        uploads_max: Limits::default().uploads_max,
        upload_lag: Limits::default().upload_lag,
        tile_cache_bytes_max: config.tile_cache_bytes_max as usize,
        header_timeout: seconds(config.header_timeout_s),
        request_timeout: seconds(config.request_timeout_s),
        body_timeout: seconds(config.body_timeout_s),
        write_timeout: seconds(config.write_timeout_s),
        shutdown_grace: seconds(config.shutdown_grace_s),
    }
}

/// Structured lines on standard error.
fn log_to_stderr(directives: &str) -> miette::Result<()> {
    let filter = EnvFilter::try_new(directives)
        .into_diagnostic()
        .wrap_err_with(|| format!("the setting `log` is `{directives}`"))?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|fault| miette::miette!("{fault}"))
}

/// Ready when somebody asks the process to end.
fn ended() -> miette::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).into_diagnostic()?;
    let mut interrupt = signal(SignalKind::interrupt()).into_diagnostic()?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending: requests under way may finish");
    })
}

/// Where to point a browser.
fn greet(address: SocketAddr) {
    let host = match address.ip() {
        any if any.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    };
    let port = address.port();
    let words = format!(
        "zonewarden serves http://{host}:{port}/  (API: http://{host}:{port}{})\n",
        router::DOCS
    );
    let _ = std::io::stdout().write_all(words.as_bytes());
}
